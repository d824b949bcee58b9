import { describe, expect, test } from "bun:test";
import { agoText, inText, spanText, windowText } from "../../../src/commands/spans.ts";

const MINUTE_MS = 60_000;
const spans: readonly (readonly [ms: number, text: string])[] = [
  [0, "0 s"],
  [999, "0 s"],
  [1_000, "1 s"],
  [59_999, "59 s"],
  [MINUTE_MS, "1 min"],
  [MINUTE_MS + 30_000, "1 min"],
  [60 * MINUTE_MS, "1 h"],
  [61 * MINUTE_MS, "1 h 1 min"],
  [24 * 60 * MINUTE_MS, "1 d"],
  [(24 + 5) * 60 * MINUTE_MS + 59 * MINUTE_MS, "1 d 5 h"],
  [-5, "0 s"],
];

describe("a span", () => {
  for (const [ms, text] of spans) {
    test(`of ${ms} ms is "${text}"`, () => {
      expect(spanText(ms)).toBe(text);
    });
  }

  test("before and after now reads as a person would say it", () => {
    const at = (ms: number) => new Date(ms).toISOString();
    expect(agoText(null, 0)).toBe("never");
    expect(agoText(at(5_000), 5_500)).toBe("just now");
    expect(agoText(at(0), 3 * MINUTE_MS)).toBe("3 min ago");
    expect(agoText(at(10_000), 0)).toBe("just now");
    expect(inText(at(3 * MINUTE_MS), 0)).toBe("in 3 min");
    expect(inText(at(0), 1)).toBe("now");
  });

  test("names quota windows", () => {
    expect([windowText(300), windowText(10_080), windowText(43_200)]).toEqual(["5 h", "7 d", "30 d"]);
  });
});
