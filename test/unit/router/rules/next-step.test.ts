/** What a turn does after a failure: a row for every kind of way on, and whole turns under any sequence of failures. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseProfile } from "../../../../src/router/rules/choose.ts";
import { VERDICTS } from "../../../../src/router/rules/classify.ts";
import { isAnotherEligible } from "../../../../src/router/rules/eligibility.ts";
import {
  FAILURE_KINDS,
  type Failure,
  type FailureKind,
  PHASES,
  type Phase,
} from "../../../../src/router/rules/failure.ts";
import {
  advance,
  FRESH_PROGRESS,
  nextStep,
  type Progress,
  type Step,
  type StepInput,
} from "../../../../src/router/rules/next-step.ts";
import { candidate, choiceInput, NOW, needs } from "../../../support/rules.ts";

function failure(kind: FailureKind, phase: Phase = "head"): Failure {
  return { ...VERDICTS[kind], phase, code: "", untilMs: null };
}

function step(kind: FailureKind, progress: Partial<Progress> = {}, change: Partial<StepInput> = {}): Step {
  return nextStep({
    failure: failure(kind),
    profileId: "a",
    progress: { ...FRESH_PROGRESS, ...progress },
    attemptsMax: 4,
    refusalsMax: 64,
    ownerProfileId: null,
    isAnotherEligible: true,
    budgetLeft: true,
    rng: () => 0.5,
    ...change,
  });
}

const OWNER = { ownerProfileId: "b" };
const ONWARD = { kind: "next-profile", pauseMs: 0 } as const;
const after = (pauseMs: number) => ({ kind: "next-profile", pauseMs }) as const;
const again = (pauseMs: number) => ({ kind: "same-again", pauseMs }) as const;
const ALONE = { isAnotherEligible: false };
const FAULTED = { attempts: 1, faults: new Map([["a", 1]]) };
const REFUSED = { refusals: 1, faults: new Map([["a", 0]]) };
const SURFACE = { kind: "surface" } as const;
const SANITISE = { kind: "sanitise" } as const;

type Row = readonly [string, FailureKind, Partial<Progress>, Partial<StepInput>, Step];

const ROWS: readonly Row[] = [
  ["a spent account is left at once", "usage-limit", {}, {}, ONWARD],
  ["a spent account is left after three faults, too", "usage-limit", { attempts: 3 }, {}, ONWARD],
  ["a spent account is left without a budget, too", "usage-limit", {}, { budgetLeft: false }, ONWARD],
  ["the sixty-third refusal walks on", "usage-limit", { refusals: 62 }, {}, ONWARD],
  ["the sixty-fourth does not", "usage-limit", { refusals: 63 }, {}, SURFACE],
  ["a refused token is renewed", "token-refused", {}, {}, { kind: "renew" }],
  ["a refused token of another profile, too", "token-refused", { renewed: new Set(["b"]) }, {}, { kind: "renew" }],
  ["a token refused again is left", "token-refused", { renewed: new Set(["a"]) }, {}, ONWARD],
  ["a fault is tried again after a pause", "server-error", {}, {}, after(150)],
  ["the second one after a longer one", "server-error", { attempts: 1 }, {}, after(300)],
  ["the third one after a longer one still", "server-error", { attempts: 2 }, {}, after(600)],
  ["the fourth is the last", "server-error", { attempts: 3 }, {}, SURFACE],
  ["pauses differ, so that turns do not come back together", "server-error", {}, { rng: () => 0 }, after(75)],
  ["no fault is tried again without a budget", "server-error", {}, { budgetLeft: false }, SURFACE],
  ["a conflict is tried once elsewhere", "try-elsewhere", {}, {}, after(150)],
  ["and only once", "try-elsewhere", { attempts: 1 }, {}, SURFACE],
  ["a blocked way is left for another account", "network-blocked", {}, {}, after(150)],
  ["the second one, too", "network-blocked", FAULTED, {}, after(300)],
  ["the fourth is the last", "network-blocked", { attempts: 3 }, {}, SURFACE],
  ["a blocked way is not left without a budget", "network-blocked", {}, { budgetLeft: false }, SURFACE],
  ["the only way is tried once more, after a real pause", "network-blocked", {}, ALONE, again(1_000)],
  ["also when the account has refused a token before", "network-blocked", REFUSED, ALONE, again(1_000)],
  ["but not without a budget", "network-blocked", {}, { ...ALONE, budgetLeft: false }, SURFACE],
  ["and only once more", "network-blocked", FAULTED, ALONE, after(300)],
  ["a fault with nobody else there is tried again as ever", "server-error", {}, ALONE, after(150)],
  ["a bad request is the client's", "bad-request", {}, {}, SURFACE],
  ["a client that left wants nothing more", "client-left", {}, {}, SURFACE],
  ["a turn that is out of time ends", "turn-timeout", {}, {}, SURFACE],
  // Traps 14 and 15.
  ["foreign history goes to whoever made it", "foreign-content", {}, OWNER, { kind: "ask-owner", ownerProfileId: "b" }],
  ["but not where that was tried", "foreign-content", { tried: new Set(["b"]) }, OWNER, SANITISE],
  ["nor a second time", "foreign-content", { ownerProfileId: "b" }, OWNER, SANITISE],
  ["nor to the one that just refused it", "foreign-content", {}, { ownerProfileId: "a" }, SANITISE],
  ["foreign history of nobody we know is taken out", "foreign-content", {}, {}, SANITISE],
  ["once, and then told", "foreign-content", { sanitised: true }, {}, SURFACE],
  ["or told at once when the turn has no attempt left", "foreign-content", { attempts: 3 }, OWNER, SURFACE],
];

describe("nextStep()", () => {
  for (const [what, kind, progress, change, expected] of ROWS) {
    test(`${what}: ${expected.kind}`, () => expect(step(kind, progress, change)).toEqual(expected));
  }

  test("tries nothing again after the commit, whatever it was (trap 18)", () => {
    for (const kind of FAILURE_KINDS) {
      expect(step(kind, {}, { ...OWNER, failure: failure(kind, "committed") })).toEqual(SURFACE);
    }
  });

  test("decides by kind, never by phase, before the commit", () => {
    for (const kind of FAILURE_KINDS) {
      const steps = PHASES.filter((phase) => phase !== "committed").map((phase) =>
        step(kind, {}, { failure: failure(kind, phase) }),
      );
      expect(new Set(steps.map((entry) => JSON.stringify(entry))).size).toBe(1);
    }
  });
});

describe("advance()", () => {
  const go = (kind: FailureKind, progress: Partial<Progress> = {}) => {
    const before = { ...FRESH_PROGRESS, ...progress };
    return advance(before, failure(kind), step(kind, progress), "a");
  };

  /** Attempts, refusals, who is ruled out, whose token was renewed. */
  const booked = ({ attempts, refusals, tried, renewed }: Progress) => [attempts, refusals, [...tried], [...renewed]];

  test("rules an account out at its first refusal", () => {
    expect(booked(go("usage-limit"))).toEqual([0, 1, ["a"], []]);
    expect(booked(go("usage-limit", { tried: new Set(["b"]) }))).toEqual([0, 1, ["b", "a"], []]);
  });

  test("gives it a second chance after a fault of upstream's, and no third", () => {
    const once = go("server-error");
    expect(booked(once)).toEqual([1, 0, [], []]);
    expect(booked(go("server-error", once))).toEqual([2, 0, ["a"], []]);
  });

  test("gives the next ones no second chance, so that the tries reach a third account", () => {
    const out = go("server-error", go("server-error"));
    const next = advance(out, failure("server-error"), step("server-error", out), "b");
    expect(booked(next)).toEqual([3, 0, ["a", "b"], []]);
  });

  test("takes a call to go elsewhere at its word", () => {
    expect(booked(go("try-elsewhere"))).toEqual([1, 0, ["a"], []]);
  });

  test("rules out whose way is blocked, unless it is asked again because nobody else is there", () => {
    const blocked = failure("network-blocked");
    expect(booked(go("network-blocked"))).toEqual([1, 0, ["a"], []]);
    const once = advance(FRESH_PROGRESS, blocked, step("network-blocked", {}, ALONE), "a");
    expect(booked(once)).toEqual([1, 0, [], []]);
    expect(booked(advance(once, blocked, step("network-blocked", once, ALONE), "a"))).toEqual([2, 0, ["a"], []]);
  });

  test("remembers whose history was asked for, and that it was taken out", () => {
    const asked = advance(FRESH_PROGRESS, failure("foreign-content"), step("foreign-content", {}, OWNER), "a");
    expect([asked.ownerProfileId, asked.sanitised, ...booked(asked)]).toEqual(["b", false, 1, 0, [], []]);
    const refused = advance(asked, failure("foreign-content"), step("foreign-content", asked, OWNER), "b");
    expect([refused.ownerProfileId, refused.sanitised, refused.attempts]).toEqual(["b", true, 2]);
    expect(go("server-error", refused).sanitised).toBe(true);
  });

  test("keeps the account whose token is renewed, and counts no fault of upstream's for it", () => {
    const renewed = go("token-refused");
    expect(booked(renewed)).toEqual([0, 1, [], ["a"]]);
    expect(booked(go("server-error", renewed))).toEqual([1, 1, [], ["a"]]);
  });

  test("changes nothing it is given", () => {
    const frozen = structuredClone(FRESH_PROGRESS);
    for (const kind of FAILURE_KINDS) go(kind);
    expect(structuredClone(FRESH_PROGRESS)).toEqual(frozen);
  });
});

const ATTEMPTS_MAX = 4;

/** Plays a turn over five profiles of which each try fails with the next kind; answers every try and step. */
function playTurn(kinds: readonly FailureKind[], budget: number, refusalsMax: number) {
  const pool = ["p0", "p1", "p2", "p3", "p4"].map((name) => candidate(name));
  const tries: { profileId: string; failure: Failure; step: Step; progress: Progress }[] = [];
  let progress = FRESH_PROGRESS;
  let again: string | null = null;
  for (;;) {
    const asked = needs({ boundProfileId: "p0", ownerProfileId: progress.ownerProfileId, tried: progress.tried });
    const choice = chooseProfile(choiceInput(pool, { needs: asked }));
    const profileId: string | null = again ?? (choice.kind === "chosen" ? choice.candidate.profileId : null);
    if (profileId === null) return tries;
    const failed = failure(kinds[tries.length % kinds.length] ?? "server-error");
    const used = tries.filter((entry) => entry.failure.scope === "upstream").length;
    const decided = nextStep({
      failure: failed,
      profileId,
      progress,
      attemptsMax: ATTEMPTS_MAX,
      refusalsMax,
      ownerProfileId: "p3",
      isAnotherEligible: isAnotherEligible(pool, asked, profileId, NOW),
      budgetLeft: used < budget,
      rng: () => 0.5,
    });
    tries.push({ profileId, failure: failed, step: decided, progress });
    if (decided.kind === "surface") return tries;
    progress = advance(progress, failed, decided, profileId);
    again = decided.kind === "renew" || decided.kind === "sanitise" ? profileId : null;
  }
}

describe("a whole turn, whatever fails in it", () => {
  const anyTurn = [
    fc.array(fc.constantFrom(...FAILURE_KINDS), { minLength: 1, maxLength: 12 }),
    fc.nat(5),
    fc.integer({ min: 2, max: 12 }),
  ] as const;
  const isRefusal = ({ failure: { scope } }: { failure: Failure }) =>
    ["account", "workspace", "model", "profile"].includes(scope);

  test("ends, with no more tries than it may have", () => {
    fc.assert(
      fc.property(...anyTurn, (kinds, budget, refusalsMax) => {
        const tries = playTurn(kinds, budget, refusalsMax);
        expect(tries.filter((entry) => !isRefusal(entry)).length).toBeLessThanOrEqual(ATTEMPTS_MAX);
        expect(tries.filter(isRefusal).length).toBeLessThanOrEqual(refusalsMax);
      }),
      { numRuns: 500 },
    );
  });

  test("renews each token once, takes history out once and asks its maker once", () => {
    fc.assert(
      fc.property(...anyTurn, (kinds, budget, refusalsMax) => {
        const tries = playTurn(kinds, budget, refusalsMax);
        const of = (kind: Step["kind"]) => tries.filter((entry) => entry.step.kind === kind);
        const renewed = of("renew").map((entry) => entry.profileId);
        expect(new Set(renewed).size).toBe(renewed.length);
        expect(of("sanitise").length).toBeLessThanOrEqual(1);
        expect(of("ask-owner").length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test("never comes back to a profile it has ruled out, and ends at the first fault of its own", () => {
    fc.assert(
      fc.property(...anyTurn, (kinds, budget, refusalsMax) => {
        const tries = playTurn(kinds, budget, refusalsMax);
        for (const { profileId, progress } of tries) expect(progress.tried.has(profileId)).toBe(false);
        const own = tries.findIndex(({ failure: { scope } }) => scope === "turn" || scope === "nobody");
        if (own !== -1) expect(own).toBe(tries.length - 1);
      }),
      { numRuns: 500 },
    );
  });

  test("meets a block everywhere: another account each time, as many as it may try", () => {
    const asked = playTurn(["network-blocked"], 5, 64).map((entry) => entry.profileId);
    expect(new Set(asked).size).toBe(ATTEMPTS_MAX);
    expect(asked.length).toBe(ATTEMPTS_MAX);
  });

  test("walks past every spent account to the last (trap 1)", () => {
    const asked = playTurn(["usage-limit"], 5, 64).map((entry) => entry.profileId);
    expect(asked.toSorted()).toEqual(["p0", "p1", "p2", "p3", "p4"]);
  });
});
