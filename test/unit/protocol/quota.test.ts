/** Quota in upstream's three spellings. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseQuotaHeaders, parseRateLimitsEvent, parseUsage } from "../../../src/protocol/quota.ts";
import { START_MS } from "../../support/accounts-world.ts";

const NOW = START_MS;
const SECONDS = NOW / 1000;

function slot(name: string, used: string, minutes: string, resetAt: string): Record<string, string> {
  return {
    [`x-${name}-used-percent`]: used,
    [`x-${name}-window-minutes`]: minutes,
    [`x-${name}-reset-at`]: resetAt,
    [`x-${name}-reset-after-seconds`]: "0",
  };
}

function short(windows: readonly { limit: string; minutes: number; usedPercent: number; resetsAtMs: number | null }[]) {
  return windows.map((window) => [
    window.limit,
    window.minutes,
    window.usedPercent,
    window.resetsAtMs === null ? null : (window.resetsAtMs - NOW) / 1000,
  ]);
}

describe("parseQuotaHeaders()", () => {
  const PLANS: readonly [string, Record<string, string>, unknown[]][] = [
    [
      "five hours and a week",
      {
        ...slot("codex-primary", "12.5", "300", `${SECONDS + 60}`),
        ...slot("codex-secondary", "40", "10080", `${SECONDS + 90}`),
      },
      [
        ["codex", 300, 12.5, 60],
        ["codex", 10_080, 40, 90],
      ],
    ],
    [
      "a weekly window alone, in the first slot",
      { ...slot("codex-primary", "7", "10080", `${SECONDS + 60}`), ...slot("codex-secondary", "0", "0", "") },
      [["codex", 10_080, 7, 60]],
    ],
    ["a monthly window", slot("codex-primary", "99", "43200", `${SECONDS + 60}`), [["codex", 43_200, 99, 60]]],
    ["an absent window: a zero with an empty reset", slot("codex-primary", "0", "300", ""), []],
    ["a window that is truly unused", slot("codex-primary", "0", "300", `${SECONDS + 60}`), [["codex", 300, 0, 60]]],
    ["a window without a length", { "x-codex-primary-used-percent": "50" }, []],
    ["a length that is no quota period", slot("codex-primary", "5", "99999999", `${SECONDS}`), []],
    ["figures that are no numbers", slot("codex-primary", "lots", "300", `${SECONDS}`), []],
    ["figures beyond their range", slot("codex-primary", "180", "300", `${SECONDS + 60}`), [["codex", 300, 100, 60]]],
    [
      "a reset beyond the window's own length (trap 7)",
      slot("codex-primary", "5", "300", `${SECONDS * 9}`),
      [["codex", 300, 5, 18_000]],
    ],
    [
      "a reset given as a wait only",
      { ...slot("codex-primary", "5", "300", ""), "x-codex-primary-reset-after-seconds": "99" },
      [["codex", 300, 5, 99]],
    ],
    [
      "two slots of one length: the fuller one counts",
      {
        ...slot("codex-primary", "5", "300", `${SECONDS + 1}`),
        ...slot("codex-secondary", "9", "300", `${SECONDS + 2}`),
      },
      [["codex", 300, 9, 2]],
    ],
    [
      "a limit that meters other models",
      {
        ...slot("codex-primary", "5", "300", `${SECONDS + 1}`),
        ...slot("codex-bengalfox-primary", "100", "10080", `${SECONDS + 2}`),
      },
      [
        ["codex_bengalfox", 10_080, 100, 2],
        ["codex", 300, 5, 1],
      ],
    ],
    [
      "a limit that says which model it meters",
      {
        ...slot("codex-bengalfox-primary", "100", "10080", `${SECONDS + 2}`),
        "x-codex-bengalfox-limit-name": "GPT-5.3-Codex-Spark",
        "x-codex-limit-name": "Codex",
        ...slot("codex-primary", "5", "300", `${SECONDS + 1}`),
      },
      [
        ["gpt-5.3-codex-spark", 10_080, 100, 2],
        ["codex", 300, 5, 1],
      ],
    ],
    [
      "what only looks like a window",
      { "x-codex-primary-over-secondary-limit-percent": "50", "x-other-primary-used-percent": "1" },
      [],
    ],
  ];
  for (const [what, fields, windows] of PLANS) {
    test(`${what} (trap 9)`, () => {
      const found: unknown[] = short(parseQuotaHeaders(fields, NOW).windows);
      expect(found.toSorted()).toEqual(windows.toSorted());
    });
  }

  test("reads credits in any case, the plan and why the limit is reached", () => {
    const reading = parseQuotaHeaders(
      {
        "x-codex-credits-has-credits": "True",
        "x-codex-credits-unlimited": "false",
        "x-codex-plan-type": "plus",
        "x-codex-rate-limit-reached-type": "workspace_member_credits_depleted",
      },
      NOW,
    );
    expect(reading).toEqual({
      windows: [],
      credits: { available: true, unlimited: false, observedAtMs: NOW },
      plan: "plus",
      reachedType: "workspace_member_credits_depleted",
    });
  });

  test("says nothing where nothing was said: unknown is not empty (trap 8)", () => {
    expect(parseQuotaHeaders({}, NOW)).toEqual({
      windows: [],
      credits: null,
      plan: null,
      reachedType: null,
    });
  });
});

const FULL_USAGE = {
  user_id: "user-1",
  plan_type: "pro",
  rate_limit: {
    allowed: true,
    limit_reached: false,
    primary_window: {
      used_percent: 12,
      limit_window_seconds: 18_000,
      reset_after_seconds: 3_600,
      reset_at: SECONDS + 3_600,
    },
    secondary_window: null,
  },
  code_review_rate_limit: null,
  additional_rate_limits: [
    {
      limit_name: "GPT-5.3-Codex-Spark",
      metered_feature: "codex_bengalfox",
      normal_model_slug: null,
      rate_limit: {
        allowed: false,
        limit_reached: true,
        primary_window: { used_percent: 100, limit_window_seconds: 604_800, reset_after_seconds: 60, reset_at: null },
        secondary_window: null,
      },
    },
  ],
  model_usage: { "gpt-6-astra": { available: true, available_at: null }, "gpt-5.5": { available: null } },
  credits: { has_credits: true, unlimited: false, overage_limit_reached: false, balance: "12.50" },
  rate_limit_reached_type: null,
  rate_limit_reset_credits: { available_count: 2 },
};

describe("parseUsage()", () => {
  test("reads a full answer", () => {
    const usage = parseUsage(FULL_USAGE, NOW);
    expect(short(usage?.windows ?? [])).toEqual([
      ["codex", 300, 12, 3_600],
      ["gpt-5.3-codex-spark", 10_080, 100, 60],
    ]);
    expect(usage).toMatchObject({ plan: "pro", allowed: true, reachedType: null, resetCredits: 2 });
    expect(usage?.credits).toEqual({ available: true, unlimited: false, observedAtMs: NOW });
    expect([...(usage?.modelsAvailable ?? [])]).toEqual([
      ["gpt-5.3-codex-spark", false],
      ["gpt-6-astra", true],
    ]);
  });

  for (const key of Object.keys(FULL_USAGE)) {
    test(`bears ${key} being null, absent or of another type`, () => {
      for (const value of [null, undefined, 7, "x", [], [null], {}]) {
        expect(parseUsage({ ...FULL_USAGE, [key]: value }, NOW)).not.toBeNull();
      }
    });
  }

  test("a limit that is reached is not allowed, with or without the word", () => {
    expect(parseUsage({ rate_limit: { limit_reached: true } }, NOW)?.allowed).toBe(false);
    expect(parseUsage({}, NOW)?.allowed).toBeNull();
    const credits = { has_credits: true, unlimited: false, overage_limit_reached: true };
    expect(parseUsage({ credits }, NOW)?.credits?.available).toBe(false);
  });

  test("is null for what is no object, and never throws", () => {
    for (const value of [undefined, null, [], "x", 5]) expect(parseUsage(value, NOW)).toBeNull();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const window of parseUsage(value, NOW)?.windows ?? []) {
          if (window.usedPercent < 0 || window.usedPercent > 100 || window.minutes < 1) return false;
        }
        return true;
      }),
    );
  });

  test("no reset outlasts its window, whatever the figures (trap 7)", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (resetAt, after) => {
        const primary = {
          used_percent: 1,
          limit_window_seconds: 18_000,
          reset_at: resetAt,
          reset_after_seconds: after,
        };
        const window = parseUsage({ rate_limit: { primary_window: primary } }, NOW)?.windows[0];
        return window === undefined || window.resetsAtMs === null || window.resetsAtMs <= NOW + 18_000_000;
      }),
    );
  });
});

describe("parseRateLimitsEvent()", () => {
  test("reads the event that a WebSocket carries", () => {
    const reading = parseRateLimitsEvent(
      {
        type: "codex.rate_limits",
        plan_type: "pro",
        rate_limits: { primary: { used_percent: 33, window_minutes: 300, reset_at: SECONDS + 99 }, secondary: null },
        credits: { has_credits: true, unlimited: false, balance: "9" },
        metered_limit_name: "codex",
      },
      NOW,
    );
    expect(short(reading?.windows ?? [])).toEqual([["codex", 300, 33, 99]]);
    expect(reading).toMatchObject({ plan: "pro", credits: { available: true } });
  });
  test("is null for any other event", () => expect(parseRateLimitsEvent({ type: "response.created" }, NOW)).toBeNull());
});
