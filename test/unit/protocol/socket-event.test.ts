import { describe, expect, test } from "bun:test";
import { refuse, refuseRequest } from "../../../src/protocol/refusal.ts";
import { tellEvent, tellPassedError, tellPrewarmed, tellRefusal } from "../../../src/protocol/socket-event.ts";
import { eventOfText } from "../../../src/protocol/wire-event.ts";

function told(event: unknown): unknown {
  const text = tellEvent(eventOfText(JSON.stringify(event)));
  return text === null ? null : JSON.parse(text);
}

describe("an event of a stream", () => {
  test("is its text, byte for byte", () => {
    const data = '{"type":"response.output_text.delta", "delta":"\\u00e4", "n":1.0}';
    expect(tellEvent(eventOfText(data))).toBe(data);
  });

  test("is nothing where it is a comment, or the account's own business", () => {
    expect(tellEvent({ type: "", text: "", bytes: new Uint8Array() })).toBeNull();
    expect(told({ type: "codex.rate_limits", rate_limits: {} })).toBeNull();
    expect(told({ type: "codex.response.metadata", headers: { "x-codex-plan-type": "pro" } })).toBeNull();
  });

  test("tells of upstream's head what an answer over HTTP may tell, and no more", () => {
    const headers = { "x-codex-turn-state": "ts", "x-codex-primary-used-percent": "9", "x-models-etag": "e" };
    expect(told({ type: "response.metadata", headers })).toEqual({
      type: "response.metadata",
      headers: { "x-codex-turn-state": "ts" },
    });
    expect(told({ type: "response.metadata", headers: { "x-models-etag": "e" } })).toBeNull();
    expect(told({ type: "response.metadata", metadata: { a: 1 } })).toEqual({
      type: "response.metadata",
      metadata: { a: 1 },
    });
  });

  test.each([
    ["of the line", { code: "upstream_stream_broken", message: "broke" }, 500, "server_error"],
    ["of upstream", { error: { code: "server_error", message: "broke" } }, 500, "server_error"],
    ["of the request", { code: "invalid_prompt", message: "no" }, 400, "invalid_request_error"],
    ["of nothing known", { message: "no" }, 400, "invalid_request_error"],
  ])(
    "that is an error %s has a numeric status, without which the official client waits for ever",
    (_, error, status, type) => {
      const expected = { type: "error", status, error: { type, message: expect.any(String) } };
      expect(told({ type: "error", ...error })).toMatchObject(expected);
    },
  );

  test("that has a status already keeps it", () => {
    const frame = { type: "error", status: 429, error: { code: "usage_limit_reached" }, headers: { a: "b" } };
    expect(told(frame)).toEqual(frame);
  });
});

describe("a refusal", () => {
  test("is an error with its status and all it says", () => {
    const refusal = refuse(429, "usage_limit_reached", "usage_limit_reached", "Over.", {
      retryAfterSeconds: 60,
      details: { resets_at: 7 },
      beside: { accounts: [] },
    });
    expect(JSON.parse(tellRefusal(refusal, "resp_1"))).toEqual({
      type: "error",
      status: 429,
      error: { message: "Over.", type: "usage_limit_reached", param: null, code: "usage_limit_reached", resets_at: 7 },
      headers: { "retry-after": "60" },
      accounts: [],
    });
    expect(JSON.parse(tellRefusal(refuseRequest("invalid_json", "No."), "resp_1"))).toMatchObject({ status: 400 });
  });

  test("of all accounts for a moment is a failed response that says how long to wait, as the official client reads it", () => {
    const refusal = refuse(429, "rate_limit_exceeded", "rate_limit_exceeded", "Slow.", { retryAfterSeconds: 3 });
    expect(JSON.parse(tellRefusal(refusal, "resp_1"))).toMatchObject({
      type: "response.failed",
      response: { id: "resp_1", error: { code: "rate_limit_exceeded", message: "Slow. Please try again in 3s." } },
    });
  });

  test("of upstream's keeps its words, and gets OpenAI's shape where it has none", () => {
    const body = '{"error":{"message":"m","type":"t","code":"c","param":"p","more":1}}';
    expect(JSON.parse(tellPassedError(400, body))).toMatchObject({ status: 400, error: JSON.parse(body).error });
    expect(JSON.parse(tellPassedError(422, '{"detail":"field required"}'))).toMatchObject({
      status: 422,
      error: { message: "field required" },
    });
  });
});

test("a response that was not to be generated begins and ends, with one id", () => {
  const [begun, ended] = tellPrewarmed({ id: "resp_1", status: "completed" }).map((text) => JSON.parse(text));
  expect([begun.type, begun.response]).toEqual(["response.created", { id: "resp_1", status: "in_progress" }]);
  expect([ended.type, ended.response]).toEqual(["response.completed", { id: "resp_1", status: "completed" }]);
});
