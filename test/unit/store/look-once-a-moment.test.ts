import { describe, expect, test } from "bun:test";
import { lookOnceAMoment } from "../../../src/store/look-once-a-moment.ts";

describe("lookOnceAMoment()", () => {
  test("looks once in each millisecond, and again when it is told to", () => {
    let [looks, nowMs] = [0, 1_000];
    const looking = lookOnceAMoment(
      () => nowMs,
      () => {
        looks += 1;
      },
    );
    const seen: number[] = [];
    // The last one is of a clock that was set back.
    for (const atMs of [1_000, 1_001, 500]) {
      nowMs = atMs;
      looking.look();
      looking.look();
      seen.push(looks);
    }
    looking.lookAgain();
    looking.look();
    expect([...seen, looks]).toEqual([1, 2, 3, 4]);
  });

  test("a look that fails, however long that takes, does so once: whoever asks next goes by what is known", () => {
    let [looks, nowMs, isHeld] = [0, 1_000, true];
    const looking = lookOnceAMoment(
      () => nowMs,
      () => {
        looks += 1;
        if (!isHeld) return;
        nowMs += 50;
        throw new Error("held");
      },
    );
    expect(looking.look).toThrow("held");
    expect(looking.look).not.toThrow();
    nowMs += 1;
    isHeld = false;
    looking.look();
    expect(looks).toBe(2);
  });
});
