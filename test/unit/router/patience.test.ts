import { describe, expect, test } from "bun:test";
import { Patience } from "../../../src/router/patience.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

const ALLOWED_MS = 100;

function openWaiting() {
  const clock = createVirtualClock(1_000_000);
  const lateAtMs: number[] = [];
  const patience = new Patience(clock, ALLOWED_MS, () => lateAtMs.push(clock.now() - 1_000_000));
  return { clock, patience, lateAtMs };
}

describe("Patience", () => {
  test("says nothing of what comes in time, piece by piece, however long all of them take", async () => {
    const { clock, patience, lateAtMs } = openWaiting();
    for (let piece = 0; piece < 4; piece += 1) {
      patience.begin();
      await clock.advance(ALLOWED_MS - 1);
      patience.end();
    }
    expect(lateAtMs).toEqual([]);
  });

  test("is over on time, also when the timer was set for an earlier piece", async () => {
    const { clock, patience, lateAtMs } = openWaiting();
    patience.begin();
    patience.end();
    await clock.advance(ALLOWED_MS - 10);
    patience.begin();
    await clock.advance(ALLOWED_MS);
    expect(lateAtMs).toEqual([2 * ALLOWED_MS - 10]);
  });

  test("is over again each time as much time has gone by", async () => {
    const { clock, patience, lateAtMs } = openWaiting();
    patience.begin();
    await clock.advance(3 * ALLOWED_MS);
    expect(lateAtMs).toEqual([100, 200, 300]);
  });

  test("counts only the time that somebody waits", async () => {
    const { clock, patience, lateAtMs } = openWaiting();
    patience.begin();
    patience.end();
    await clock.advance(10 * ALLOWED_MS);
    patience.begin();
    await clock.advance(ALLOWED_MS - 1);
    expect(lateAtMs).toEqual([]);
  });

  test("holds no timer once it is closed", async () => {
    const { clock, patience, lateAtMs } = openWaiting();
    patience.begin();
    patience.close();
    expect(clock.pendingTimers()).toBe(0);
    await clock.advance(10 * ALLOWED_MS);
    expect(lateAtMs).toEqual([]);
  });
});
