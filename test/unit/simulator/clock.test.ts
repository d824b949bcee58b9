import { describe, expect, test } from "bun:test";
import { createVirtualClock, waitFor } from "../../../src/simulator/clock.ts";
import { connectionFault } from "../../../src/simulator/fault.ts";
import { createSeededRng, drawInteger } from "../../../src/simulator/rng.ts";
import { createSimulator } from "../../../src/simulator/simulator.ts";
import { aTurn, aWorld, START_MS } from "./ask.ts";

const DAY_MS = 86_400_000;

describe("createVirtualClock()", () => {
  test("fires timers by due time, then by their making, and stands at each one's instant", async () => {
    const clock = createVirtualClock(1000);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`late ${clock.now()}`));
    clock.after(10, () => fired.push(`first ${clock.now()}`));
    clock.after(10, () => fired.push(`second ${clock.now()}`));
    await clock.advance(15);
    expect(fired).toEqual(["first 1010", "second 1010"]);
    expect(clock.now()).toBe(1015);
    await clock.advance(100);
    expect(fired).toEqual(["first 1010", "second 1010", "late 1020"]);
  });

  test("does not fire a cancelled timer, also one cancelled by an earlier timer", async () => {
    const clock = createVirtualClock(0);
    const fired: string[] = [];
    const cancel = clock.after(10, () => fired.push("cancelled"));
    clock.after(5, cancel);
    await clock.advance(50);
    expect(fired).toEqual([]);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("fires timers that timers set, within one advance", async () => {
    const clock = createVirtualClock(0);
    const instants: number[] = [];
    const again = (): void => {
      instants.push(clock.now());
      if (instants.length < 5) clock.after(7, again);
    };
    clock.after(7, again);
    await clock.advance(1000);
    expect(instants).toEqual([7, 14, 21, 28, 35]);
  });

  test("runs until some work settles, and says so when it never will", async () => {
    const clock = createVirtualClock(0);
    const slow = async (): Promise<string> => {
      await waitFor(clock, 3 * DAY_MS);
      await waitFor(clock, 4 * DAY_MS);
      return "a week later";
    };
    expect(await clock.runUntil(slow(), 8 * DAY_MS)).toBe("a week later");
    expect(clock.now()).toBe(7 * DAY_MS);
    const never = new Promise<never>(() => undefined);
    await expect(clock.runUntil(never)).rejects.toThrow("no timer is left");
  });

  test("moves a paced stream event by event", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.script.pace({ eventDelayMs: 1000 });
    const reading = sim.handle(aTurn(anna, login)).then((answer) => answer.text());
    await clock.runUntil(reading);
    const events = (await reading).split("\n\n").length - 1;
    expect(clock.now()).toBe(START_MS + events * 1000);
  });

  test("gives the same trace for the same seed, over weeks, and another for another", async () => {
    const first = await runWeeks(7);
    expect(await runWeeks(7)).toEqual(first);
    expect(await runWeeks(8)).not.toEqual(first);
  });
});

/** A few weeks of turns, faults and pauses drawn from a seed; the trace of all that the simulator saw. */
async function runWeeks(seed: number): Promise<string[]> {
  const rng = createSeededRng(seed);
  const clock = createVirtualClock(START_MS);
  const sim = createSimulator({ clock, rng, accessTokenTtlMs: 60 * DAY_MS });
  const anna = sim.addChatgptAccount({ name: "anna", percentPerTurn: 20 });
  const login = anna.login();
  anna.script.pace({ eventDelayMs: 500, splitBytesMax: 100 });
  const turns = Array.from({ length: 40 }, async () => {
    await waitFor(clock, drawInteger(rng, 21 * DAY_MS));
    if (rng() < 0.3) anna.script.fail(connectionFault("reset-mid-stream", { afterEvent: drawInteger(rng, 6) }));
    const answer = await sim.handle(aTurn(anna, login));
    return answer.text().then(
      (written) => String(written.length),
      (error: unknown) => String(error),
    );
  });
  const outcomes = await clock.runUntil(Promise.all(turns), 30 * DAY_MS);
  return [
    ...outcomes,
    ...sim.requests.map((record) => `${record.at} ${record.status} ${record.endedAt} ${record.outcome}`),
  ];
}
