/** The laws of choosing, whatever the pool looks like. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type ChoiceInput, chooseProfile } from "../../../../src/router/rules/choose.ts";
import { exclusionOf } from "../../../../src/router/rules/eligibility.ts";
import { FAILURE_KINDS } from "../../../../src/router/rules/failure.ts";
import {
  accountState,
  candidate,
  choiceInput,
  chosenOf,
  MINUTE_MS,
  MODEL,
  NOW,
  needs,
  PROBE_AFTER_MS,
  pause,
  quotaWindow,
} from "../../../support/rules.ts";

const anyPause = fc.record({
  model: fc.constantFrom(null, MODEL, "other"),
  reason: fc.constantFrom(...FAILURE_KINDS),
  sinceMs: fc.integer({ min: NOW - 2 * PROBE_AFTER_MS, max: NOW }),
  untilMs: fc.integer({ min: NOW - MINUTE_MS, max: NOW + MINUTE_MS }),
});
const anyWindow = fc.record({
  limit: fc.constantFrom("codex", "spark"),
  minutes: fc.constantFrom(300, 10_080, 43_200),
  usedPercent: fc.integer({ min: 0, max: 100 }),
  resetsAtMs: fc.option(fc.integer({ min: NOW - MINUTE_MS, max: NOW + MINUTE_MS })),
  observedAtMs: fc.integer({ min: NOW - 2 * PROBE_AFTER_MS, max: NOW }),
});
const anyCandidate = fc.record({
  selected: fc.boolean(),
  accountKey: fc.constantFrom("one", "two", "three", "four"),
  plan: fc.constantFrom(null, "plus", "pro", "free", "constructor"),
  reservePercent: fc.constantFrom(0, 0, 10),
  models: fc.constantFrom(null, new Set([MODEL]), new Set(["other"])),
  signInNeeded: fc.constantFrom(null, null, null, { reason: "x", sinceMs: 1 }),
  inFlight: fc.nat(2),
  boundSessions: fc.nat(9),
  windows: fc.array(anyWindow, { maxLength: 3 }),
  cooldowns: fc.array(anyPause, { maxLength: 2 }),
});
const anyId = fc.option(fc.constantFrom("p0", "p1", "p2", "p3", "p4", "gone"));
const anyInput = fc
  .record({
    pool: fc.array(anyCandidate, { maxLength: 5 }),
    routing: fc.constantFrom("least-used" as const, "round-robin" as const),
    lastAccountKey: fc.constantFrom(null, "one", "three", "zzz"),
    boundProfileId: anyId,
    ownerProfileId: anyId,
    tried: fc.subarray(["p0", "p1", "p2"]),
  })
  .map(({ pool, routing, lastAccountKey, boundProfileId, ownerProfileId, tried }) => {
    const candidates = pool.map(({ windows, cooldowns, ...change }, index) =>
      candidate(`p${index}`, {
        ...change,
        state: accountState({ windows: windows.map(quotaWindow), cooldowns: cooldowns.map(pause) }),
      }),
    );
    const asked = needs({ boundProfileId, ownerProfileId, tried: new Set(tried) });
    return { candidates, routing, lastAccountKey, needs: asked };
  });

const inputOf = ({ candidates, ...change }: Pick<ChoiceInput, "candidates"> & Partial<ChoiceInput>) =>
  choiceInput(candidates, change);

describe("the laws of choosing", () => {
  const RUNS = { numRuns: 400 };

  test("choosing changes nothing it is given, and gives the same answer again", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const before = structuredClone(given);
        const first = chooseProfile(inputOf(given));
        expect(given).toEqual(before);
        expect(chooseProfile(inputOf(structuredClone(given)))).toEqual(first);
      }),
      RUNS,
    );
  });

  test("an excluded profile is chosen only when nobody is eligible, and then by a policy with a name", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const choice = chooseProfile(inputOf(given));
        const eligible = given.candidates.filter((entry) => exclusionOf(entry, given.needs, NOW) === null);
        if (choice.kind === "nobody") {
          expect(eligible).toEqual([]);
          return;
        }
        const isNamed = choice.reason === "only-paused" || choice.reason === "probe";
        expect(isNamed).toBe(eligible.length === 0);
        if (!isNamed) expect(eligible).toContain(choice.candidate);
        expect(choice.candidate.selected).toBe(true);
        expect(choice.candidate.signInNeeded).toBeNull();
        expect(given.needs.tried.has(choice.candidate.profileId)).toBe(false);
      }),
      RUNS,
    );
  });

  test("a bound and eligible profile is always chosen, but for the one that made the history", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const home = given.candidates.find((entry) => entry.profileId === given.needs.boundProfileId);
        const asked = { ...given, needs: { ...given.needs, ownerProfileId: null } };
        if (home === undefined || exclusionOf(home, asked.needs, NOW) !== null) return;
        expect(chosenOf(asked.candidates, asked)).toBe(`${home.name}: bound`);
      }),
      RUNS,
    );
  });

  test("two profiles of one account are never both eligible", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const { considered } = chooseProfile(inputOf(given));
        const accounts = considered.filter((entry) => entry.verdict !== "excluded").map((entry) => entry.accountKey);
        expect(new Set(accounts).size).toBe(accounts.length);
      }),
      RUNS,
    );
  });

  test("every candidate is considered once, in the order given, and one at most is chosen", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const choice = chooseProfile(inputOf(given));
        expect(choice.considered.map(({ profileId }) => profileId)).toEqual(
          given.candidates.map(({ profileId }) => profileId),
        );
        const chosen = choice.considered.filter(({ verdict }) => verdict === "chosen").map(({ name }) => name);
        expect(chosen).toEqual(choice.kind === "chosen" ? [choice.candidate.name] : []);
        for (const { verdict, exclusion } of choice.considered) expect(exclusion !== null).toBe(verdict === "excluded");
      }),
      RUNS,
    );
  });
});
