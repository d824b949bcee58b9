/** What nobody waits for: later, in order, and none for the others' bugs. */
import { describe, expect, test } from "bun:test";
import { openAfterwards } from "../../../src/app/afterwards.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";

function open() {
  const [done, events]: [string[], TelemetryEvent[]] = [[], []];
  const afterwards = openAfterwards((event) => events.push(event));
  return { afterwards, done, events, note: (what: string) => () => done.push(what) };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("openAfterwards()", () => {
  test("runs nothing at once, and everything in order in the next turn of the loop", async () => {
    const { afterwards, done, note } = open();
    for (const what of ["one", "two", "three"]) afterwards.run(note(what));
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(["one", "two", "three"]);
  });

  test("a task that throws keeps no other from running, and is said as a bug", async () => {
    const { afterwards, done, events, note } = open();
    afterwards.run(note("one"));
    afterwards.run(() => {
      throw new Error("a bug");
    });
    afterwards.run(note("two"));
    await nextTurn();
    expect(done).toEqual(["one", "two"]);
    expect(events).toMatchObject([{ kind: "internal-error", id: "afterwards" }]);
  });

  test("finishes at once what waits, with what that asks for, and does none of it twice", async () => {
    const { afterwards, done, note } = open();
    afterwards.run(() => {
      note("one")();
      afterwards.run(note("two"));
    });
    afterwards.finish();
    expect(done).toEqual(["one", "two"]);
    await nextTurn();
    expect(done).toEqual(["one", "two"]);
  });
});
