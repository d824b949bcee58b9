/** What nobody waits for: later, in order, and none for the others' bugs. */
import { describe, expect, test } from "bun:test";
import { openAfterwards } from "../../../src/app/afterwards.ts";
import { LIMITS } from "../../../src/limits.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";

function open() {
  const clock = createVirtualClock(0);
  const [done, events]: [string[], TelemetryEvent[]] = [[], []];
  const afterwards = openAfterwards(clock, (event) => events.push(event));
  const wait = () => clock.advance(LIMITS.afterwardsMs);
  return { clock, wait, afterwards, done, events, note: (what: string) => () => done.push(what) };
}

describe("openAfterwards()", () => {
  test("runs nothing at once, and everything in order a moment later", async () => {
    const { clock, afterwards, done, note } = open();
    for (const what of ["one", "two", "three"]) afterwards.run(note(what));
    await clock.advance(LIMITS.afterwardsMs - 1);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(done).toEqual(["one", "two", "three"]);
  });

  test("a task that throws keeps no other from running, and is said as a bug", async () => {
    const { wait, afterwards, done, events, note } = open();
    afterwards.run(note("one"));
    afterwards.run(() => {
      throw new Error("a bug");
    });
    afterwards.run(note("two"));
    await wait();
    expect(done).toEqual(["one", "two"]);
    expect(events).toMatchObject([{ kind: "internal-error", id: "afterwards" }]);
  });

  test("what is urgent runs with the next turn of the loop, after all that came before it", async () => {
    const { clock, wait, afterwards, done, note } = open();
    afterwards.run(note("one"));
    afterwards.run(note("two"), true);
    afterwards.run(note("three"));
    expect(done).toEqual([]);
    await clock.settle();
    expect(done).toEqual(["one", "two", "three"]);
    await wait();
    expect(done).toEqual(["one", "two", "three"]);
  });

  test("finishes at once what waits, with what that asks for, and does none of it twice", async () => {
    const { wait, afterwards, done, note } = open();
    afterwards.run(() => {
      note("one")();
      afterwards.run(note("two"));
    });
    afterwards.finish();
    expect(done).toEqual(["one", "two"]);
    await wait();
    expect(done).toEqual(["one", "two"]);
  });
});
