import { describe, expect, test } from "bun:test";
import { isQuiet, parseQuietHours, quietText } from "../../../src/telegram/quiet-hours.ts";

describe("quiet hours", () => {
  const forms: readonly (readonly [text: string, shown: string | null])[] = [
    ["22:00-07:00", "22:00–07:00"],
    ["22-7", "22:00–07:00"],
    ["9:30 – 10", "09:30–10:00"],
    ["0-23:59", "00:00–23:59"],
    ["24-7", null],
    ["22:60-7", null],
    ["7-7", null],
    ["22", null],
    ["22-7-8", null],
    ["night", null],
    ["", null],
  ];
  for (const [text, shown] of forms) {
    test(`"${text}" is ${shown}`, () => {
      const quiet = parseQuietHours(text);
      expect(quiet === null ? null : quietText(quiet)).toBe(shown);
    });
  }

  const moments: readonly (readonly [hours: string, minute: number, quiet: boolean])[] = [
    ["22-7", 22 * 60, true],
    ["22-7", 22 * 60 - 1, false],
    ["22-7", 0, true],
    ["22-7", 7 * 60 - 1, true],
    ["22-7", 7 * 60, false],
    ["9-10", 9 * 60 + 30, true],
    ["9-10", 10 * 60, false],
  ];
  for (const [hours, minute, quiet] of moments) {
    test(`${hours}: minute ${minute} is ${quiet ? "quiet" : "not"}`, () => {
      expect(isQuiet(parseQuietHours(hours), minute)).toBe(quiet);
    });
  }

  test("of nobody are never", () => expect(isQuiet(null, 0)).toBe(false));
});
