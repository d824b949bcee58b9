import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSealer } from "../../../src/store/seal.ts";
import { StoreError } from "../../../src/store/store-error.ts";

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);

describe("createSealer()", () => {
  test("opens what it sealed, for every text and context", () => {
    const sealer = createSealer(KEY);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (text, context) => {
        expect(sealer.open(sealer.seal(text, context), context)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test("never gives the same bytes twice", () => {
    const sealer = createSealer(KEY);
    const sealed = new Set(Array.from({ length: 50 }, () => Buffer.from(sealer.seal("text", "a")).toString("hex")));
    expect(sealed.size).toBe(50);
  });

  test("holds neither the text nor the context", () => {
    const sealed = Buffer.from(createSealer(KEY).seal("canary-text", "canary-context")).toString("latin1");
    expect(sealed).not.toContain("canary");
  });

  test("does not open bytes that were moved to another context", () => {
    const sealer = createSealer(KEY);
    expect(kindOf(() => sealer.open(sealer.seal("text", "profile-1"), "profile-2"))).toBe("corrupt");
  });

  test("tells another key from changed bytes", () => {
    const sealed = createSealer(KEY).seal("text", "a");
    expect(kindOf(() => createSealer(OTHER_KEY).open(sealed, "a"))).toBe("wrong-key");
  });

  test("notices a change of any byte, and a cut at any place", () => {
    const sealer = createSealer(KEY);
    const sealed = sealer.seal("a secret", "a");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(["corrupt", "wrong-key"]).toContain(kindOf(() => sealer.open(changed, "a")));
      expect(["corrupt", "wrong-key"]).toContain(kindOf(() => sealer.open(sealed.subarray(0, index), "a")));
    }
  });

  test("keeps a copy of the key", () => {
    const key = Uint8Array.from(KEY);
    const sealer = createSealer(key);
    key.fill(0);
    expect(createSealer(KEY).open(sealer.seal("text", "a"), "a")).toBe("text");
  });

  test("refuses a key of another length", () => {
    expect(kindOf(() => createSealer(new Uint8Array(16)))).toBe("bad-key");
  });
});

function kindOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof StoreError) return error.kind;
    throw error;
  }
  return "fine";
}
