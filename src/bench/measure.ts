/**
 * What does the pool cost? Each measure asks every target in turn within each round, so that a machine that slows down
 * slows all of them, and gives medians over the rounds.
 */
import { type Bound, type Comparison, compare, type Figure, median, percentile, type Unit } from "./figures.ts";
import { bodyOf, openStreams, runMany, runTurn, runWhole } from "./load.ts";
import type { Say } from "./pretend-upstream.ts";
import { SMALL, type Target, type World } from "./world.ts";

export interface Plan {
  readonly rounds: number;
  /** Rounds of throughput: more of them, since there both sides of a ratio depend on the machine's pace. */
  readonly rateRounds: number;
  /** Turns of each target before anything is timed: it is what runs for long that is measured, compiled as it will be. */
  readonly warmUpTurns: number;
  /** Large streams of each target before that. */
  readonly warmUpStreams: number;
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

/** What each round gave, target by target. */
type Rounds<Value> = ReadonlyMap<Target, readonly Value[]>;

function emptyRounds<Value>(targets: readonly Target[]): Map<Target, Value[]> {
  return new Map(targets.map((target) => [target, []]));
}

/** One figure of each round. */
function pick<Value>(rounds: Rounds<Value>, of: (value: Value) => number): Rounds<number> {
  return new Map([...rounds].map(([target, values]) => [target, values.map(of)]));
}

/**
 * Runs `measure` on every target in turn, after one round that does not count. Each round begins with another one, so that
 * none always follows the same, and upstream's quota is full before each: an account that runs low is another measure.
 */
async function interleave<Value>(
  world: World,
  rounds: number,
  answer: Say,
  measure: (target: Target) => Promise<Value>,
): Promise<Rounds<Value>> {
  const targets = targetsOf(world);
  const samples = emptyRounds<Value>(targets);
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
  readonly kind: Comparison["kind"];
  readonly bound: Bound | null;
}

/** What is wanted is wanted before the simulator. Rounds are compared one by one: between two the machine may change its pace. */
function figureOf(world: World, rounds: Rounds<number>, { what: name, unit, kind, bound }: Asked): Figure {
  const isSimulated = world.upstream === "simulator";
  const what = isSimulated ? name : `${name}${AT_NO_COST}`;
  const values = Object.fromEntries([...rounds].map(([target, samples]) => [target.name, median(samples)]));
  const beside = rounds.get(world.bare) ?? [];
  const compared = (rounds.get(world.pool) ?? []).map((value, round) => {
    const bare = beside[round] ?? Number.NaN;
    return kind === "ratio" ? value / bare : value - bare;
  });
  return { what, unit, values, against: compare(kind, compared, isSimulated ? bound : null, unit) };
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

const LARGE_WIDTH = 4;

function largeAnswerOf({ largeEvents }: Plan): Say {
  return { events: largeEvents, charactersPerEvent: 40, eventDelayMs: 0 };
}

/** One large stream of the target, over and over. */
function largeTurnOf(target: Target): () => Promise<unknown> {
  const body = bodyOf({ inputBytes: 2_000, session: "bench-events", stream: true });
  return () => runTurn(target, body);
}

/** Large streams first; then half of the turns as streams, half in one piece. */
export async function warmUp(world: World, plan: Plan): Promise<void> {
  for (const target of targetsOf(world)) {
    await world.say(largeAnswerOf(plan));
    await runMany(largeTurnOf(target), plan.warmUpStreams, LARGE_WIDTH);
    for (const stream of [true, false]) {
      await world.say(SMALL_ANSWER);
      await runMany(smallTurnOf(world, target, "bench-warm-up", stream), Math.ceil(plan.warmUpTurns / 2), WIDTH);
    }
  }
}

interface Times {
  readonly first: readonly number[];
  readonly whole: readonly number[];
}

async function timeTurns(target: Target, body: string, count: number): Promise<Times> {
  const [first, whole]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < count; turn += 1) {
    const { firstMs, wholeMs } = await runTurn(target, body);
    first.push(firstMs);
    whole.push(wholeMs);
  }
  return { first, whole };
}

/**
 * The times to first output in ms when one turn of each target follows one of every other: every process finds its caches
 * emptied by all the others.
 */
export async function timeInTurn(
  targets: readonly Target[],
  body: string,
  count: number,
): Promise<ReadonlyMap<Target, readonly number[]>> {
  const times = emptyRounds<number>(targets);
  for (let turn = 0; turn < count; turn += 1) {
    for (const target of targets) times.get(target)?.push((await runTurn(target, body)).firstMs);
  }
  return times;
}

/** The median of each round, after one that does not count. */
async function timeAmongOthers(world: World, plan: Plan, body: string): Promise<Rounds<number>> {
  const targets = targetsOf(world);
  const rounds = emptyRounds<number>(targets);
  for (let round = 0; round <= plan.rounds; round += 1) {
    await world.say(SMALL_ANSWER);
    const times = await timeInTurn(targets, body, Math.ceil(plan.timedTurns / targets.length));
    if (round > 0) for (const [target, firstMs] of times) rounds.get(target)?.push(median(firstMs));
  }
  return rounds;
}

/** One turn at a time: at first some hundreds of each target, then one of each. */
export async function measureLatency(world: World, plan: Plan): Promise<Figure[]> {
  const body = bodyOf({ inputBytes: 100_000, session: "bench-latency", stream: true });
  const inRow = await interleave(world, plan.rounds, SMALL_ANSWER, (target) =>
    timeTurns(target, body, plan.timedTurns),
  );
  const amongOthers = await timeAmongOthers(world, plan, body);
  const what = "to first output, 100 kB of input";
  const usual = { unit: "ms", kind: "difference", bound: null } as const;
  const first = (share: number) => pick(inRow, (times) => percentile(times.first, share));
  return [
    figureOf(world, first(0.5), { ...usual, what: `${what}, p50`, bound: { atMost: 0.5 } }),
    figureOf(world, first(0.99), { ...usual, what: `${what}, p99`, bound: { atMost: 2 } }),
    figureOf(
      world,
      pick(inRow, ({ whole }) => median(whole)),
      { ...usual, what: "whole turn, the same, p50" },
    ),
    figureOf(world, amongOthers, { ...usual, what: `${what}, each turn after one of every other, p50` }),
  ];
}

/** Turns a second and CPU a turn, of streams or of answers in one piece. */
export async function measureTurns(world: World, plan: Plan, stream: boolean): Promise<Figure[]> {
  const rounds = await interleave(world, plan.rateRounds, SMALL_ANSWER, async (target) => {
    const before = target.process?.cpuMs() ?? 0;
    const seconds = await runMany(smallTurnOf(world, target, "bench-turns", stream), plan.manyTurns, WIDTH);
    const cpuMs = (((target.process?.cpuMs() ?? 0) - before) / plan.manyTurns) * 1_000;
    return { rate: plan.manyTurns / seconds, cpuMs };
  });
  const what = `${stream ? "small streams" : "answers in one piece"}, ${WIDTH} at a time`;
  const own = new Map([...rounds].filter(([target]) => [world.bare, world.reading, world.pool].includes(target)));
  return [
    figureOf(
      world,
      pick(rounds, ({ rate }) => rate),
      { what, unit: "turns/s", kind: "ratio", bound: { atLeast: 0.7 } },
    ),
    figureOf(
      world,
      pick(own, ({ cpuMs }) => cpuMs),
      { what: `1,000 of them`, unit: "CPU ms", kind: "difference", bound: null },
    ),
  ];
}

const LARGE_STREAMS = 8;

export async function measureEvents(world: World, plan: Plan): Promise<Figure[]> {
  const rates = await interleave(world, plan.rateRounds, largeAnswerOf(plan), async (target) => {
    const seconds = await runMany(largeTurnOf(target), LARGE_STREAMS, LARGE_WIDTH);
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
        against: compare("difference", [poolKib - bareKib], { atMost: 39 }, "KiB"),
      },
      {
        what: `to the first byte of a new turn beside ${streams}`,
        unit: "ms",
        values: { [world.bare.name]: bare.meanwhileMs, [world.pool.name]: pool.meanwhileMs },
        against: compare("difference", [pool.meanwhileMs - bare.meanwhileMs], null, "ms"),
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
    const against = { ...compare("difference", [of(world.pool) - of(world.bare)], null, unit), target };
    return { what, unit, values: both(of), against };
  };
  return [figure("memory when idle", "MiB", mib, 90), figure("from start to ready", "ms", readyMs, 250)];
}
