import { describe, expect, test } from "bun:test";
import { Patience } from "../../../src/router/patience.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

const ALLOWED_MS = 100;

function openWaiting() {
  const clock = createVirtualClock(1_000_000);
  return { clock, patience: new Patience(clock, ALLOWED_MS) };
}

describe("Patience", () => {
  test("gives what comes in time, piece by piece, however long all of them take", async () => {
    const { clock, patience } = openWaiting();
    for (const piece of [1, 2, 3, 4]) {
      const { promise, resolve } = Promise.withResolvers<number>();
      const waited = patience.wait(promise);
      await clock.advance(ALLOWED_MS - 1);
      resolve(piece);
      expect(await waited).toBe(piece);
    }
  });

  test("gives up on time, also when the timer was set for an earlier piece", async () => {
    const { clock, patience } = openWaiting();
    await patience.wait(Promise.resolve(1));
    await clock.advance(ALLOWED_MS - 10);
    const startedAtMs = clock.now();
    const late = await clock.runUntil(patience.wait(new Promise<number>(() => undefined)));
    expect([late, clock.now() - startedAtMs]).toEqual(["late", ALLOWED_MS]);
  });

  test("counts only the time that somebody waits", async () => {
    const { clock, patience } = openWaiting();
    await patience.wait(Promise.resolve(1));
    await clock.advance(10 * ALLOWED_MS);
    expect(await patience.wait(Promise.resolve(2))).toBe(2);
  });

  test("passes a failure on, and drops what comes too late", async () => {
    const { clock, patience } = openWaiting();
    expect(patience.wait(Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    const { promise, resolve } = Promise.withResolvers<number>();
    const late = await clock.runUntil(patience.wait(promise));
    resolve(1);
    expect(late).toBe("late");
    expect(await patience.wait(promise)).toBe(1);
  });
});
