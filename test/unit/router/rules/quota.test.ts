/** How much room an account has, read from windows of any age. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { QuotaWindow } from "../../../../src/router/rules/account-state.ts";
import { backAtMs, hasCredits, headroomOf, remainingPercent } from "../../../../src/router/rules/quota.ts";
import { accountState, DAY_MS, HOUR_MS, MINUTE_MS, NOW, quotaWindow } from "../../../support/rules.ts";

const WEEK = { minutes: 10_080, resetsAtMs: NOW + 3 * DAY_MS };

describe("remainingPercent()", () => {
  const ROWS: readonly (readonly [string, Partial<QuotaWindow>, number])[] = [
    ["half used", { usedPercent: 50 }, 50],
    ["used up", { usedPercent: 100 }, 0],
    ["used beyond its end", { usedPercent: 130 }, 0],
    ["less than unused", { usedPercent: -5 }, 100],
    ["used up, and reset this very instant", { usedPercent: 100, resetsAtMs: NOW }, 100],
    ["used up, and reset an instant from now", { usedPercent: 100, resetsAtMs: NOW + 1 }, 0],
    ["used up, without a reset", { usedPercent: 100, resetsAtMs: null }, 0],
    // Trap 5: a figure without a reset must not hold an account back for ever.
    [
      "seen one whole length ago, without a reset",
      { usedPercent: 100, resetsAtMs: null, observedAtMs: NOW - 5 * HOUR_MS },
      100,
    ],
    [
      "seen one whole length ago, with a reset that is absurd",
      { usedPercent: 100, resetsAtMs: NOW + DAY_MS, observedAtMs: NOW - 5 * HOUR_MS },
      100,
    ],
    [
      "seen a little less than its length ago",
      { usedPercent: 100, resetsAtMs: null, observedAtMs: NOW - 5 * HOUR_MS + 1 },
      0,
    ],
  ];
  for (const [what, change, percent] of ROWS) {
    test(`of a window ${what}: ${percent}`, () => expect(remainingPercent(quotaWindow(change), NOW)).toBe(percent));
  }
});

describe("headroomOf()", () => {
  test("is unknown without windows, which is neither full nor empty (trap 8)", () => {
    expect(headroomOf(accountState(), NOW)).toEqual({ kind: "unknown" });
    const other = accountState({ windows: [quotaWindow({ limit: "codex_bengalfox", usedPercent: 100 })] });
    expect(headroomOf(other, NOW)).toEqual({ kind: "unknown" });
  });

  // Trap 9: which slot a window came in says nothing, so their order must not count.
  const SHAPES: readonly (readonly [string, readonly Partial<QuotaWindow>[], number, number])[] = [
    [
      "five hours and a week, the short one tighter",
      [{ usedPercent: 90 }, { ...WEEK, usedPercent: 20 }],
      10,
      NOW + HOUR_MS,
    ],
    [
      "five hours and a week, the long one tighter",
      [{ usedPercent: 10 }, { ...WEEK, usedPercent: 95 }],
      5,
      WEEK.resetsAtMs,
    ],
    ["a week alone", [{ ...WEEK, usedPercent: 30 }], 70, WEEK.resetsAtMs],
    ["a month alone", [{ minutes: 43_200, usedPercent: 1, resetsAtMs: NOW + DAY_MS }], 99, NOW + DAY_MS],
    ["both used up: the later reset", [{ usedPercent: 100 }, { ...WEEK, usedPercent: 100 }], 0, WEEK.resetsAtMs],
    [
      "an old short window beside a week",
      [
        { usedPercent: 100, resetsAtMs: NOW - 1 },
        { ...WEEK, usedPercent: 60 },
      ],
      40,
      WEEK.resetsAtMs,
    ],
  ];
  for (const [what, changes, percent, resetsAtMs] of SHAPES) {
    test(`is that of the tightest window: ${what} (trap 9)`, () => {
      const windows = changes.map(quotaWindow);
      const headroom = { kind: "known", percent, resetsAtMs, observedAtMs: NOW } as const;
      expect(headroomOf(accountState({ windows }), NOW)).toEqual(headroom);
      expect(headroomOf(accountState({ windows: windows.toReversed() }), NOW)).toEqual(headroom);
    });
  }

  test("reads the family asked for, and no other", () => {
    const windows = [quotaWindow({ usedPercent: 100 }), quotaWindow({ limit: "spark", usedPercent: 25 })];
    expect(headroomOf(accountState({ windows }), NOW, "spark")).toMatchObject({ kind: "known", percent: 75 });
  });
});

describe("backAtMs()", () => {
  const windows = [
    quotaWindow({ usedPercent: 95, resetsAtMs: NOW + HOUR_MS }),
    quotaWindow({ minutes: 10_080, usedPercent: 85, resetsAtMs: NOW + DAY_MS }),
    quotaWindow({ limit: "spark", usedPercent: 100, resetsAtMs: NOW + 9 * DAY_MS }),
  ];
  const ROWS: readonly (readonly [number, number | null])[] = [
    [4, null],
    [5, NOW + HOUR_MS],
    [15, NOW + DAY_MS],
    [100, NOW + DAY_MS],
  ];
  for (const [threshold, instant] of ROWS) {
    test(`is when all windows at or under ${threshold} % are reset`, () => {
      expect(backAtMs(accountState({ windows }), NOW, "codex", threshold)).toBe(instant);
    });
  }

  test("is unknown where upstream did not say", () => {
    const state = accountState({ windows: [quotaWindow({ usedPercent: 100, resetsAtMs: null })] });
    expect(backAtMs(state, NOW, "codex", 0)).toBeNull();
  });

  test("is in the future whenever it is known", () => {
    const window = fc.record({
      usedPercent: fc.integer({ min: 0, max: 100 }),
      resetsAtMs: fc.option(fc.integer({ min: NOW - DAY_MS, max: NOW + DAY_MS })),
      observedAtMs: fc.integer({ min: NOW - DAY_MS, max: NOW }),
    });
    fc.assert(
      fc.property(fc.array(window), fc.integer({ min: 0, max: 100 }), (changes, threshold) => {
        const back = backAtMs(accountState({ windows: changes.map(quotaWindow) }), NOW, "codex", threshold);
        expect(back ?? NOW + 1).toBeGreaterThan(NOW);
      }),
    );
  });
});

describe("hasCredits()", () => {
  const ROWS = [
    [null, false],
    [{ available: false, unlimited: false, observedAtMs: NOW }, false],
    [{ available: true, unlimited: false, observedAtMs: NOW - 9 * MINUTE_MS }, true],
    [{ available: false, unlimited: true, observedAtMs: NOW }, true],
  ] as const;
  for (const [credits, has] of ROWS) {
    test(`${JSON.stringify(credits)}: ${has}`, () => expect(hasCredits(accountState({ credits }))).toBe(has));
  }
});
