import { describe, expect, test } from "bun:test";
import { believableState, replacesObservation } from "../../../../src/router/rules/believable.ts";
import { aCooldown, aWindow } from "../../../support/records.ts";

const NOW_MS = 1_000_000_000;
const DAY_MS = 86_400_000;

function aState(seenAtMs: number) {
  return {
    windows: [aWindow({ observedAtMs: seenAtMs })],
    cooldowns: [aCooldown({ sinceMs: seenAtMs, untilMs: NOW_MS + 40 * DAY_MS })],
    credits: { available: true, unlimited: false, observedAtMs: seenAtMs },
    tokensPerPercent: 7,
  };
}

describe("believableState()", () => {
  test("leaves what was seen before now, or a moment after, as it is", () => {
    for (const seenAtMs of [0, NOW_MS, NOW_MS + 60_000]) {
      const state = aState(seenAtMs);
      expect(believableState(state, NOW_MS)).toBe(state);
    }
  });

  test("drops what a clock saw that has been set back since, and keeps what was measured", () => {
    const left = { windows: [], cooldowns: [], credits: null, tokensPerPercent: 7 };
    expect(believableState(aState(NOW_MS + DAY_MS), NOW_MS)).toEqual(left);
  });
});

describe("replacesObservation()", () => {
  test.each([
    ["the same instant", NOW_MS, NOW_MS, true],
    ["a later one", NOW_MS + 1, NOW_MS, true],
    ["a straggler", NOW_MS - 30 * 60_000, NOW_MS, false],
    ["one after the clock was set back by a day", NOW_MS - DAY_MS, NOW_MS, true],
  ])("%s", (_, seenAtMs, knownAtMs, isReplaced) => {
    expect(replacesObservation(seenAtMs, knownAtMs)).toBe(isReplaced);
  });
});
