import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Callback, readCallback, readPastedCallback } from "../../../src/accounts/callback.ts";

const STATE = "the-state";
const HERE = "http://127.0.0.1:1455/auth/callback";

const queries: readonly (readonly [given: string, query: string, expected: Callback])[] = [
  ["a code with our state", "code=ac_1&state=the-state", { kind: "code", code: "ac_1" }],
  ["another state", "code=ac_1&state=other", { kind: "state-mismatch" }],
  ["no state", "code=ac_1", { kind: "state-mismatch" }],
  ["a refusal with another state", "error=access_denied&state=other", { kind: "state-mismatch" }],
  ["a refusal", "error=access_denied&state=the-state", { kind: "denied", reason: "access_denied" }],
  ["a refusal in odd words", "error=%1b[2Jboo&state=the-state", { kind: "denied", reason: "unknown" }],
  ["no code", "state=the-state", { kind: "malformed" }],
  ["a code that is no word", "code=a%20b&state=the-state", { kind: "malformed" }],
  ["a code without end", `code=${"a".repeat(5_000)}&state=the-state`, { kind: "malformed" }],
];

describe("readCallback()", () => {
  for (const [given, query, expected] of queries) {
    test(`${given}: ${expected.kind}`, () => {
      expect(readCallback(new URLSearchParams(query), STATE)).toEqual(expected);
    });
  }
});

const pasted: readonly (readonly [given: string, text: string, kind: Callback["kind"] | null])[] = [
  ["the whole address", `${HERE}?code=ac_1&state=the-state`, "code"],
  ["the address of an older client", "http://localhost:1455/auth/callback?code=ac_1&state=the-state", "code"],
  ["with white space around", `  ${HERE}?code=ac_1&state=the-state \r`, "code"],
  ["the part behind the question mark", "code=ac_1&state=the-state", "code"],
  ["the same with the question mark", "?code=ac_1&state=the-state", "code"],
  ["an older address", `${HERE}?code=ac_1&state=old`, "state-mismatch"],
  ["a refusal", `${HERE}?error=access_denied&state=the-state`, "denied"],
  ["a code alone, which nobody can tell the owner of", "ac_1", null],
  ["a code without its state", "code=ac_1", null],
  ["another address", "https://example.test/?code=ac_1&state=the-state", null],
  ["the address to sign in at", "https://auth.openai.com/oauth/authorize?state=the-state", null],
  ["an empty line", "", null],
];

describe("readPastedCallback()", () => {
  for (const [given, text, kind] of pasted) {
    test(`${given}: ${kind ?? "nothing"}`, () => {
      expect(readPastedCallback(text, STATE)?.kind ?? null).toBe(kind);
    });
  }

  test("takes no text for a code unless it has our state", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readPastedCallback(text, STATE)?.kind).not.toBe("code");
      }),
    );
  });
});
