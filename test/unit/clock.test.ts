/** Rows of timers: each goes off in its time, whoever left before it, and none that was stopped. */
import { describe, expect, test } from "bun:test";
import { openRowClock, SYSTEM_CLOCK } from "../../src/clock.ts";

/** Long enough for all that is awaited here, and no longer. */
const LAST_MS = 60;

function until(after: (ms: number, task: () => void) => void, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  after(ms, resolve);
  return promise;
}

/** Keeps the process alive while timers that do not are waited for. */
async function awake<Value>(work: Promise<Value>): Promise<Value> {
  const keeping = setInterval(() => undefined, 1_000);
  try {
    return await work;
  } finally {
    clearInterval(keeping);
  }
}

describe.each([
  ["SYSTEM_CLOCK", () => SYSTEM_CLOCK],
  ["openRowClock()", openRowClock],
])("%s", (_name, open) => {
  test("timers go off by their time, those of one time in the order in which they were set", async () => {
    const clock = open();
    const done: string[] = [];
    clock.after(40, () => done.push("late"));
    clock.after(10, () => done.push("early"));
    clock.after(10, () => done.push("early, too"));
    clock.after(0, () => done.push("at once"));
    await awake(until(clock.after, LAST_MS));
    expect(done).toEqual(["at once", "early", "early, too", "late"]);
  });

  test("one that was stopped does not go off, wherever in the row it stood, and may be stopped again", async () => {
    const clock = open();
    const done: number[] = [];
    const stops = Array.from({ length: 6 }, (_, index) => clock.after(10, () => done.push(index)));
    for (const index of [0, 3, 5, 3]) stops[index]?.();
    await awake(until(clock.after, LAST_MS));
    expect(done).toEqual([1, 2, 4]);
    stops[1]?.();
    await awake(until(clock.after, 10));
    expect(done).toEqual([1, 2, 4]);
  });

  test("one may stop another of its time, and set one that waits as long as any", async () => {
    const clock = open();
    const done: string[] = [];
    const setAtMs = performance.now();
    const { promise: again, resolve } = Promise.withResolvers<number>();
    clock.after(10, () => {
      stop();
      clock.after(10, () => resolve(performance.now()));
    });
    const stop = clock.after(10, () => done.push("stopped"));
    expect((await awake(again)) - setAtMs).toBeGreaterThanOrEqual(19);
    expect(done).toEqual([]);
  });

  test("tells the time of day, and takes times that no timer of the runtime's takes", () => {
    const clock = open();
    const beforeMs = Date.now();
    expect(clock.now()).toBeGreaterThanOrEqual(beforeMs);
    for (const ms of [-1, 2 ** 40, Number.POSITIVE_INFINITY]) clock.after(ms, () => undefined)();
  });
});

describe("openRowClock()", () => {
  test("a task that throws keeps none behind it from its time", async () => {
    const script = `
      const { openRowClock } = await import(${JSON.stringify(new URL("../../src/clock.ts", import.meta.url).href)});
      const clock = openRowClock();
      process.on("uncaughtException", () => undefined);
      clock.after(10, () => { throw new Error("a bug"); });
      clock.after(10, () => { console.log("went on"); process.exit(0); });
      setTimeout(() => process.exit(1), 10_000);`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "ignore" });
    expect([await new Response(child.stdout).text(), await child.exited]).toEqual(["went on\n", 0]);
  });
});
