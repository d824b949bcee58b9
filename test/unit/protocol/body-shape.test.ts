import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BodyShape, NESTING_MAX, shapeOf, VALUES_MAX } from "../../../src/protocol/body-shape.ts";

const LISTS = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

const ROWS: readonly (readonly [string, string, BodyShape])[] = [
  ["as deep as may be", LISTS(NESTING_MAX), "fit"],
  ["one deeper", LISTS(NESTING_MAX + 1), "too-deep"],
  ["deep and never closed", "[".repeat(60_000), "too-deep"],
  ["objects and lists in turn", '{"a":['.repeat(NESTING_MAX / 2 + 1), "too-deep"],
  ["many side by side", "[],".repeat(10_000), "fit"],
  ["as many values as may be", ",".repeat(VALUES_MAX), "fit"],
  ["one more", ",".repeat(VALUES_MAX + 1), "too-many-values"],
  ["brackets in a text", JSON.stringify(LISTS(5_000)), "fit"],
  ["brackets behind an escaped quote", `"\\"${"[".repeat(5_000)}"`, "fit"],
  ["brackets behind a text that ends in a backslash", `"\\\\"${"[".repeat(5_000)}`, "too-deep"],
  ["brackets behind a quote that is escaped thrice", `"\\\\\\"${"[".repeat(5_000)}"`, "fit"],
  ["a text that never ends", `"${"[".repeat(5_000)}`, "fit"],
  ["nothing", "", "fit"],
];

describe("shapeOf()", () => {
  for (const [name, text, shape] of ROWS) {
    test(name, () => expect(shapeOf(text)).toBe(shape));
  }

  test("takes everything that people write", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => shapeOf(text) === "fit"));
  });
});
