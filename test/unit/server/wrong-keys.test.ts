import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { WrongKeys } from "../../../src/server/wrong-keys.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";

const MINUTE_MS = 60_000;

function open() {
  const clock = createVirtualClock(1_000_000);
  const told: TelemetryEvent[] = [];
  const wrong = new WrongKeys(clock, (event) => told.push(event));
  const admitted = (count: number) => Array.from({ length: count }, () => wrong.admit()).filter((is) => is).length;
  return { clock, told, admitted };
}

describe("WrongKeys", () => {
  test("looks into a burst, and no further", () => {
    const { admitted } = open();
    expect(admitted(10_000)).toBe(LIMITS.wrongKeysBurstMax);
  });

  test("looks into so many more a minute, and never saves up more than a burst", async () => {
    const { clock, admitted } = open();
    admitted(10_000);
    await clock.advance(MINUTE_MS);
    expect(admitted(10_000)).toBe(LIMITS.wrongKeysPerMinute);
    await clock.advance(60 * MINUTE_MS);
    expect(admitted(10_000)).toBe(LIMITS.wrongKeysBurstMax);
  });

  test("tells the owner once a minute, however many come", async () => {
    const { clock, told, admitted } = open();
    admitted(10_000);
    expect(told).toEqual([{ kind: "wrong-keys", count: 1 }]);
    await clock.advance(MINUTE_MS);
    admitted(10_000);
    expect(told.length).toBe(2);
  });

  test("goes on after the clock was set back by years", async () => {
    let nowMs = 1_000_000_000_000;
    const wrong = new WrongKeys({ now: () => nowMs, after: () => () => undefined }, () => undefined);
    for (let count = 0; count < 100; count += 1) wrong.admit();
    nowMs -= 500_000_000_000;
    expect(wrong.admit()).toBe(false);
    nowMs += MINUTE_MS;
    expect(wrong.admit()).toBe(true);
  });
});
