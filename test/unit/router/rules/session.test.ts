/** Which conversation a turn belongs to, and when a move is only a detour. */
import { describe, expect, test } from "bun:test";
import type { Considered } from "../../../../src/router/rules/choose.ts";
import { because, type Exclusion } from "../../../../src/router/rules/eligibility.ts";
import {
  AFFINITIES,
  type Affinity,
  isDetour,
  type SessionHints,
  sessionKeyOf,
} from "../../../../src/router/rules/session.ts";
import { MINUTE_MS, NOW } from "../../../support/rules.ts";

const NAMED: Readonly<Record<Exclude<Affinity, "fingerprint">, keyof SessionHints>> = {
  "thread-id": "threadId",
  "session-id": "sessionId",
  "previous-response": "previousResponseSession",
  conversation: "conversation",
  "prompt-cache-key": "promptCacheKey",
  "client-session": "clientSession",
};

const EVERYTHING: SessionHints = {
  threadId: "thread",
  sessionId: "session",
  previousResponseSession: "previous",
  conversation: "conversation",
  promptCacheKey: "cache",
  clientSession: "client",
  model: "m",
  instructions: "i",
  firstUserText: "u",
};
const NAMELESS: SessionHints = {
  ...EVERYTHING,
  threadId: null,
  sessionId: null,
  previousResponseSession: null,
  conversation: null,
  promptCacheKey: null,
  clientSession: null,
};

describe("sessionKeyOf()", () => {
  test("takes the most exact name there is, in the order of the contract", () => {
    const found: Affinity[] = [];
    let hints = EVERYTHING;
    for (const affinity of AFFINITIES) {
      const key = sessionKeyOf(hints);
      found.push(key.affinity);
      if (affinity === "fingerprint") break;
      expect(key.text).toBe(String(hints[NAMED[affinity]]));
      hints = { ...hints, [NAMED[affinity]]: null };
    }
    expect(found).toEqual([...AFFINITIES]);
  });

  test("takes an empty name for none", () => {
    expect(sessionKeyOf({ ...NAMELESS, threadId: "", promptCacheKey: "p" })).toEqual({
      affinity: "prompt-cache-key",
      text: "p",
    });
  });

  test("tells nameless conversations apart by how they begin, and by nothing else", () => {
    const key = (change: Partial<SessionHints>) => sessionKeyOf({ ...NAMELESS, ...change }).text;
    const keys = [{}, { model: "x" }, { instructions: "x" }, { firstUserText: "x" }].map(key);
    expect(new Set(keys).size).toBe(4);
    expect(key({})).toBe(key({}));
    // No text can be moved across the borders of its part.
    expect(key({ instructions: 'a","b', firstUserText: "c" })).not.toBe(
      key({ instructions: "a", firstUserText: 'b","c' }),
    );
  });
});

const DETOUR_MAX_MS = 5 * MINUTE_MS;

function home(reason: Exclusion | null, untilMs: number | null = null): Considered {
  const exclusion = reason === null ? null : because(reason, { untilMs });
  const verdict = exclusion === null ? "eligible" : "excluded";
  return { profileId: "a", name: "a", accountKey: "a", verdict, exclusion, headroomPercent: null };
}

describe("isDetour() (trap 11)", () => {
  const ROWS: readonly (readonly [string, Considered | undefined, boolean])[] = [
    ["home is gone", undefined, false],
    ["home could have served, and another was asked for its history", home(null), true],
    ["home failed in this turn", home("tried"), true],
    ["home's account is there under another profile", home("same-account"), true],
    ["home pauses for a moment", home("cooling", NOW + 1), true],
    ["home pauses as long as a detour may be", home("cooling", NOW + DETOUR_MAX_MS), true],
    ["home pauses for longer", home("cooling", NOW + DETOUR_MAX_MS + 1), false],
    ["home's quota is used up, however soon it resets", home("exhausted", NOW + 1), false],
    ["home is at its reserve", home("below-reserve", NOW + 1), false],
    ["home has to sign in", home("sign-in-needed"), false],
    ["home left the pool", home("not-selected"), false],
    ["home lost the model", home("model-not-offered"), false],
    ["home cannot serve the route", home("wrong-kind"), false],
  ];
  for (const [what, considered, is] of ROWS) {
    test(`${what}: ${is ? "stays" : "moves"}`, () => expect(isDetour(considered, NOW, DETOUR_MAX_MS)).toBe(is));
  }
});
