/** Many accounts at one token endpoint, under a virtual clock: one at a time, with pauses. */
import { expect, test } from "bun:test";
import { startRefreshWorker } from "../../src/accounts/refresh-worker.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Upstream } from "../../src/ports.ts";
import { type AccountsWorld, anAccountsWorld, aSignal, DAY_MS, HOUR_MS } from "../support/accounts-world.ts";

const ACCOUNTS = 20;
const EXCHANGE_MS = 300;

/** An upstream whose exchanges take their time, so that overlaps would show. */
function slowDown(world: AccountsWorld): { readonly upstream: Upstream; readonly open: { now: number; max: number } } {
  const open = { now: 0, max: 0 };
  const upstream: Upstream = {
    async send(request, signal) {
      if (!request.url.endsWith("/oauth/token")) return world.upstream.send(request, signal);
      open.now += 1;
      open.max = Math.max(open.max, open.now);
      await new Promise<void>((resolve) => world.clock.after(EXCHANGE_MS, resolve));
      open.now -= 1;
      return world.upstream.send(request, signal);
    },
  };
  return { upstream, open };
}

async function anOldImport() {
  const world = anAccountsWorld();
  const ids: string[] = [];
  for (let index = 0; index < ACCOUNTS; index += 1) {
    ids.push((await world.save(world.sim.addChatgptAccount({ name: `account-${index}` }))).id);
  }
  await world.clock.advance(11 * DAY_MS);
  return { ...world, ids, slow: slowDown(world) };
}

type World = Awaited<ReturnType<typeof anOldImport>>;

/** Every account once, never two at a time, and the pause from the end of each to the beginning of the next. */
function expectSpaced({ sim, slow }: World): void {
  const ends = sim.callsTo("refresh").map((call) => call.at);
  expect(ends).toHaveLength(ACCOUNTS);
  expect(slow.open.max).toBe(1);
  for (const [index, endedAt] of ends.entries()) {
    if (index === 0) continue;
    expect(endedAt - EXCHANGE_MS - (ends[index - 1] ?? 0)).toBeGreaterThanOrEqual(LIMITS.refreshSpacingMs);
  }
  expect(sim.violations).toEqual([]);
}

test("20 expired accounts wanted at once are refreshed one by one, spaced and jittered (trap 22)", async () => {
  const chances = [0.1, 0.9, 0.4, 0.7];
  let drawn = 0;
  const rng = (): number => chances[drawn++ % chances.length] ?? 0;
  const world = await anOldImport();
  const { clock, ids, slow, sim } = world;
  const tokens = world.open({ rng, upstream: slow.upstream });
  const leased = await clock.runUntil(Promise.all(ids.map((id) => tokens.lease(id, aSignal()))), HOUR_MS);
  expect(leased.map((lease) => lease.kind)).toEqual(ids.map(() => "leased"));
  expectSpaced(world);
  const gaps = new Set(sim.callsTo("refresh").map((call, index, all) => call.at - (all[index - 1]?.at ?? 0)));
  expect(gaps.size).toBeGreaterThan(3);
});

test("two runtimes and their workers together keep the same spacing (traps 21, 22)", async () => {
  const world = await anOldImport();
  const { clock, settings, ids, slow } = world;
  const sources = [0, 1].map(() => world.open({ upstream: slow.upstream }));
  const workers = sources.map((tokens) => startRefreshWorker({ settings, tokens, clock }));
  const leases = ids.flatMap((id) => sources.map((source) => source.lease(id, aSignal())));
  const leased = await clock.runUntil(Promise.all(leases), HOUR_MS);
  expect(new Set(leased.map((lease) => lease.kind))).toEqual(new Set(["leased"]));
  expectSpaced(world);
  for (const worker of workers) worker.stop();
});
