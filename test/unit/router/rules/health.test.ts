/** What a failure leaves on an account that something was known of already. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type AccountState, type Cooldown, UNKNOWN_ACCOUNT_STATE } from "../../../../src/router/rules/account-state.ts";
import { VERDICTS } from "../../../../src/router/rules/classify.ts";
import { FAILURE_KINDS, type Failure, type FailureKind } from "../../../../src/router/rules/failure.ts";
import { effectOf, isSoftPause, PAUSES } from "../../../../src/router/rules/health.ts";
import {
  accountState,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  MODEL,
  NOW,
  pause,
  quotaWindow,
  SECOND_MS,
} from "../../../support/rules.ts";

function failure(kind: FailureKind, untilMs: number | null = null): Failure {
  return { ...VERDICTS[kind], phase: "head", code: "", untilMs };
}

/** The pause a failure sets; null when it sets none. */
function pauseOf(kind: FailureKind, untilMs: number | null, state: AccountState, nowMs = NOW): Cooldown | null {
  const effect = effectOf(failure(kind, untilMs), state, MODEL, true, nowMs);
  return effect.kind === "cool" ? effect.cooldown : null;
}

const PAUSING = FAILURE_KINDS.filter((kind) => PAUSES[kind] !== undefined);

describe("the length of a pause", () => {
  test("grows with every time in a row that upstream gives none, up to the longest", () => {
    const lengths: number[] = [];
    let [state, nowMs] = [UNKNOWN_ACCOUNT_STATE, NOW];
    for (let round = 0; round < 7; round += 1) {
      const next = pauseOf("rate-limit", null, state, nowMs);
      if (next === null) throw new Error("no pause");
      lengths.push((next.untilMs - nowMs) / SECOND_MS);
      [state, nowMs] = [accountState({ cooldowns: [next] }), next.untilMs];
    }
    expect(lengths).toEqual([30, 60, 120, 240, 480, 600, 600]);
  });

  test("does not grow by turns that run into the same limit together", () => {
    const before = pause({ reason: "rate-limit", untilSource: "assumed", untilMs: NOW + 30 * SECOND_MS });
    expect(pauseOf("rate-limit", null, accountState({ cooldowns: [before] }))).toMatchObject({
      strikes: 1,
      untilMs: NOW + 30 * SECOND_MS,
    });
  });

  test("begins anew when the reason is another one", () => {
    const before = pause({ reason: "slow-down", strikes: 9, untilMs: NOW - 1 });
    expect(pauseOf("rate-limit", null, accountState({ cooldowns: [before] }))?.strikes).toBe(1);
  });

  test("of a used-up quota is that of the window that is used up, where the refusal gives none", () => {
    const windows = [
      quotaWindow({ usedPercent: 100, resetsAtMs: NOW + HOUR_MS }),
      quotaWindow({ minutes: 10_080, usedPercent: 100, resetsAtMs: NOW + 2 * DAY_MS }),
      quotaWindow({ minutes: 43_200, usedPercent: 99, resetsAtMs: NOW + 9 * DAY_MS }),
    ];
    for (const seen of [windows, windows.toReversed()]) {
      const next = pauseOf("usage-limit", null, accountState({ windows: seen }));
      expect(next).toMatchObject({ untilMs: NOW + 2 * DAY_MS, untilSource: "upstream" });
    }
    expect(pauseOf("rate-limit", null, accountState({ windows }))?.untilSource).toBe("assumed");
  });

  const BOUNDS: readonly (readonly [FailureKind, number, number])[] = [
    ["usage-limit", 400 * DAY_MS, 31 * DAY_MS],
    ["rate-limit", 400 * DAY_MS, DAY_MS],
    ["slow-down", DAY_MS, HOUR_MS],
    ["server-error", DAY_MS, 10 * MINUTE_MS],
    // A minute's wait does not fill an empty purse.
    ["billing", MINUTE_MS, HOUR_MS],
    ["usage-limit", -DAY_MS, SECOND_MS],
    ["usage-limit", 5 * DAY_MS, 5 * DAY_MS],
    ["rate-limit", 1_500, 1_500],
  ];
  for (const [kind, saidMs, pausedMs] of BOUNDS) {
    test(`of ${kind}, said to be ${saidMs} ms, is ${pausedMs} ms (trap 7)`, () => {
      expect(pauseOf(kind, NOW + saidMs, UNKNOWN_ACCOUNT_STATE)?.untilMs).toBe(NOW + pausedMs);
    });
  }

  test("said to be over already is our own guess, and grows until upstream's clock and ours agree", () => {
    let [state, nowMs] = [UNKNOWN_ACCOUNT_STATE, NOW];
    const lengths: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const next = pauseOf("usage-limit", NOW - DAY_MS, state, nowMs);
      expect(next?.untilSource).toBe("assumed");
      lengths.push(((next?.untilMs ?? 0) - nowMs) / SECOND_MS);
      [state, nowMs] = [accountState({ cooldowns: next === null ? [] : [next] }), next?.untilMs ?? 0];
    }
    expect(lengths).toEqual([1, 2, 4, 8]);
  });

  test("is finite, not over yet and grows with what is said, for every kind (trap 7)", () => {
    const hint = fc.integer({ min: -1e9, max: 1e13 });
    fc.assert(
      fc.property(fc.constantFrom(...PAUSING), hint, hint, fc.integer({ min: 1, max: 99 }), (kind, a, b, strikes) => {
        const state = accountState({ cooldowns: [pause({ reason: kind, strikes, untilMs: NOW - 1 })] });
        const [short, long] = [Math.min(a, b), Math.max(a, b)].map(
          (saidMs) => pauseOf(kind, NOW + saidMs, state)?.untilMs ?? 0,
        );
        expect(short).toBeLessThanOrEqual(long ?? 0);
        expect(short).toBeGreaterThan(NOW);
        expect(long).toBeLessThanOrEqual(NOW + 31 * DAY_MS);
      }),
    );
  });
});

describe("what a pause covers", () => {
  const EMPTY_OWN = quotaWindow({ limit: "codex_bengalfox", usedPercent: 100, resetsAtMs: NOW + DAY_MS });
  const ROWS: readonly (readonly [string, AccountState, "account" | "model", number])[] = [
    ["the account, when nothing is known", UNKNOWN_ACCOUNT_STATE, "account", HOUR_MS],
    [
      "the account, when the ordinary limit is used up",
      accountState({ windows: [quotaWindow({ usedPercent: 100 }), EMPTY_OWN] }),
      "account",
      HOUR_MS,
    ],
    [
      "the model, when only a limit of its own is used up",
      accountState({ windows: [quotaWindow(), EMPTY_OWN] }),
      "model",
      DAY_MS,
    ],
    [
      "the account, when that was seen some time ago",
      accountState({
        windows: [quotaWindow({ observedAtMs: NOW - HOUR_MS }), { ...EMPTY_OWN, observedAtMs: NOW - HOUR_MS }],
      }),
      "account",
      HOUR_MS,
    ],
    ["the account, when only the own limit was seen", accountState({ windows: [EMPTY_OWN] }), "account", HOUR_MS],
  ];
  for (const [what, state, target, lengthMs] of ROWS) {
    test(`of a usage limit: ${what} (trap 6)`, () => {
      const effect = effectOf(failure("usage-limit"), state, MODEL, false, NOW);
      expect(effect).toMatchObject({
        kind: "cool",
        target,
        cooldown: { model: target === "model" ? MODEL : null, untilMs: NOW + lengthMs },
      });
    });
  }
});

describe("a pause that another one meets", () => {
  const FAR = NOW + 5 * DAY_MS;
  const KEPT = "keeps the one there is";
  const ROWS: readonly (readonly [string, Cooldown, FailureKind, number | null, Cooldown["untilMs"] | typeof KEPT])[] =
    [
      [
        "a quota for days outlasts a broken stream",
        pause({ reason: "usage-limit", untilMs: FAR }),
        "broken-stream",
        null,
        KEPT,
      ],
      [
        "a quota for days outlasts a rate limit",
        pause({ reason: "usage-limit", untilMs: FAR }),
        "rate-limit",
        NOW + 9_000,
        KEPT,
      ],
      ["a short hard pause outlasts a longer soft one", pause({ untilMs: NOW + 2_000 }), "head-timeout", null, KEPT],
      [
        "a hard pause takes the place of a longer soft one",
        pause({ reason: "silence" }),
        "rate-limit",
        NOW + 2_000,
        NOW + 2_000,
      ],
      ["a quota takes the place of a rate limit", pause(), "usage-limit", FAR, FAR],
      [
        "upstream's newer word counts, also when it is shorter",
        pause({ reason: "usage-limit", untilMs: FAR }),
        "usage-limit",
        NOW + 9_000,
        NOW + 9_000,
      ],
      [
        "what we assume does not cut short what upstream said",
        pause({ reason: "usage-limit", untilMs: FAR }),
        "usage-limit",
        null,
        FAR,
      ],
      [
        "a pause that is over counts for nothing",
        pause({ reason: "usage-limit", untilMs: NOW }),
        "broken-stream",
        null,
        NOW + 5_000,
      ],
      [
        "a pause of one model says nothing of the account",
        pause({ model: MODEL, untilMs: FAR }),
        "rate-limit",
        null,
        NOW + 30_000,
      ],
    ];
  for (const [what, before, kind, saidMs, outcome] of ROWS) {
    test(what, () => {
      const next = pauseOf(kind, saidMs, accountState({ cooldowns: [before] }));
      expect(next === null ? KEPT : next.untilMs).toBe(outcome);
    });
  }

  test("is dated anew when a probe finds the limit as it was, so that the next probe waits its time", () => {
    const before = pause({ reason: "usage-limit", sinceMs: NOW - DAY_MS, untilMs: FAR });
    expect(pauseOf("usage-limit", null, accountState({ cooldowns: [before] }))).toMatchObject({
      sinceMs: NOW,
      untilMs: FAR,
      untilSource: "upstream",
    });
  });
});

describe("effectOf()", () => {
  test("changes nothing it is given", () => {
    const state = accountState({ windows: [quotaWindow()], cooldowns: [pause()] });
    const copy = structuredClone(state);
    for (const kind of FAILURE_KINDS) effectOf(failure(kind), state, MODEL, true, NOW);
    expect(state).toEqual(copy);
  });

  test("blames no account for what the client, the request or the way there did (trap 37)", () => {
    const blameless = FAILURE_KINDS.filter((kind) => ["turn", "conversation", "nobody"].includes(VERDICTS[kind].scope));
    for (const kind of [...blameless, "network-blocked", "unreachable", "try-elsewhere"] as const) {
      expect([kind, effectOf(failure(kind), UNKNOWN_ACCOUNT_STATE, MODEL, true, NOW).kind]).toEqual([kind, "none"]);
    }
  });

  test("steers only, and refuses nobody, where upstream itself is unwell", () => {
    for (const kind of PAUSING) expect([kind, isSoftPause(kind)]).toEqual([kind, isSoft(kind)]);
    expect(isSoftPause("constructor")).toBe(false);
  });
});

function isSoft(kind: FailureKind): boolean {
  return VERDICTS[kind].scope === "upstream" || kind === "token-unavailable";
}
