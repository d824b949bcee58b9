/** How large an account is, measured from what its turns used. */
import { describe, expect, test } from "bun:test";
import { countTokens, type MeterReading, readMeter } from "../../../../src/router/rules/capacity-meter.ts";
import { quotaWindow } from "../../../support/rules.ts";

const week = (usedPercent: number, minutes = 10_080) => [quotaWindow(), quotaWindow({ minutes, usedPercent })];

/** Sees the week at each percentage in turn; between two looks, turns use this many tokens. */
function measure(steps: readonly (readonly [tokens: number, usedPercent: number])[], average: number | null = null) {
  let reading: MeterReading = { meter: null, tokensPerPercent: null };
  const found: (number | null)[] = [];
  for (const [tokens, usedPercent] of steps) {
    reading = readMeter(countTokens(reading.meter, tokens), week(usedPercent), reading.tokensPerPercent ?? average);
    found.push(reading.tokensPerPercent);
  }
  return found;
}

describe("readMeter()", () => {
  test("measures nothing before the second look, then tokens for each percent that was used", () => {
    expect(
      measure([
        [0, 10],
        [60_000, 12],
      ]),
    ).toEqual([null, 30_000]);
  });

  test("waits for a whole percent, and forgets no token meanwhile", () => {
    expect(
      measure([
        [0, 10],
        [4_000, 10],
        [4_000, 10.5],
        [2_000, 11],
      ]),
    ).toEqual([null, null, null, 10_000]);
  });

  test("gives a new sample a quarter of the weight", () => {
    expect(
      measure(
        [
          [0, 10],
          [2_000, 11],
        ],
        1_000,
      ),
    ).toEqual([null, 1_250]);
  });

  test("keeps samples within what plans there are", () => {
    expect(
      measure([
        [0, 1],
        [1, 2],
      ]),
    ).toEqual([null, 500]);
    expect(
      measure([
        [0, 1],
        [1e12, 2],
      ]),
    ).toEqual([null, 50_000_000]);
  });

  test("begins anew when the window is reset", () => {
    expect(
      measure([
        [0, 90],
        [5_000, 2],
        [5_000, 3],
      ]),
    ).toEqual([null, null, 5_000]);
  });

  test("sets no tokens of ours against what the owner used elsewhere in between", () => {
    expect(
      measure([
        [0, 10],
        [0, 60],
        [5_000, 61],
      ]),
    ).toEqual([null, null, 5_000]);
  });

  test("reads the longest ordinary window, and begins anew when that is another one", () => {
    const first = readMeter(null, week(10), null);
    expect(first.meter?.minutes).toBe(10_080);
    const counted = countTokens(first.meter, 5_000);
    expect(readMeter(counted, week(12, 43_200), null)).toMatchObject({ tokensPerPercent: null, meter: { tokens: 0 } });
    expect(readMeter(counted, [quotaWindow({ limit: "spark" })], null)).toEqual({
      meter: counted,
      tokensPerPercent: null,
    });
  });

  test("counts nothing before the account was seen", () => expect(countTokens(null, 5)).toBeNull());
});
