/** A chunk says what its bytes say, whichever way it is looked at. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Chunk } from "../../../src/protocol/chunk.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("Chunk", () => {
  test("has a character for each byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(new Chunk(bytes).latin).toHaveLength(bytes.length);
      }),
    );
  });

  test("says of any part what a decoder says of it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), fc.nat(64), (bytes, one, other) => {
        const [start, end] = [Math.min(one, other, bytes.length), Math.min(Math.max(one, other), bytes.length)];
        expect(new Chunk(bytes).textOf(start, end)).toBe(new TextDecoder().decode(bytes.subarray(start, end)));
      }),
    );
  });

  const ROWS: readonly (readonly [string, Uint8Array, boolean])[] = [
    ["nothing", new Uint8Array(), true],
    ["what is one byte a character", bytesOf("data: 1\n\n"), true],
    ["what is more than that anywhere", bytesOf("data: é\n\n"), false],
    ["a byte that begins no character", new Uint8Array([0x61, 0x80]), false],
    ["what is large: a part of it would keep all of it", bytesOf("a".repeat(8_193)), false],
  ];
  for (const [what, bytes, isPlain] of ROWS) {
    test(`${what} is ${isPlain ? "plain" : "not plain"}`, () => expect(new Chunk(bytes).isPlain).toBe(isPlain));
  }
});
