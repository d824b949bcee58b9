import { describe, expect, test } from "bun:test";
import { within } from "../../../src/server/within.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

const TIME_MS = 100;

/** What is waited for comes to its end after `endsMs`. */
async function waitFor(endsMs: number, outcome: "resolves" | "rejects") {
  const clock = createVirtualClock(0);
  const waited = Promise.withResolvers<string>();
  const end = () => (outcome === "resolves" ? waited.resolve("value") : waited.reject(new Error("broken")));
  clock.after(endsMs, end);
  const told = within(waited.promise, TIME_MS, clock, () => "late").catch((error: Error) => error.message);
  await clock.advance(endsMs);
  await clock.advance(TIME_MS);
  return { told: await told, timers: clock.pendingTimers() };
}

describe("within()", () => {
  test.each([
    ["resolves in time", 99, "resolves", "value"],
    ["rejects in time", 99, "rejects", "broken"],
    ["resolves late", 101, "resolves", "late"],
    ["rejects late", 101, "rejects", "late"],
  ] as const)("what %s", async (_, endsMs, outcome, wanted) => {
    expect(await waitFor(endsMs, outcome)).toEqual({ told: wanted, timers: 0 });
  });

  test("lets go of its timer as soon as what it waits for has ended", async () => {
    for (const outcome of ["resolves", "rejects"] as const) {
      const clock = createVirtualClock(0);
      const waited = outcome === "resolves" ? Promise.resolve("value") : Promise.reject(new Error("broken"));
      await within(waited, TIME_MS, clock, () => "late").catch(() => undefined);
      expect(clock.pendingTimers()).toBe(0);
    }
  });
});
