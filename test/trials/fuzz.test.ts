/** Would the fuzzer find anything? Readers with a planted mistake, and one without. */
import { describe, expect, test } from "bun:test";
import { type FuzzTarget, fuzz } from "../../trials/fuzz/fuzz.ts";

function target(check: FuzzTarget["check"]): FuzzTarget {
  return { name: "planted", corpus: ["body"], inputs: 500, shortInputs: 500, check };
}

describe("fuzz()", () => {
  test("names the inputs that a reader throws at, the same ones for the same seed", async () => {
    const planted = target((input) => {
      if (input.includes(0xff)) throw new Error("planted");
      return null;
    });
    // The stack behind the first line may be told otherwise the second time.
    const linesOf = async (seed: number) => (await fuzz(planted, seed, 500)).map((breach) => breach.split("\n")[0]);
    const found = await linesOf(7);
    expect(found[0]).toMatch(/^input \d+ of seed 7: threw Error: planted/);
    expect(await linesOf(7)).toEqual(found);
    expect(await linesOf(8)).not.toEqual(found);
  });

  test("names the inputs that are taken wrongly, and nothing else", async () => {
    const isOdd = (input: Uint8Array) => new TextDecoder().decode(input).includes('"__proto__":');
    expect(
      (
        await fuzz(
          target((input) => (isOdd(input) ? "taken wrongly" : null)),
          3,
          500,
        )
      ).length,
    ).toBeGreaterThan(0);
    expect(
      await fuzz(
        target(() => null),
        3,
        500,
      ),
    ).toEqual([]);
  });
});
