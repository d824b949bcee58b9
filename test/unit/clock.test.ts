/** Timers that share one: each goes off in its time, whoever left before it, and none that was stopped. */
import { describe, expect, test } from "bun:test";
import { openServingClock, SYSTEM_CLOCK, shareTimers } from "../../src/clock.ts";
import { createVirtualClock } from "../../src/simulator/clock.ts";

function open() {
  const below = createVirtualClock(0);
  const clock = shareTimers(below, below.now);
  const done: string[] = [];
  const note = (what: string) => () => void done.push(`${what} at ${below.now()}`);
  return { below, clock, done, note };
}

describe("shareTimers()", () => {
  test("timers go off in their time, those of one time in the order in which they were set", async () => {
    const { below, clock, done, note } = open();
    clock.after(40, note("late"));
    clock.after(10, note("one"));
    await below.advance(5);
    clock.after(10, note("two"));
    clock.after(0, note("at once"));
    await below.advance(100);
    expect(done).toEqual(["at once at 5", "one at 10", "two at 15", "late at 40"]);
  });

  test("one that was stopped does not go off, wherever it stood, and may be stopped again", async () => {
    const { below, clock, done, note } = open();
    const stops = ["0", "1", "2", "3", "4", "5"].map((name) => clock.after(10, note(name)));
    for (const index of [0, 3, 5, 3]) stops[index]?.();
    await below.advance(100);
    expect(done).toEqual(["1 at 10", "2 at 10", "4 at 10"]);
    stops[1]?.();
    expect(below.pendingTimers()).toBe(0);
  });

  test("all that wait equally long are one timer below, which outlasts none of them", async () => {
    const { below, clock, note } = open();
    const stops = Array.from({ length: 1_000 }, () => clock.after(10, note("never")));
    expect(below.pendingTimers()).toBe(1);
    for (const stop of stops) stop();
    await below.advance(10);
    expect(below.pendingTimers()).toBe(0);
  });

  test("one may stop another of its time, and set others", async () => {
    const { below, clock, done, note } = open();
    clock.after(10, () => {
      stop();
      clock.after(10, note("behind"));
    });
    const stop = clock.after(10, note("stopped"));
    await below.advance(100);
    expect(done).toEqual(["behind at 20"]);
  });

  test("one that sets itself again without end lets others go off", async () => {
    const { below, clock, done, note } = open();
    let rounds = 0;
    const again = () => {
      rounds += 1;
      if (rounds < 1_000) clock.after(0, again);
    };
    again();
    clock.after(5, note("other"));
    await below.advance(5);
    expect(done).toEqual(["other at 5"]);
    expect(rounds).toBeLessThan(1_000);
  });

  test("one that throws keeps none behind it from its time", async () => {
    const looks: (() => void)[] = [];
    const after = (_delayMs: number, look: () => void) => {
      looks.push(look);
      return () => undefined;
    };
    let nowMs = 0;
    const clock = shareTimers({ now: () => 0, after }, () => nowMs);
    const done: string[] = [];
    clock.after(10, () => {
      throw new Error("a bug");
    });
    clock.after(10, () => done.push("went on"));
    nowMs = 10;
    expect(() => looks.shift()?.()).toThrow("a bug");
    looks.shift()?.();
    expect(done).toEqual(["went on"]);
  });

  test("whoever could still stop its own holds none of those that came after it", () => {
    const { clock } = open();
    const first = clock.after(10, () => undefined);
    const held = [first];
    const seen: WeakRef<() => void>[] = [];
    for (let count = 0; count < 1_000; count += 1) {
      const task = () => void count;
      seen.push(new WeakRef(task));
      clock.after(10, task)();
    }
    first();
    Bun.gc(true);
    expect(held.length).toBe(1);
    expect(seen.filter((task) => task.deref() !== undefined).length).toBeLessThan(100);
  });
});

describe.each([
  ["SYSTEM_CLOCK", SYSTEM_CLOCK],
  ["openServingClock()", openServingClock()],
])("%s", (_name, clock) => {
  test("tells the time of day, and takes times that no timer of the runtime's takes", () => {
    const beforeMs = Date.now();
    expect(clock.now()).toBeGreaterThanOrEqual(beforeMs);
    for (const ms of [-1, 2 ** 40, Number.POSITIVE_INFINITY]) clock.after(ms, () => undefined)();
  });

  test("sets timers that go off", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    clock.after(1, () => resolve("gone off"));
    // A timer of its own keeps the process alive, as its timers do not.
    const keeping = setInterval(() => undefined, 1_000);
    expect(await promise).toBe("gone off");
    clearInterval(keeping);
  });
});
