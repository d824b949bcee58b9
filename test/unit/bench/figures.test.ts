import { describe, expect, test } from "bun:test";
import { compare, type Figure, median, percentile, renderMarkdown, round, rowsOf } from "../../../src/bench/figures.ts";

describe("percentile()", () => {
  const ROWS: readonly (readonly [readonly number[], number, number])[] = [
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[10, 20], 0.99, 19.9],
    [[5], 0.99, 5],
    [[], 0.5, 0],
  ];
  for (const [samples, share, expected] of ROWS) {
    test(`${share} of ${samples.join(", ")}`, () => expect(percentile(samples, share)).toBeCloseTo(expected, 6));
  }

  test("leaves the samples as they are", () => {
    const samples = [3, 1, 2];
    expect(median(samples)).toBe(2);
    expect(samples).toEqual([3, 1, 2]);
  });
});

describe("compare()", () => {
  test("says what was wanted, and whether it is so", () => {
    expect(compare("ratio", [0.8], { atLeast: 0.7 }, "turns/s").target).toEqual({
      words: "at least × 0.7",
      isMet: true,
    });
    expect(compare("difference", [3], { atMost: 2 }, "ms").target).toEqual({ words: "at most +2 ms", isMet: false });
    expect(compare("ratio", [0.8], null, "turns/s").target).toBeNull();
  });

  test("takes the median of the rounds, and tells where their middle half lies", () => {
    const { value, spread } = compare("ratio", [0.9, 0.5, 0.7, 0.6, 0.8], null, "turns/s");
    expect([value, spread]).toEqual([0.7, [0.6, 0.8]]);
    expect(compare("difference", [3], null, "ms").spread).toBeNull();
  });
});

describe("rowsOf()", () => {
  const figure: Figure = {
    what: "streams",
    unit: "turns/s",
    values: { "bare proxy": 200, codexuse: 150 },
    against: compare("ratio", [0.7, 0.75, 0.8], { atLeast: 0.7 }, "turns/s"),
  };

  test("has a column for each target, one for the comparison and one for what was wanted", () => {
    expect(rowsOf([figure])).toEqual([
      ["", "bare proxy", "codexuse", "codexuse against bare", "wanted"],
      ["streams (turns/s)", "200", "150", "× 0.75 (0.72 to 0.78)", "at least × 0.7: met"],
    ]);
  });

  test("leaves columns out that nothing is in", () => {
    const rows = rowsOf([{ ...figure, values: { codexuse: 1.234 }, against: null }]);
    expect(rows).toEqual([
      ["", "codexuse"],
      ["streams (turns/s)", "1.23"],
    ]);
    expect(renderMarkdown(rows)).toBe("|  | codexuse |\n| --- | --: |\n| streams (turns/s) | 1.23 |");
  });

  test("writes figures as short as they are large", () => {
    expect([0.123, 12.34, 123.4, -5.678, 43_210.5].map(round)).toEqual(["0.12", "12.3", "123", "-5.68", "43,211"]);
  });
});
