/** Which known words somebody meant. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { nearWords } from "../../../src/models/near-words.ts";

const KNOWN = ["work", "home", "gpt-6-sol", "gpt-6-luna"];

describe("nearWords()", () => {
  const ROWS: readonly (readonly [string, readonly string[]])[] = [
    ["work", ["work"]],
    ["WORK", ["work"]],
    ["wrok", ["work"]],
    ["worl", ["work"]],
    ["wo", []],
    ["gpt-6-slo", ["gpt-6-sol"]],
    ["gpt-6", []],
    ["", []],
  ];
  for (const [word, near] of ROWS) {
    test(`"${word}": ${near.join(", ") || "none"}`, () => expect(nearWords(word, KNOWN, 3)).toEqual([...near]));
  }

  test("forgives one slip in any word of three letters or more, and puts the word itself first", () => {
    const word = fc.stringMatching(/^[a-z]{3,20}$/);
    fc.assert(
      fc.property(word, fc.nat(19), fc.constantFrom("", "x"), (text, at, put) => {
        const place = at % text.length;
        const slip = text.slice(0, place) + put + text.slice(place + 1);
        if (slip.length >= 3) expect(nearWords(slip, [text], 1)).toEqual([text]);
        expect(nearWords(text, [slip, text], 2)[0]).toBe(slip === text ? slip : text);
      }),
    );
  });
});
