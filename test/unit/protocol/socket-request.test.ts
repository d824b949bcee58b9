import { describe, expect, test } from "bun:test";
import { parseSocketRequest } from "../../../src/protocol/socket-request.ts";

function created(message: string) {
  const parsed = parseSocketRequest(message);
  if (parsed.kind === "refused") throw new Error(parsed.refusal.message);
  return parsed;
}

describe("a message that asks for a response", () => {
  test("is the request it is over HTTP, and everything else keeps its bytes", () => {
    const { request, generates, headers } = created(
      '{"type":"response.create", "model":"gpt-5.5" ,"input":[ {"n":1.0} ],"tools":[{"b":2,"a":1}],"generate":true}',
    );
    expect(request.text).toBe('{"model":"gpt-5.5" ,"input":[ {"n":1.0} ],"tools":[{"b":2,"a":1}],"stream":true}');
    expect(request).toMatchObject({ model: "gpt-5.5", stream: true, body: { stream: true, model: "gpt-5.5" } });
    expect(Object.keys(request.body)).not.toContain("type");
    expect(Object.keys(request.body)).not.toContain("generate");
    expect({ generates, headers }).toEqual({ generates: true, headers: {} });
  });

  test("streams, whatever it says of that", () => {
    expect(created('{"type":"response.create","model":"m","stream":false}').request.text).toContain('"stream":true');
  });

  test("may only hand something over", () => {
    expect(created('{"type":"response.create","model":"m","generate":false}').generates).toBe(false);
  });

  test("says in its metadata what over HTTP are headers; what binds to an account or a socket leaves the body", () => {
    const metadata = {
      thread_id: "t",
      "x-codex-turn-state": "opaque",
      "x-codex-turn-metadata": '{"turn":1}',
      "x-codex-window-id": "t:0",
      ws_request_header_x_openai_internal_codex_responses_lite: "true",
      "x-codex-ws-stream-request-start-ms": "1",
    };
    const message = { type: "response.create", model: "m", client_metadata: metadata };
    const { request, headers } = created(JSON.stringify(message));
    expect(headers).toEqual({
      "x-codex-turn-state": "opaque",
      "x-codex-turn-metadata": '{"turn":1}',
      "x-codex-window-id": "t:0",
      "x-openai-internal-codex-responses-lite": "true",
    });
    const kept = { thread_id: "t", "x-codex-turn-metadata": '{"turn":1}', "x-codex-window-id": "t:0" };
    expect(request.body["client_metadata"]).toEqual(kept);
    expect(JSON.parse(request.text)["client_metadata"]).toEqual(kept);
  });

  test("cannot smuggle a header: values that are none stay metadata", () => {
    const metadata = { "x-codex-turn-metadata": "a\r\nauthorization: Bearer x", "x-codex-window-id": 7 };
    const { headers } = created(JSON.stringify({ type: "response.create", model: "m", client_metadata: metadata }));
    expect(headers).toEqual({});
  });
});

describe("any other message is refused", () => {
  test.each([
    ["", "invalid_json"],
    ["[]", "invalid_json"],
    ['{"type":"response.create"', "invalid_json"],
    ['{"type":"response.steer"}', "unknown_event"],
    ['{"model":"m"}', "unknown_event"],
    ['{"type":"response.create"}', "missing_required_parameter"],
    ['{"type":"response.create","model":"m","input":7}', "invalid_type"],
    ['{"type":"response.create","model":"m","stream_id":"a"}', "unsupported_parameter"],
  ])("%s: %s", (message, code) => {
    expect(parseSocketRequest(message)).toMatchObject({ kind: "refused", refusal: { status: 400, code } });
  });
});
