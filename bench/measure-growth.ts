/**
 * What does a turn cost when there is much of everything? Pools that know little and pools that know much, asked in turn in
 * one run; and the choice among all profiles by itself.
 */
import { compare, type Figure, median } from "../src/bench/figures.ts";
import type { Size } from "../src/bench/fill-home.ts";
import { bodyOf } from "../src/bench/load.ts";
import { timeInTurn } from "../src/bench/measure.ts";
import { SMALL, type Target, type World } from "../src/bench/world.ts";
import type { Clock, RuntimeStore, SettingsStore } from "../src/ports.ts";
import { LiveState } from "../src/router/live-state.ts";

export interface GrowthPlan {
  readonly rounds: number;
  readonly sizes: readonly { readonly name: string; readonly size: Size }[];
  readonly inputBytes: readonly number[];
}

export const GROWTH: GrowthPlan = {
  rounds: 100,
  sizes: [
    { name: "2 profiles and 10 sessions", size: SMALL },
    { name: "10,000 sessions", size: { ...SMALL, sessions: 10_000 } },
    { name: "200 profiles", size: { ...SMALL, profiles: 200 } },
    { name: "a month of turns", size: { ...SMALL, turns: 200_000 } },
    { name: "all of it", size: { profiles: 200, sessions: 10_000, turns: 200_000 } },
  ],
  inputBytes: [1_000, 100_000, 1_000_000],
};

const WARM_TURNS = 20;

async function timeTurns(targets: readonly Target[], rounds: number, body: string): Promise<Map<Target, number>> {
  await timeInTurn(targets, body, WARM_TURNS);
  const times = await timeInTurn(targets, body, rounds);
  return new Map([...times].map(([target, values]) => [target, median(values)]));
}

/** Time to first output as what the pool knows grows; all of them have just been started. */
export async function measureGrowth(world: World, plan: GrowthPlan): Promise<Figure[]> {
  await world.say({ events: 10, charactersPerEvent: 20, eventDelayMs: 0 });
  const grown: Target[] = [];
  for (const { name, size } of plan.sizes) grown.push(await world.startPool(name, size));
  const body = bodyOf({ inputBytes: 2_000, session: "bench-growth", stream: true });
  const times = await timeTurns(grown, plan.rounds, body);
  return [...times].map(([target, firstMs]) => ({
    what: `to first output, a pool with ${target.name}`,
    unit: "ms",
    values: { codexuse: firstMs },
    against: null,
  }));
}

/** The same as what a client sends grows. */
export async function measureInput(world: World, plan: GrowthPlan): Promise<Figure[]> {
  await world.say({ events: 10, charactersPerEvent: 20, eventDelayMs: 0 });
  const figures: Figure[] = [];
  for (const inputBytes of plan.inputBytes) {
    const body = bodyOf({ inputBytes, session: "bench-input", stream: true });
    const times = await timeTurns([world.bare, world.pool], Math.ceil(plan.rounds / 2), body);
    const [bare, pool] = [times.get(world.bare) ?? 0, times.get(world.pool) ?? 0];
    figures.push({
      what: `to first output, ${(inputBytes / 1_000).toLocaleString("en")} kB of input`,
      unit: "ms",
      values: { [world.bare.name]: bare, [world.pool.name]: pool },
      against: compare("difference", [pool - bare], null, "ms"),
    });
  }
  return figures;
}

export interface Stores {
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly clock: Clock;
}

const WARM_CHOICES = 2_000;
const CHOICES = 2_000;

/** One choice among all profiles, booking included, in this process: the store is as a serving runtime has it. */
export function measureChoice(what: string, stores: Stores): Figure {
  const live = new LiveState({ ...stores, emit: () => undefined, offeredModels: () => null });
  const kinds = ["chatgpt", "api-key"] as const;
  const needs = {
    upstreamModel: "gpt-5.5",
    isListed: true,
    kinds,
    boundProfileId: null,
    ownerProfileId: null,
    tried: new Set<string>(),
  };
  const times: number[] = [];
  for (let turn = 0; turn < WARM_CHOICES + CHOICES; turn += 1) {
    const startedAt = performance.now();
    const choice = live.choose(needs, Math.random);
    const release = choice.kind === "chosen" ? live.beginAttempt(choice.candidate.accountKey) : null;
    if (turn >= WARM_CHOICES) times.push((performance.now() - startedAt) * 1_000);
    release?.();
  }
  return { what, unit: "µs", values: { codexuse: median(times) }, against: null };
}
