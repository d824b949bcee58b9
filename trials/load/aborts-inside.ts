/** The same from inside: ten thousand clients of a simulated world leave at any instant, and the engine's own gauges tell. */

import type { Rng } from "../../src/ports.ts";
import { connectionFault } from "../../src/simulator/fault.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import type { Asking, Outcome } from "../../test/sim/ask.ts";
import { viewOf } from "../../test/sim/client-view.ts";
import { openPool, type Pool } from "../../test/sim/pool.ts";
import { Breaches, countText, type Trial, type TrialOptions } from "../trial.ts";

const NAMES = ["alpha", "beta", "gamma"];
const WIDTH = 50;
const HOUR_MS = 3_600_000;

/** Every tenth attempt meets something, so that clients leave in the middle of retries and rollovers too. */
function troubleUpstream(pool: Pool, rng: Rng): void {
  const faults = ["rate-limit", "server-error", "failed-server-error", connectionFault("reset-mid-stream")] as const;
  for (const account of pool.sim.accounts) {
    account.script.clear();
    if (rng() < 0.3) account.script.fail(faults[drawInteger(rng, faults.length)] ?? "server-error");
  }
}

function askOne(pool: Pool, index: number, rng: Rng): Asking {
  const asking = pool.ask({ thread: `t${index % 200}`, body: { stream: rng() < 0.8, store: rng() < 0.2 } });
  if (rng() < 0.95) pool.clock.after(drawInteger(rng, 220), () => asking.leave());
  return asking;
}

function judge(pool: Pool, outcomes: readonly Outcome[], breaches: Breaches): number {
  let left = 0;
  for (const outcome of outcomes) {
    if (outcome.hasLeft) left += 1;
    if (outcome.kind === "crashed") breaches.add(`${outcome.turnId}: the engine threw ${outcome.error}`);
    const view = viewOf(outcome, pool.attemptsOf(outcome.turnId));
    if (view.kind === "wrong") breaches.add(`${outcome.turnId} got ${view.why}`);
  }
  return left;
}

async function run({ short, seed }: TrialOptions) {
  const count = short ? 300 : 10_000;
  const rng = createSeededRng(seed);
  const breaches = new Breaches();
  const settled = new Map<string, number>();
  const pool = openPool({
    simulator: { accessTokenTtlMs: 1_000 * HOUR_MS, requestsMax: 1_000 },
    onEvent: (event) => {
      if (event.kind === "turn-settled") settled.set(event.turn.id, (settled.get(event.turn.id) ?? 0) + 1);
    },
  });
  try {
    for (const name of NAMES) await pool.save(pool.sim.addChatgptAccount({ name, percentPerTurn: 0 }).authJson(), name);
    pool.sim.script.pace({ headDelayMs: 20, eventDelayMs: 10 });
    let left = 0;
    for (let asked = 0; asked < count; asked += WIDTH) {
      troubleUpstream(pool, rng);
      const asking = Array.from({ length: WIDTH }, (_, at) => askOne(pool, asked + at, rng));
      left += judge(pool, await pool.clock.runUntil(Promise.all(asking.map(({ done }) => done)), HOUR_MS), breaches);
      for (const profile of pool.settings.profiles()) pool.settings.clearCooldown(profile.accountKey, "all");
      pool.sim.forget();
    }
    await pool.clock.advance(60_000);
    const held = pool.engine().live.inFlightTotal();
    breaches.expect(held === 0, `${held} slots are still held`);
    breaches.expect(pool.sim.concurrency.now === 0, `upstream still works on ${pool.sim.concurrency.now} turns`);
    const twice = [...settled.values()].filter((times) => times !== 1).length;
    breaches.expect(
      settled.size === count && twice === 0,
      `${settled.size} of ${count} turns were settled, ${twice} not just once`,
    );
    return {
      name: "random aborts, inside",
      tried: `${countText(count)} turns of a simulated world, ${WIDTH} at a time, upstream failing now and then, seed ${seed}`,
      found: `${countText(left)} left early; ${countText(settled.size)} settled once each; slots in use ${held}; timers left ${pool.clock.pendingTimers()}`,
      breaches: breaches.list(),
    };
  } finally {
    pool.close();
  }
}

export const abortsInsideTrial: Trial = { name: "random aborts, inside", run };
