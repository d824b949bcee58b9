import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { checkPoolKey, createBase62, createPoolKey, hashPoolKey } from "../../../src/operations/pool-key.ts";

const zeros = (count: number) => new Uint8Array(count);

describe("a pool key", () => {
  test("has the documented form", () => {
    expect(createPoolKey(randomBytes)).toMatch(/^cux_pool_[0-9A-Za-z]{38}$/);
  });

  test("is the same for the same random bytes, checksum included, for ever", () => {
    expect(createPoolKey(zeros)).toBe("cux_pool_000000000000000000000000000000003tZIVg");
  });

  test("draws every digit alike often", () => {
    const counts = new Map<string, number>();
    for (const digit of createBase62(62_000, randomBytes)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 1,000 expected; eight standard deviations either way.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(256);
  });

  test("never uses a byte that would favour some digits", () => {
    const bytes = [250, 255, 248, 1, 2, 3];
    expect(createBase62(3, () => Uint8Array.from(bytes))).toBe("123");
  });

  test("is told apart from every other with one character changed", () => {
    const key = createPoolKey(randomBytes);
    for (let index = 9; index < key.length; index++) {
      const other = key[index] === "x" ? "y" : "x";
      expect(checkPoolKey(key.slice(0, index) + other + key.slice(index + 1))).toBe("bad-checksum");
    }
  });

  test("is told apart when two neighbours are swapped", () => {
    const key = createPoolKey(randomBytes);
    for (let index = 9; index < key.length - 1; index++) {
      const swapped = key.slice(0, index) + key.charAt(index + 1) + key.charAt(index) + key.slice(index + 2);
      expect(checkPoolKey(swapped)).toBe(swapped === key ? "ok" : "bad-checksum");
    }
  });

  const malformed = [
    ["nothing", ""],
    ["another product's key", "sk-proj-0000000000000000000000000000000012345678"],
    ["one digit too few", createPoolKey(zeros).slice(0, -1)],
    ["one digit too many", `${createPoolKey(zeros)}0`],
    ["a line break behind it", `${createPoolKey(zeros)}\n`],
    ["another prefix", createPoolKey(zeros).replace("cux_pool_", "CUX_POOL_")],
    ["a digit of another alphabet", createPoolKey(zeros).replace(/.$/, "-")],
  ] as const;
  for (const [name, text] of malformed) {
    test(`is malformed: ${name}`, () => {
      expect(checkPoolKey(text)).toBe("malformed");
    });
  }

  test("is ok whenever it was made here, and any text is judged without failing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 200 }), (bytes) => {
        // Enough fair bytes in any such array is not given, so that they are repeated shifted.
        let shift = 0;
        const draw = (count: number) => bytes.slice(0, count).map((byte) => byte + shift++);
        return checkPoolKey(createPoolKey(draw)) === "ok";
      }),
      { numRuns: 200 },
    );
    fc.assert(fc.property(fc.string(), (text) => checkPoolKey(text) !== "ok"));
  });

  test("is kept as SHA-256 in hexadecimal digits", () => {
    expect(hashPoolKey("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
