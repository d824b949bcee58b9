/** Which profile serves: a row for every reason a choice can have. */
import { describe, expect, test } from "bun:test";
import type { Cooldown } from "../../../../src/router/rules/account-state.ts";
import type { Candidate } from "../../../../src/router/rules/candidate.ts";
import { CHOICE_REASONS, type ChoiceInput, chooseProfile } from "../../../../src/router/rules/choose.ts";
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
  [
    "in whatever order they come",
    [candidate("b", paused({ ...SOFT, untilMs: NOW + 5 })), candidate("a", paused(SOFT))],
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
    "a pause of our own guess, long unproven",
    [candidate("a", paused({ reason: "access-denied", sinceMs: LONG_AGO, untilMs: NOW + 1, untilSource: "assumed" }))],
    {},
    "a: probe",
  ],
  [
    "a pause that may be over, at the owner's reserve",
    [candidate("a", { state: { ...used(90), cooldowns: [pause(LIMIT)] }, reservePercent: 10 })],
    {},
    "nobody",
  ],
  [
    "a limit at an account that works on for twice the time",
    [candidate("a", { ...paused({ ...LIMIT, sinceMs: LONG_AGO - PROBE_AFTER_MS }), inFlight: 1 })],
    {},
    "a: probe",
  ],
  [
    "a limit proven in this turn",
    [candidate("a", paused(LIMIT))],
    { needs: needs({ tried: new Set(["a"]) }) },
    "nobody",
  ],
  ["a rate limit is no limit to be proven", [candidate("a", paused({ ...LIMIT, reason: "rate-limit" }))], {}, "nobody"],
  [
    "a pause whose end was our own guess (trap 5)",
    [candidate("a", paused({ ...LIMIT, reason: "access-denied", untilSource: "assumed" }))],
    {},
    "a: probe",
  ],
  [
    "a pause whose end upstream named, of no quota",
    [candidate("a", paused({ ...LIMIT, reason: "access-denied" }))],
    {},
    "nobody",
  ],
  [
    "a limit to be proven, beside a pause that upstream asked for",
    [candidate("a", { state: accountState({ cooldowns: [pause(LIMIT), pause({ model: MODEL })] }) })],
    {},
    "nobody",
  ],
  [
    "a limit to be proven, behind which the owner's reserve begins",
    [candidate("a", { state: { ...used(95), cooldowns: [pause(LIMIT)] }, reservePercent: 10 })],
    {},
    "nobody",
  ],
  [
    "a limit whose account is at work, twice as long unproven",
    [candidate("a", { ...paused({ ...LIMIT, sinceMs: NOW - 2 * PROBE_AFTER_MS }), inFlight: 1 })],
    {},
    "a: probe",
  ],
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

describe("chooseProfile() of a pool that is off", () => {
  test("considers everybody, says why, and chooses nobody", () => {
    const candidates = [candidate("a"), candidate("b", { selected: false })];
    const choice = chooseProfile(choiceInput(candidates, { isEnabled: false }));
    expect(choice.kind).toBe("nobody");
    expect(choice.considered.map((entry) => entry.exclusion?.reason)).toEqual(["pool-disabled", "not-selected"]);
  });
});
