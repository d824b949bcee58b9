/** A store that fails in the middle of a turn: the turn may suffer, nothing else may. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import type { RuntimeStore, SettingsStore } from "../../../src/ports.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { aPool, type TestPool } from "../a-pool.ts";
import { DAY_MS, HOUR_MS } from "../clock-units.ts";

/** The same store, whose named calls fail while `isBroken` says so. */
function failing<Store extends SettingsStore | RuntimeStore>(
  store: Store,
  names: readonly string[],
  isBroken: () => boolean,
): Store {
  const members = Object.entries(store).map(([name, member]: [string, unknown]) => {
    if (typeof member !== "function" || !names.includes(name)) return [name, member];
    return [
      name,
      (...values: unknown[]) => {
        if (isBroken()) throw new StoreError("unreadable", "planned.", "Wait.");
        return Reflect.apply(member, store, values);
      },
    ];
  });
  return Object.fromEntries(members) as Store;
}

async function aBreakingPool(names: readonly string[]): Promise<{ pool: TestPool; state: { isBroken: boolean } }> {
  const state = { isBroken: false };
  const isBroken = () => state.isBroken;
  const pool = await aPool({
    accounts: ["alpha"],
    wrapSettings: (store) => failing(store, names, isBroken),
    wrapRuntime: (store) => failing(store, names, isBroken),
  });
  pool.sim.script.pace({ headDelayMs: 10, eventDelayMs: 10 });
  return { pool, state };
}

async function expectNothingLeft(pool: TestPool): Promise<void> {
  // What turns leave behind is written together, a moment later.
  await pool.clock.advance(LIMITS.gatherWritesMs);
  expect(pool.engine().live.inFlightTotal()).toBe(0);
  expect(pool.sim.concurrency.now).toBe(0);
  expect(pool.clock.pendingTimers()).toBe(0);
}

describe("a store that fails while an answer arrives", () => {
  for (const stream of [true, false]) {
    test(`lets upstream go and is well afterwards, ${stream ? "streaming" : "not streaming"}`, async () => {
      const { pool, state } = await aBreakingPool(["accountState", "mergeWindows", "session", "saveSession"]);
      pool.clock.after(5, () => {
        state.isBroken = true;
      });
      await pool.turn({ body: { stream } });
      await expectNothingLeft(pool);
      state.isBroken = false;
      expect((await pool.turn({ body: { stream } })).status).toBe(200);
    });
  }

  test("does not throw at a client that leaves, and the turn gets its end", async () => {
    const { pool, state } = await aBreakingPool(["accountState", "session", "profiles", "pool"]);
    const asking = pool.ask();
    pool.clock.after(60, () => {
      state.isBroken = true;
      asking.leave();
    });
    const outcome = await pool.clock.runUntil(asking.done);
    expect(outcome.hasLeft).toBe(true);
    await expectNothingLeft(pool);
    expect(pool.events.filter((event) => event.kind === "turn-settled").map((event) => event.turn.end)).toEqual([
      "client-left",
    ]);
  });
});

describe("a clock that is set back", () => {
  test("ends the pauses that it had set: they do not last until it comes there again", async () => {
    let jumpMs = 0;
    const pool = await aPool({
      accounts: ["alpha"],
      wrapClock: (clock) => ({ now: () => clock.now() + jumpMs, after: (delayMs, task) => clock.after(delayMs, task) }),
      simulator: { accessTokenTtlMs: 100 * DAY_MS },
    });
    pool.chatgpt("alpha").script.fail("usage-limit");
    expect((await pool.turn()).status).toBe(429);
    jumpMs = -40 * DAY_MS;
    await pool.clock.advance(6 * HOUR_MS);
    expect((await pool.turn()).status).toBe(200);
  });
});
