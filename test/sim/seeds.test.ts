/**
 * Many small worlds, each from a seed of its own. A world that fails prints its seed, what was breached and the end of its
 * trace; `npm run sim -- --seed=N --trace` plays it again to the letter.
 */
import { describe, expect, test } from "bun:test";
import { drawPlan } from "./draw-plan.ts";
import { SMALL_WORLD, worldOfDays } from "./plan.ts";
import { runWorld, type WorldResult } from "./world.ts";

const GROUPS = 20;
const SEEDS_PER_GROUP = 20;
const TRACE_TAIL = 40;
const TIMEOUT_MS = 120_000;

function tell(result: WorldResult): string {
  const { plan, breaches, trace } = result;
  return [`seed ${plan.seed}`, ...breaches, ...trace.slice(-TRACE_TAIL)].join("\n");
}

for (let group = 0; group < GROUPS; group += 1) {
  const first = group * SEEDS_PER_GROUP + 1;
  const last = first + SEEDS_PER_GROUP - 1;
  test(
    `all invariants hold and nobody is refused while there is room, seeds ${first} to ${last}`,
    async () => {
      const failed: string[] = [];
      for (let seed = first; seed <= last; seed += 1) {
        const result = await runWorld(drawPlan(seed, SMALL_WORLD));
        if (result.breaches.length > 0) failed.push(tell(result));
      }
      expect(failed).toEqual([]);
    },
    TIMEOUT_MS,
  );
}

describe("a seed", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`${seed} gives one trace, however often it is played`, async () => {
      const once = await runWorld(drawPlan(seed, SMALL_WORLD));
      const again = await runWorld(drawPlan(seed, SMALL_WORLD));
      expect(once.trace.length).toBeGreaterThan(1);
      expect(again.trace).toEqual([...once.trace]);
      expect(again.hash).toBe(once.hash);
    });
  }

  test("of another number gives another trace", async () => {
    const one = await runWorld(drawPlan(1, SMALL_WORLD));
    const other = await runWorld(drawPlan(2, SMALL_WORLD));
    expect(other.hash).not.toBe(one.hash);
  });
});

for (const strategy of ["least-used", "round-robin"] as const) {
  test(
    `a day with ${strategy}: windows reset, tokens expire, and all invariants hold`,
    async () => {
      const result = await runWorld(drawPlan(11, worldOfDays(1), strategy));
      expect(result.breaches.length === 0 ? "" : tell(result)).toBe("");
      expect(result.metrics.served).toBeGreaterThan(50);
    },
    TIMEOUT_MS,
  );
}
