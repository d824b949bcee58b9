/**
 * What does the pool cost? Each measure asks every target in turn within each round, so that a machine that slows down
 * slows all of them, and gives medians over the rounds.
 */
import { type Bound, compare, type Figure, median, percentile, type Unit } from "./figures.ts";
import { bodyOf, openStreams, runMany, runTurn, runWhole } from "./load.ts";
import type { Say } from "./pretend-upstream.ts";
import { SMALL, type Target, type World } from "./world.ts";

export interface Plan {
  readonly rounds: number;
  /** Turns of each target before anything is timed: it is what runs for long that is measured, compiled as it will be. */
  readonly warmUpTurns: number;
  /** Turns of each target in a round whose first output is timed. */
  readonly timedTurns: number;
  /** Turns of each target in a round of throughput. */
  readonly manyTurns: number;
  readonly largeEvents: number;
  readonly openStreams: readonly number[];
}

const SMALL_ANSWER = { events: 10, charactersPerEvent: 20, eventDelayMs: 0 };
const WIDTH = 16;

function targetsOf({ direct, bare, reading, pool, other }: World): Target[] {
  return [direct, bare, reading, pool, ...(other === null ? [] : [other])];
}

type Samples = ReadonlyMap<Target, number[]>;

function emptySamples(targets: readonly Target[]): Map<Target, number[]> {
  return new Map(targets.map((target) => [target, []]));
}

/**
 * Runs `measure` on every target in turn, after one round that does not count. Each round begins with another one, so that
 * none always follows the same, and upstream's quota is full before each: an account that runs low is another measure.
 */
async function interleave(
  world: World,
  rounds: number,
  answer: Say,
  measure: (target: Target) => Promise<number>,
): Promise<Samples> {
  const targets = targetsOf(world);
  const samples = emptySamples(targets);
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % targets.length;
    for (const target of [...targets.slice(first), ...targets.slice(0, first)]) {
      await world.say(answer);
      const value = await measure(target);
      if (round > 0) samples.get(target)?.push(value);
    }
  }
  return samples;
}

/** Ends the names of figures that were taken before an upstream that costs nothing. */
export const AT_NO_COST = ", upstream at no cost";

interface Asked {
  readonly what: string;
  readonly unit: Unit;
  readonly kind: "ratio" | "difference";
  readonly bound: Bound | null;
  readonly share?: number;
}

/** What is wanted is wanted before the simulator. */
function figureOf(world: World, samples: Samples, { what: name, unit, kind, bound, share = 0.5 }: Asked): Figure {
  const isSimulated = world.upstream === "simulator";
  const what = isSimulated ? name : `${name}${AT_NO_COST}`;
  const of = (target: Target) => percentile(samples.get(target) ?? [], share);
  const values = Object.fromEntries([...samples.keys()].map((target) => [target.name, of(target)]));
  const value = kind === "ratio" ? ratioOf(world, samples) : of(world.pool) - of(world.bare);
  return { what, unit, values, against: compare(kind, value, isSimulated ? bound : null, unit) };
}

/** The median of the rounds' own ratios: between two rounds the machine may change its pace. */
function ratioOf({ pool, bare }: World, samples: Samples): number {
  const beside = samples.get(bare) ?? [];
  return median((samples.get(pool) ?? []).map((rate, round) => rate / (beside[round] ?? Number.NaN)));
}

/** Only the pool, and whatever else is measured with it, turns upstream's streams into answers in one piece. */
function hasWholeAnswers(world: World, target: Target): boolean {
  return world.upstream !== "simulator" || ![world.direct, world.bare, world.reading].includes(target);
}

/** One small turn of the target, over and over: as a stream, or in one piece where there are such answers. */
function smallTurnOf(world: World, target: Target, session: string, stream: boolean): () => Promise<unknown> {
  const body = bodyOf({ inputBytes: 2_000, session, stream: stream || !hasWholeAnswers(world, target) });
  return () => (stream ? runTurn(target, body) : runWhole(target, body));
}

/** Half of the turns as streams, half in one piece. */
export async function warmUp(world: World, plan: Plan): Promise<void> {
  for (const target of targetsOf(world)) {
    for (const stream of [true, false]) {
      await world.say(SMALL_ANSWER);
      await runMany(smallTurnOf(world, target, "bench-warm-up", stream), Math.ceil(plan.warmUpTurns / 2), WIDTH);
    }
  }
}

/** One turn of each target at a time, over and over: a hiccup of the machine hits one sample and not one target. */
export async function measureLatency(world: World, plan: Plan): Promise<Figure[]> {
  await world.say(SMALL_ANSWER);
  const body = bodyOf({ inputBytes: 100_000, session: "bench-latency", stream: true });
  const targets = targetsOf(world);
  const [first, whole] = [emptySamples(targets), emptySamples(targets)];
  const warmUp = 20;
  for (let turn = 0; turn < warmUp + plan.rounds * plan.timedTurns; turn += 1) {
    for (const target of targets) {
      const { firstMs, wholeMs } = await runTurn(target, body);
      if (turn < warmUp) continue;
      first.get(target)?.push(firstMs);
      whole.get(target)?.push(wholeMs);
    }
  }
  const what = "to first output, 100 kB of input";
  const usual = { unit: "ms", kind: "difference" } as const;
  return [
    figureOf(world, first, { ...usual, what: `${what}, p50`, bound: { atMost: 0.5 } }),
    figureOf(world, first, { ...usual, what: `${what}, p99`, bound: { atMost: 2 }, share: 0.99 }),
    figureOf(world, whole, { ...usual, what: "whole turn, the same, p50", bound: null }),
  ];
}

/** Turns a second and CPU a turn, of streams or of answers in one piece. */
export async function measureTurns(world: World, plan: Plan, stream: boolean): Promise<Figure[]> {
  const cpu = new Map<Target, number[]>([world.bare, world.reading, world.pool].map((target) => [target, []]));
  const rates = await interleave(world, plan.rounds, SMALL_ANSWER, async (target) => {
    const before = target.process?.cpuMs() ?? 0;
    const seconds = await runMany(smallTurnOf(world, target, "bench-turns", stream), plan.manyTurns, WIDTH);
    cpu.get(target)?.push((((target.process?.cpuMs() ?? 0) - before) / plan.manyTurns) * 1_000);
    return plan.manyTurns / seconds;
  });
  const what = stream ? "small streams" : "answers in one piece";
  return [
    figureOf(world, rates, {
      what: `${what}, ${WIDTH} at a time`,
      unit: "turns/s",
      kind: "ratio",
      bound: { atLeast: 0.7 },
    }),
    figureOf(world, cpu, { what: `1,000 of them`, unit: "CPU ms", kind: "difference", bound: null }),
  ];
}

const LARGE_WIDTH = 4;
const LARGE_STREAMS = 8;

export async function measureEvents(world: World, plan: Plan): Promise<Figure[]> {
  const answer = { events: plan.largeEvents, charactersPerEvent: 40, eventDelayMs: 0 };
  const body = bodyOf({ inputBytes: 2_000, session: "bench-events", stream: true });
  const rates = await interleave(world, plan.rounds, answer, async (target) => {
    const seconds = await runMany(() => runTurn(target, body), LARGE_STREAMS, LARGE_WIDTH);
    return (LARGE_STREAMS * plan.largeEvents) / seconds;
  });
  const what = `streams of ${plan.largeEvents.toLocaleString("en")} events, ${LARGE_WIDTH} at a time`;
  return [figureOf(world, rates, { what, unit: "events/s", kind: "ratio", bound: { atLeast: 0.85 } })];
}

interface Held {
  readonly bytesPerStream: number;
  readonly meanwhileMs: number;
}

/** Turns before memory is asked, so that what the program takes once does not count as what a stream takes. */
const SETTLING_TURNS = 200;

async function holdStreams(world: World, target: Target, count: number): Promise<Held> {
  await world.say(SMALL_ANSWER);
  const short = bodyOf({ inputBytes: 2_000, session: "bench-settling", stream: true });
  await runMany(() => runTurn(target, short), SETTLING_TURNS, WIDTH);
  await world.say({ events: 1_000, charactersPerEvent: 4, eventDelayMs: 1_000 });
  const before = target.process?.memory() ?? 0;
  const close = await openStreams(target, bodyOf({ inputBytes: 2_000, session: "bench-open", stream: true }), count);
  const after = target.process?.memory() ?? 0;
  const body = bodyOf({ inputBytes: 2_000, session: "bench-meanwhile", stream: true });
  const times: number[] = [];
  for (let turn = 0; turn < 10; turn += 1) times.push((await runTurnToFirst(target, body)).firstMs);
  await close();
  return { bytesPerStream: (after - before) / count, meanwhileMs: median(times) };
}

/** The answers are slow while streams are held open; only their beginning is waited for. */
async function runTurnToFirst(target: Target, body: string): Promise<{ firstMs: number }> {
  const startedAt = performance.now();
  const close = await openStreams(target, body, 1);
  const firstMs = performance.now() - startedAt;
  await close();
  return { firstMs };
}

/** Memory is asked of processes that were started for it: what others have left behind would hide what a stream takes. */
export async function measureOpenStreams(world: World, plan: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of plan.openStreams) {
    const [bare, pool] = [
      await holdStreams(world, await world.startBare(), count),
      await holdStreams(world, await world.startPool(`codexuse-${count}`, SMALL), count),
    ];
    const [bareKib, poolKib] = [bare.bytesPerStream / 1024, pool.bytesPerStream / 1024];
    const streams = `${count.toLocaleString("en")} open streams`;
    figures.push(
      {
        what: `memory of one of ${streams}`,
        unit: "KiB",
        values: { [world.bare.name]: bareKib, [world.pool.name]: poolKib },
        against: compare("difference", poolKib - bareKib, { atMost: 39 }, "KiB"),
      },
      {
        what: `to the first byte of a new turn beside ${streams}`,
        unit: "ms",
        values: { [world.bare.name]: bare.meanwhileMs, [world.pool.name]: pool.meanwhileMs },
        against: compare("difference", pool.meanwhileMs - bare.meanwhileMs, null, "ms"),
      },
    );
  }
  return figures;
}

/** Asked before any load. */
export function measureIdle(world: World): Figure[] {
  const mib = (target: Target) => (target.process?.memory() ?? 0) / 1024 / 1024;
  const readyMs = (target: Target) => target.process?.readyMs ?? 0;
  const both = (of: (target: Target) => number) => ({
    [world.bare.name]: of(world.bare),
    [world.pool.name]: of(world.pool),
  });
  const figure = (what: string, unit: Unit, of: (target: Target) => number, atMost: number): Figure => {
    const target = { words: `at most ${atMost} ${unit} in all`, isMet: of(world.pool) <= atMost };
    const against = { kind: "difference", value: of(world.pool) - of(world.bare), target } as const;
    return { what, unit, values: both(of), against };
  };
  return [figure("memory when idle", "MiB", mib, 90), figure("from start to ready", "ms", readyMs, 250)];
}
