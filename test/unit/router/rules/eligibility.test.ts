/** Why a profile may not serve a turn, one row for every reason there is. */
import { describe, expect, test } from "bun:test";
import type { Candidate } from "../../../../src/router/rules/candidate.ts";
import {
  activeCooldown,
  EXCLUSIONS,
  type Exclusion,
  exclusionOf,
  isAnotherEligible,
  limitOf,
} from "../../../../src/router/rules/eligibility.ts";
import {
  accountState,
  candidate,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  MODEL,
  NOW,
  needs,
  pause,
  quotaWindow,
  SECOND_MS,
  used,
} from "../../../support/rules.ts";

const CREDITS = { available: true, unlimited: false, observedAtMs: NOW };
const OWN = { limit: "spark", usedPercent: 100 };

/** What it is, what is asked, and the reason; null when it may serve. */
type Row = readonly [string, Partial<Candidate>, Exclusion | null, Parameters<typeof needs>[0]?];

const ROWS: readonly Row[] = [
  ["one of which nothing is known (trap 8)", {}, null],
  ["one that is not in the pool", { selected: false }, "not-selected"],
  ["one that has to sign in", { signInNeeded: { reason: "refresh-token-reused", sinceMs: 1 } }, "sign-in-needed"],
  ["an API key for what only a sign-in can do", { kind: "api-key" }, "wrong-kind", { kinds: ["chatgpt"] }],
  ["one whose account has other models (trap 10)", { models: new Set(["gpt-5.5"]) }, "model-not-offered"],
  [
    "one whose account lists no such model, which no list tells of",
    { models: new Set(["gpt-5.5"]) },
    null,
    { isListed: false },
  ],
  ["one whose account has the model", { models: new Set([MODEL]) }, null],
  ["one asked before in this turn", {}, "tried", { tried: new Set(["a"]) }],
  ["one that pauses", { state: accountState({ cooldowns: [pause()] }) }, "cooling"],
  ["one whose pause ends now", { state: accountState({ cooldowns: [pause({ untilMs: NOW })] }) }, null],
  ["one that pauses for this model", { state: accountState({ cooldowns: [pause({ model: MODEL })] }) }, "cooling"],
  ["one that pauses for another model (trap 6)", { state: accountState({ cooldowns: [pause({ model: "x" })] }) }, null],
  ["one that is used up", { state: used(100) }, "exhausted"],
  [
    "one that is used up, whose credits are kept back",
    { state: { ...used(100), credits: CREDITS }, reservePercent: 1 },
    "below-reserve",
  ],
  ["one that is used up, with credits", { state: { ...used(100), credits: CREDITS } }, null],
  [
    "one that is used up, whose window is over (trap 5)",
    { state: accountState({ windows: [quotaWindow({ usedPercent: 100, resetsAtMs: NOW })] }) },
    null,
  ],
  ["one with a little left", { state: used(99.5) }, null],
  ["one with just its reserve left", { state: used(80), reservePercent: 20 }, "below-reserve"],
  [
    "one with just its reserve left, and credits",
    { state: { ...used(80), credits: CREDITS }, reservePercent: 20 },
    "below-reserve",
  ],
  ["one with a little more than its reserve", { state: used(79.9), reservePercent: 20 }, null],
  ["one with a reserve, of which nothing is known", { reservePercent: 50 }, null],
  ["one whose other limit is used up (trap 6)", { state: accountState({ windows: [quotaWindow(OWN)] }) }, null],
  [
    "one whose limit for this model is used up (trap 6)",
    { state: accountState({ windows: [quotaWindow(OWN), quotaWindow()] }) },
    "exhausted",
    { upstreamModel: "spark" },
  ],
  [
    "one used up but for this model's own limit",
    { state: accountState({ windows: [quotaWindow({ ...OWN, usedPercent: 1 }), quotaWindow({ usedPercent: 100 })] }) },
    null,
    { upstreamModel: "spark" },
  ],
];

describe("exclusionOf()", () => {
  for (const [what, change, reason, asked] of ROWS) {
    test(`${what}: ${reason ?? "may serve"}`, () => {
      expect(exclusionOf(candidate("a", change), needs(asked), NOW)?.reason ?? null).toBe(reason);
    });
  }

  test("has a row for every reason but those that only a choice can give", () => {
    const covered = new Set(ROWS.map(([, , reason]) => reason));
    expect(EXCLUSIONS.filter((reason) => !covered.has(reason))).toEqual(["pool-disabled", "same-account"]);
  });

  test("tells of the reason the owner can do most about", () => {
    const everything: Partial<Candidate> = {
      selected: false,
      signInNeeded: { reason: "x", sinceMs: 1 },
      kind: "api-key",
      models: new Set(),
      state: { ...used(100), cooldowns: [pause()] },
    };
    const asked = needs({ kinds: ["chatgpt"], tried: new Set(["a"]) });
    const removals: readonly Partial<Candidate>[] = [
      { selected: true },
      { signInNeeded: null },
      { kind: "chatgpt" },
      { models: null },
      { state: used(100) },
      { state: used(0) },
    ];
    let change = everything;
    const reasons = [exclusionOf(candidate("a", change), asked, NOW)?.reason];
    for (const removal of removals) {
      change = { ...change, ...removal };
      reasons.push(exclusionOf(candidate("a", change), asked, NOW)?.reason);
    }
    const order = [
      "not-selected",
      "sign-in-needed",
      "wrong-kind",
      "model-not-offered",
      "cooling",
      "exhausted",
      "tried",
    ];
    expect(reasons).toEqual(order as Exclusion[]);
  });

  test("says since when, until when, and whether upstream said so", () => {
    const cooling = (untilSource: "upstream" | "assumed") =>
      exclusionOf(candidate("a", { state: accountState({ cooldowns: [pause({ untilSource })] }) }), needs(), NOW);
    const base = { reason: "cooling", detail: "rate-limit", sinceMs: NOW - SECOND_MS, untilMs: NOW + MINUTE_MS };
    expect(cooling("upstream")).toEqual({ ...base, reason: "cooling", isUntilSaid: true });
    expect(cooling("assumed")).toEqual({ ...base, reason: "cooling", isUntilSaid: false });
    const windows = [
      quotaWindow({ usedPercent: 100, resetsAtMs: NOW + HOUR_MS }),
      quotaWindow({ minutes: 10_080, usedPercent: 85, resetsAtMs: NOW + DAY_MS }),
    ];
    const spent = { reason: "exhausted", detail: "", sinceMs: NOW, isUntilSaid: true } as const;
    const at = (reservePercent: number) =>
      exclusionOf(candidate("a", { state: accountState({ windows }), reservePercent }), needs(), NOW);
    expect(at(0)).toEqual({ ...spent, untilMs: NOW + HOUR_MS });
    // The reserve is free again only when the week is, too.
    expect(at(20)).toEqual({ ...spent, untilMs: NOW + DAY_MS });
  });
});

describe("activeCooldown()", () => {
  test("is the pause that ends last of those for the account and those for the model", () => {
    const cooldowns = [
      pause({ untilMs: NOW + 1 }),
      pause({ model: MODEL, untilMs: NOW + 3 }),
      pause({ model: "other", untilMs: NOW + 9 }),
      pause({ untilMs: NOW }),
    ];
    const paused = candidate("a", { state: accountState({ cooldowns }) });
    expect(activeCooldown(paused, MODEL, NOW)?.untilMs).toBe(NOW + 3);
    expect(activeCooldown(paused, "x", NOW)?.untilMs).toBe(NOW + 1);
    expect(activeCooldown(paused, MODEL, NOW + 3)).toBeNull();
  });
});

describe("limitOf()", () => {
  const own = candidate("a", { state: accountState({ windows: [quotaWindow({ limit: "spark" }), quotaWindow()] }) });
  test("is the model's own family where upstream tells of one, the ordinary limit else (trap 6)", () => {
    expect([limitOf(own, "spark"), limitOf(own, MODEL), limitOf(candidate("b"), "spark")]).toEqual([
      "spark",
      "codex",
      "codex",
    ]);
  });
});

describe("isAnotherEligible()", () => {
  const rows: readonly (readonly [string, readonly Candidate[], boolean])[] = [
    ["nobody else is there", [candidate("a")], false],
    ["another may serve", [candidate("a"), candidate("b")], true],
    ["another may, though this one may not", [candidate("a", { selected: false }), candidate("b")], true],
    ["a second profile of the same account may", [candidate("a"), candidate("b", { accountKey: "account-a" })], true],
    ["the others rest or were tried", [candidate("a"), candidate("b", { state: used(100) }), candidate("c")], false],
  ];
  for (const [what, candidates, expected] of rows) {
    test(`${what}: ${expected}`, () => {
      expect(isAnotherEligible(candidates, needs({ tried: new Set(["c"]) }), "a", NOW)).toBe(expected);
    });
  }
});
