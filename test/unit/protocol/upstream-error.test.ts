/** What an error says, in every family of bodies upstream has. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readErrorBody, readEventError, type UpstreamError } from "../../../src/protocol/upstream-error.ts";

const NOTHING: UpstreamError = { codes: [], message: "", resetsAt: null, resetsInSeconds: null, isPage: false };

const BODIES: readonly (readonly [string, string, Partial<UpstreamError>])[] = [
  [
    "the common family",
    '{"error":{"message":"No.","type":"invalid_request_error","code":"invalid_value","param":"input"}}',
    { codes: ["invalid_value", "invalid_request_error"], message: "No." },
  ],
  [
    "a code that is null",
    '{"error":{"message":"No.","type":"requests","code":null}}',
    { codes: ["requests"], message: "No." },
  ],
  ["a code that is a number", '{"error":{"message":"No.","code":429}}', { message: "No." }],
  ["one word for both", '{"error":{"code":"slow_down","type":"slow_down"}}', { codes: ["slow_down"] }],
  ["a code with capitals and spaces", '{"error":{"code":" Usage Limit "}}', { codes: ["usage_limit"] }],
  [
    "the usage variant",
    '{"error":{"type":"usage_limit_reached","message":"Over.","plan_type":"plus","resets_at":1777936568,"resets_in_seconds":13872}}',
    { codes: ["usage_limit_reached"], message: "Over.", resetsAt: 1_777_936_568, resetsInSeconds: 13_872 },
  ],
  [
    "figures as texts",
    '{"error":{"type":"x","resets_at":"1777936568","resets_in_seconds":" "}}',
    { codes: ["x"], resetsAt: 1_777_936_568 },
  ],
  ["figures that are none", '{"error":{"type":"x","resets_at":"soon","resets_in_seconds":null}}', { codes: ["x"] }],
  ["figures beside the error", '{"error":{"type":"x"},"resets_in_seconds":9}', { codes: ["x"], resetsInSeconds: 9 }],
  ["a detail in words", '{"detail":"Unauthorized"}', { message: "Unauthorized" }],
  [
    "a detail with a code",
    '{"detail":{"code":"deactivated_workspace","message":"Gone."}}',
    { codes: ["deactivated_workspace"], message: "Gone." },
  ],
  ["a detail that is a list", '{"detail":[{"loc":["body"],"msg":"field required"}]}', {}],
  [
    "the token endpoint's",
    '{"error":"invalid_grant","error_description":"Not valid."}',
    { codes: ["invalid_grant"], message: "Not valid." },
  ],
  ["a code on its own", '{"code":"x","message":"No."}', { codes: ["x"], message: "No." }],
  ["a sibling status", '{"error":{"code":"token_expired"},"status":401}', { codes: ["token_expired"] }],
  ["a page", "\n <!DOCTYPE html><html>", { isPage: true }],
  ["plain text", "upstream connect error", {}],
  ["nothing", "", {}],
  ["half an object", '{"error":{"code":"x"', {}],
  ["something else that is JSON", "[1]", {}],
  ["an error that is null", '{"error":null}', {}],
];

const EVENTS: readonly (readonly [string, string, Partial<UpstreamError>])[] = [
  [
    "a failed response",
    '{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Oh."}}}',
    { codes: ["server_error"], message: "Oh." },
  ],
  [
    "a failed response with a reset",
    '{"type":"response.failed","response":{"error":{"code":"usage_limit_reached","resets_in_seconds":5}}}',
    { codes: ["usage_limit_reached"], resetsInSeconds: 5 },
  ],
  ["a failed response without a reason", '{"type":"response.failed","response":{"status":"failed","error":null}}', {}],
  ["a failed response without a response", '{"type":"response.failed"}', {}],
  [
    "an incomplete one",
    '{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}',
    { codes: ["max_output_tokens"] },
  ],
  [
    "an incomplete one whose reason is in words (trap 4)",
    '{"type":"response.incomplete","response":{"error":null,"incomplete_details":{"reason":"usage limit"}}}',
    { codes: ["usage_limit"] },
  ],
  [
    "a bare error",
    '{"type":"error","code":"server_error","message":"Oh.","param":null}',
    { codes: ["server_error"], message: "Oh." },
  ],
  [
    "a bare error with an error in it",
    '{"type":"error","status":429,"error":{"type":"usage_limit_reached","message":"Over.","resets_at":9}}',
    { codes: ["usage_limit_reached"], message: "Over.", resetsAt: 9 },
  ],
  ["no object", "[DONE]", {}],
];

describe("readErrorBody()", () => {
  for (const [what, text, error] of BODIES) {
    test(what, () => expect(readErrorBody(text)).toEqual({ ...NOTHING, ...error }));
  }
});

describe("readEventError()", () => {
  for (const [what, text, error] of EVENTS) {
    test(what, () => expect(readEventError(text)).toEqual({ ...NOTHING, ...error }));
  }
});

test("any JSON at all gives lower-case codes, a text and finite figures", () => {
  const key = fc.constantFrom(
    "error",
    "detail",
    "code",
    "type",
    "message",
    "response",
    "resets_at",
    "incomplete_details",
    "reason",
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.double(),
      fc.constant(null),
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (json) => {
      for (const read of [readErrorBody, readEventError]) {
        const { codes, message, resetsAt, resetsInSeconds } = read(JSON.stringify(json));
        for (const code of codes) expect([code, typeof code]).toEqual([code.toLowerCase(), "string"]);
        expect(typeof message).toBe("string");
        for (const figure of [resetsAt, resetsInSeconds]) expect(figure === null || Number.isFinite(figure)).toBe(true);
      }
    }),
  );
});
