/**
 * `npm run bench`: what the pool costs, against upstream itself and against the least a proxy can be. Targets take turns
 * within each round, so that a machine that slows down slows all of them.
 *
 * Options: --short · --json · --source (measure the source instead of dist/codexuse) · --target=URL --target-key=KEY
 */
import { existsSync } from "node:fs";
import { arch, cpus, type } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Figure, percentile, renderFigures } from "./figures.ts";
import { bodyOf, openStreams, runMany, runTurn } from "./load.ts";
import { measureSockets, renderSockets } from "./sockets.ts";
import { startWorld, type Target, type World } from "./targets.ts";

interface Plan {
  readonly rounds: number;
  readonly firstTurns: number;
  readonly manyTurns: number;
  readonly largeEvents: number;
  readonly streams: readonly number[];
}

const FULL: Plan = { rounds: 7, firstTurns: 40, manyTurns: 400, largeEvents: 4_000, streams: [500, 2_000] };
const SHORT: Plan = { rounds: 3, firstTurns: 15, manyTurns: 100, largeEvents: 1_000, streams: [200] };

type Measured = Map<Target, number[]>;

/** Runs `measure` on every target in turn, `rounds` times, after one round that does not count. */
async function interleave(
  world: World,
  rounds: number,
  measure: (target: Target) => Promise<number[]>,
): Promise<Measured> {
  const targets = [world.direct, world.bare, world.pool, ...(world.other === null ? [] : [world.other])];
  const samples: Measured = new Map(targets.map((target) => [target, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const target of targets) {
      const values = await measure(target);
      if (round > 0) samples.get(target)?.push(...values);
    }
  }
  return samples;
}

function figureOf(
  what: string,
  unit: string,
  kind: "ratio" | "difference",
  samples: Measured,
  world: World,
  share = 0.5,
): Figure {
  const of = (target: Target) => percentile(samples.get(target) ?? [], share);
  const values = Object.fromEntries([...samples.keys()].map((target) => [target.name, of(target)]));
  const [pool, bare] = [of(world.pool), of(world.bare)];
  return { what, unit, values, against: { kind, value: kind === "ratio" ? pool / bare : pool - bare } };
}

async function measureFirstEvent(world: World, plan: Plan): Promise<Figure[]> {
  await world.say({ characters: 200, charactersPerEvent: 20, eventDelayMs: 0 });
  const body = bodyOf(100_000, "bench-first");
  const samples = await interleave(world, plan.rounds, async (target) => {
    const times: number[] = [];
    for (let turn = 0; turn < plan.firstTurns; turn += 1) times.push((await runTurn(target, body)).firstMs);
    return times;
  });
  return [
    figureOf("time to first output, 100 kB input, p50", "ms", "difference", samples, world, 0.5),
    figureOf("time to first output, 100 kB input, p99", "ms", "difference", samples, world, 0.99),
  ];
}

async function measureTurns(world: World, plan: Plan): Promise<Figure[]> {
  await world.say({ characters: 200, charactersPerEvent: 20, eventDelayMs: 0 });
  const body = bodyOf(2_000, "bench-turns");
  const samples = await interleave(world, plan.rounds, async (target) => {
    const { seconds } = await runMany(target, body, plan.manyTurns, 16);
    return [plan.manyTurns / seconds];
  });
  return [figureOf("small streams, 16 at a time", "turns/s", "ratio", samples, world)];
}

async function measureEvents(world: World, plan: Plan): Promise<Figure[]> {
  await world.say({ characters: plan.largeEvents * 40, charactersPerEvent: 40, eventDelayMs: 0 });
  const body = bodyOf(2_000, "bench-events");
  const samples = await interleave(world, plan.rounds, async (target) => {
    const { seconds, events } = await runMany(target, body, 8, 4);
    return [events / seconds];
  });
  return [figureOf(`streams of ${plan.largeEvents} events, 4 at a time`, "events/s", "ratio", samples, world)];
}

async function memoryOf(target: Target, count: number): Promise<number> {
  const process_ = target.process;
  if (process_ === null) return 0;
  const before = process_.memory();
  const close = await openStreams(target, bodyOf(2_000, "bench-open"), count);
  const after = process_.memory();
  close();
  return (after - before) / count / 1024;
}

async function measureOpenStreams(world: World, plan: Plan): Promise<Figure[]> {
  await world.say({ characters: 4_000, charactersPerEvent: 4, eventDelayMs: 100 });
  const figures: Figure[] = [];
  for (const count of plan.streams) {
    const bare = await memoryOf(world.bare, count);
    const pool = await memoryOf(world.pool, count);
    const values = { [world.bare.name]: bare, [world.pool.name]: pool };
    figures.push({
      what: `memory of one of ${count} open streams`,
      unit: "KiB",
      values,
      against: { kind: "difference", value: pool - bare },
    });
  }
  return figures;
}

function idleFigures(world: World): Figure[] {
  const [bare, pool] = [world.bare.process?.memory() ?? 0, world.pool.process?.memory() ?? 0].map(
    (bytes) => bytes / 1024 / 1024,
  );
  const values = { [world.bare.name]: bare ?? 0, [world.pool.name]: pool ?? 0 };
  const against = { kind: "difference" as const, value: (pool ?? 0) - (bare ?? 0) };
  return [{ what: "idle memory after start", unit: "MiB", values, against }];
}

const { values: flags } = parseArgs({
  options: {
    short: { type: "boolean" },
    json: { type: "boolean" },
    source: { type: "boolean" },
    target: { type: "string" },
    "target-key": { type: "string" },
  },
});
const plan = flags.short === true ? SHORT : FULL;
const built = join(import.meta.dir, "../dist/codexuse");
const binary = flags.source === true || !existsSync(built) ? null : built;
const other: Target | null =
  flags.target === undefined
    ? null
    : {
        name: "other",
        url: flags.target,
        headers: { authorization: `Bearer ${flags["target-key"] ?? ""}` },
        process: null,
      };

const world = await startWorld(binary, other);
try {
  const figures = [
    ...idleFigures(world),
    ...(await measureFirstEvent(world, plan)),
    ...(await measureTurns(world, plan)),
    ...(await measureEvents(world, plan)),
    ...(await measureOpenStreams(world, plan)),
  ];
  const machine = `${type()} ${arch()}, ${cpus().length} cores, Bun ${Bun.version}, ${binary === null ? "from source" : "compiled"}`;
  const sockets = await measureSockets(world, plan.rounds);
  if (flags.json === true) console.log(JSON.stringify({ machine, rounds: plan.rounds, figures, sockets }, null, 2));
  else
    console.log(
      `${machine}, ${plan.rounds} rounds, medians unless said otherwise\n\n${renderFigures(figures)}\n\n${renderSockets(sockets)}`,
    );
} finally {
  await world.stop();
}
