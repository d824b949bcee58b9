import { describe, expect, test } from "bun:test";
import { lookOnceATurn } from "../../../src/store/look-once-a-turn.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("lookOnceATurn()", () => {
  test("looks once in each turn of the loop, and again when it is told to", async () => {
    let looks = 0;
    const looking = lookOnceATurn(() => {
      looks += 1;
    });
    const seen: number[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      looking.look();
      looking.look();
      seen.push(looks);
      await nextTurn();
    }
    looking.look();
    looking.lookAgain();
    looking.look();
    expect([...seen, looks]).toEqual([1, 2, 4]);
  });

  test("a look that fails does so once in a turn: whoever asks next goes by what is known", async () => {
    let isHeld = true;
    let looks = 0;
    const looking = lookOnceATurn(() => {
      looks += 1;
      if (isHeld) throw new Error("held");
    });
    expect(looking.look).toThrow("held");
    expect(looking.look).not.toThrow();
    await nextTurn();
    isHeld = false;
    looking.look();
    expect(looks).toBe(2);
  });
});
