/** Which profile serves: a row for every reason a choice can have, and the laws that hold for all of them. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cooldown } from "../../../../src/router/rules/account-state.ts";
import type { Candidate } from "../../../../src/router/rules/candidate.ts";
import { CHOICE_REASONS, type ChoiceInput, chooseProfile } from "../../../../src/router/rules/choose.ts";
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
  used,
} from "../../../support/rules.ts";

const LONG_AGO = NOW - PROBE_AFTER_MS;
const paused = (change: Partial<Cooldown>) => ({ state: accountState({ cooldowns: [pause(change)] }) });
const spent = (observedAtMs: number) => ({
  state: accountState({ windows: [quotaWindow({ usedPercent: 100, observedAtMs })] }),
});
const bound = (boundProfileId: string) => ({ needs: needs({ boundProfileId }) });
const SOFT = { reason: "server-error", untilMs: NOW + MINUTE_MS };
const LIMIT = { reason: "usage-limit", sinceMs: LONG_AGO, untilMs: NOW + 99 * MINUTE_MS };

type Row = readonly [string, readonly Candidate[], Partial<ChoiceInput>, string];

const ROWS: readonly Row[] = [
  ["nobody is there", [], {}, "nobody"],
  ["one has more room", [candidate("a", { state: used(60) }), candidate("b", { state: used(20) })], {}, "b: most-room"],
  [
    "it is b's turn",
    [candidate("a"), candidate("b")],
    { routing: "round-robin", lastAccountKey: "account-a" },
    "b: next-in-turn",
  ],
  [
    "the session lives on the fuller one (trap 11)",
    [candidate("a", { state: used(99) }), candidate("b")],
    bound("a"),
    "a: bound",
  ],
  [
    "the session's home is of unknown room (trap 8)",
    [candidate("a"), candidate("b", { state: used(1) })],
    bound("a"),
    "a: bound",
  ],
  ["the session's home pauses softly", [candidate("a", paused(SOFT)), candidate("b")], bound("a"), "b: most-room"],
  [
    "the session's home is used up (trap 12)",
    [candidate("a", { state: used(100) }), candidate("b")],
    bound("a"),
    "b: most-room",
  ],
  ["the session's home was removed", [candidate("b")], bound("gone"), "b: most-room"],
  [
    "another account made the history",
    [candidate("a"), candidate("b")],
    { needs: needs({ boundProfileId: "a", ownerProfileId: "b" }) },
    "b: owner",
  ],
  [
    "the history's account cannot serve",
    [candidate("a"), candidate("b", { state: used(100) })],
    { needs: needs({ boundProfileId: "a", ownerProfileId: "b" }) },
    "a: bound",
  ],
  [
    "all pause softly: the one that ends first",
    [candidate("a", paused(SOFT)), candidate("b", paused({ ...SOFT, untilMs: NOW + 5 }))],
    {},
    "b: only-paused",
  ],
  ["all pause, one softly", [candidate("a", paused({})), candidate("b", paused(SOFT))], {}, "b: only-paused"],
  [
    "the one that pauses softly is used up as well",
    [candidate("a", { state: { ...used(100), cooldowns: [pause(SOFT)] } })],
    {},
    "nobody",
  ],
  [
    "the one that pauses softly is at its reserve",
    [candidate("a", { state: { ...used(90), cooldowns: [pause(SOFT)] }, reservePercent: 10 })],
    {},
    "nobody",
  ],
  [
    "a hard pause of the model hides behind a soft one of the account",
    [candidate("a", { state: accountState({ cooldowns: [pause(SOFT), pause({ model: MODEL, untilMs: NOW + 1 })] }) })],
    {},
    "nobody",
  ],
  [
    "the one that pauses softly failed in this turn",
    [candidate("a", paused(SOFT))],
    { needs: needs({ tried: new Set(["a"]) }) },
    "nobody",
  ],
  [
    "all are at a limit nobody has proven lately (trap 5)",
    [candidate("a", paused(LIMIT)), candidate("b", paused({ ...LIMIT, sinceMs: LONG_AGO - 1 }))],
    {},
    "b: probe",
  ],
  ["a used-up window nobody has looked at lately", [candidate("a", spent(LONG_AGO))], {}, "a: probe"],
  ["a used-up window just looked at", [candidate("a", spent(LONG_AGO + 1))], {}, "nobody"],
  [
    "a limit of the workspace, long unproven",
    [candidate("a", paused({ ...LIMIT, reason: "workspace-limit" }))],
    {},
    "a: probe",
  ],
  ["a limit being proven already", [candidate("a", { ...paused(LIMIT), inFlight: 1 })], {}, "nobody"],
  [
    "a limit proven in this turn",
    [candidate("a", paused(LIMIT))],
    { needs: needs({ tried: new Set(["a"]) }) },
    "nobody",
  ],
  ["a rate limit is no limit to be proven", [candidate("a", paused({ ...LIMIT, reason: "rate-limit" }))], {}, "nobody"],
  [
    "somebody else can serve: no probe",
    [candidate("a", paused(LIMIT)), candidate("b", { state: used(99) })],
    bound("a"),
    "b: most-room",
  ],
];

describe("chooseProfile()", () => {
  for (const [what, candidates, change, words] of ROWS) {
    test(`${what}: ${words}`, () => expect(chosenOf(candidates, change)).toBe(words));
  }

  test("has a row for every reason", () => {
    const covered = new Set(ROWS.map(([, , , words]) => words.split(": ")[1]));
    expect(CHOICE_REASONS.filter((reason) => !covered.has(reason))).toEqual([]);
  });

  test("takes two profiles of one account for one, the session's own before the other", () => {
    const twins = ["a", "b"].map((name) => candidate(name, { accountKey: "one" }));
    const verdicts = (boundProfileId: string | null) =>
      chooseProfile(choiceInput(twins, { needs: needs({ boundProfileId }) })).considered.map(
        ({ verdict, exclusion }) => (exclusion === null ? verdict : exclusion.reason),
      );
    expect(verdicts(null)).toEqual(["chosen", "same-account"]);
    expect(verdicts("b")).toEqual(["same-account", "chosen"]);
  });

  test("goes on with the other profile of an account when the first one's sign-in fails", () => {
    const twins = ["a", "b"].map((name) => candidate(name, { accountKey: "one" }));
    expect(chosenOf(twins, { needs: needs({ tried: new Set(["a"]) }) })).toBe("b: most-room");
  });

  test("tells of each one what spoke for or against it", () => {
    const { considered } = chooseProfile(
      choiceInput([
        candidate("a", { state: used(30) }),
        candidate("b", { state: used(40) }),
        candidate("c", paused({})),
      ]),
    );
    expect(considered.map(({ name, verdict, headroomPercent }) => [name, verdict, headroomPercent])).toEqual([
      ["a", "chosen", 70],
      ["b", "eligible", 60],
      ["c", "excluded", null],
    ]);
  });
});

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
