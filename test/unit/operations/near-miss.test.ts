import { describe, expect, test } from "bun:test";
import { nearMissOf } from "../../../src/operations/near-miss.ts";

const COMMANDS = ["status", "start", "stop", "restart", "logs", "run", "account-pool"];

const table: readonly (readonly [word: string, meant: string | null, why: string])[] = [
  ["status", "status", "the word itself"],
  ["stats", "status", "a letter left out"],
  ["statsu", "status", "two letters swapped"],
  ["strat", "start", "two letters swapped in a short word"],
  ["STATUS", "status", "case does not count"],
  ["acount-pool", "account-pool", "a letter left out of a long word"],
  ["acc", "account-pool", "the only one that begins so"],
  ["st", null, "begins like several"],
  ["r", null, "never guessed from one letter"],
  ["xyz", null, "nothing near"],
  ["", null, "nothing said"],
  ["rnu", "run", "a third of three letters is one slip"],
  ["frobnicate", null, "long and far from all"],
];

describe("nearMissOf", () => {
  for (const [word, meant, why] of table) {
    test(`answers ${meant} to "${word}": ${why}`, () => {
      expect(nearMissOf(word, COMMANDS)).toBe(meant);
    });
  }

  test("answers nothing when nothing is known", () => {
    expect(nearMissOf("status", [])).toBeNull();
  });
});
