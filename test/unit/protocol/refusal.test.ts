/** Refusals of our own, in the shapes clients read. */
import { describe, expect, test } from "bun:test";
import {
  refuse,
  refuseRequest,
  renderErrorEvent,
  renderFailedEvent,
  renderRefusal,
} from "../../../src/protocol/refusal.ts";

const LIMIT = refuse(429, "usage_limit_reached", "usage_limit_reached", "Over.", {
  retryAfterSeconds: 9,
  details: { resets_at: 7, resets_in_seconds: 9 },
  beside: { accounts: [{ profile: "a" }] },
});

describe("renderRefusal()", () => {
  test("is OpenAI's error, with what more there is to say in and beside it", () => {
    expect(JSON.parse(renderRefusal(LIMIT))).toEqual({
      error: {
        message: "Over.",
        type: "usage_limit_reached",
        param: null,
        code: "usage_limit_reached",
        resets_at: 7,
        resets_in_seconds: 9,
      },
      accounts: [{ profile: "a" }],
    });
  });

  test("of a bad request names the member", () => {
    const refusal = refuseRequest("invalid_type", "No.", "stream");
    expect([refusal.status, refusal.retryAfterSeconds]).toEqual([400, null]);
    expect(JSON.parse(renderRefusal(refusal))).toEqual({
      error: { message: "No.", type: "invalid_request_error", param: "stream", code: "invalid_type" },
    });
  });
});

describe("renderFailedEvent()", () => {
  test("is a whole failed response with the same code", () => {
    expect(JSON.parse(renderFailedEvent(LIMIT, "resp_1", 5, "mine"))).toEqual({
      type: "response.failed",
      sequence_number: 0,
      response: {
        id: "resp_1",
        object: "response",
        created_at: 5,
        status: "failed",
        error: {
          code: "usage_limit_reached",
          message: "Over.",
          resets_at: 7,
          resets_in_seconds: 9,
          accounts: [{ profile: "a" }],
        },
        incomplete_details: null,
        model: "mine",
        output: [],
        usage: null,
      },
    });
  });
});

describe("renderErrorEvent()", () => {
  test("is a bare error in one line", () => {
    const text = renderErrorEvent("upstream_stream_broken", "It\nbroke.");
    expect(text).not.toContain("\n");
    expect(JSON.parse(text)).toEqual({
      type: "error",
      code: "upstream_stream_broken",
      message: "It\nbroke.",
      param: null,
    });
  });
});
