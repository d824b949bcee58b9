/** The whole bench: which measures make up a report, on what machine it was made, and with what. */
import { arch, cpus, loadavg, totalmem, type } from "node:os";
import { VERSION } from "../version.ts";
import type { Figure } from "./figures.ts";
import {
  measureEvents,
  measureIdle,
  measureLatency,
  measureOpenStreams,
  measureTurns,
  type Plan,
  warmUp,
} from "./measure.ts";
import { type BenchUpstream, startWorld, type World, type WorldOptions } from "./world.ts";

/** About a minute: enough to tell one machine from another. */
export const SHORT_PLAN: Plan = {
  rounds: 3,
  rateRounds: 3,
  warmUpTurns: 3_000,
  warmUpStreams: 30,
  timedTurns: 100,
  manyTurns: 500,
  largeEvents: 1_000,
  openStreams: [500],
};
/** Some minutes: what documents are written from. */
export const FULL_PLAN: Plan = {
  rounds: 9,
  rateRounds: 15,
  warmUpTurns: 20_000,
  warmUpStreams: 200,
  timedTurns: 300,
  manyTurns: 2_000,
  largeEvents: 4_000,
  openStreams: [500, 2_000],
};

export interface Report {
  readonly version: string;
  readonly machine: string;
  /** Processes that wanted a core when it began: other work on the machine, which slows all targets. */
  readonly loadBefore: number;
  readonly atMs: number;
  readonly rounds: number;
  readonly figures: readonly Figure[];
}

function machineText(): string {
  const [first, ...rest] = cpus();
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${type()} ${arch()}, ${rest.length + 1} cores (${first?.model.trim() ?? "unknown"}), ${gib} GiB, Bun ${Bun.version}`;
}

type Note = (text: string) => void;

/** What depends on what upstream costs. */
async function measureFlow(world: World, plan: Plan, note: Note): Promise<Figure[]> {
  const where = world.upstream === "simulator" ? "before the simulator" : "before an upstream at no cost";
  const figures: Figure[] = [];
  const steps: readonly (readonly [string, () => Promise<Figure[]>])[] = [
    ["time to first output", () => measureLatency(world, plan)],
    ["small streams", () => measureTurns(world, plan, true)],
    ["answers in one piece", () => measureTurns(world, plan, false)],
    ["large streams", () => measureEvents(world, plan)],
  ];
  note(`Warming up ${where} …`);
  await warmUp(world, plan);
  for (const [name, step] of steps) {
    note(`Measuring ${where}: ${name} …`);
    figures.push(...(await step()));
  }
  return figures;
}

type More = (world: World) => Promise<Figure[]>;

async function measureAll(world: World, plan: Plan, note: Note, more: More): Promise<Figure[]> {
  const figures = measureIdle(world);
  note("Measuring: open streams …");
  figures.push(...(await measureOpenStreams(world, plan)));
  figures.push(...(await measureFlow(world, plan, note)));
  return [...figures, ...(await more(world))];
}

/** Starts a world for `measure` and ends it, whatever happens. */
async function within<Answer>(
  options: WorldOptions,
  upstream: BenchUpstream,
  stopped: Promise<never>,
  measure: (world: World) => Promise<Answer>,
): Promise<Answer> {
  const world = await startWorld(options, upstream);
  try {
    return await Promise.race([measure(world), stopped]);
  } finally {
    await world.stop();
  }
}

/** `more` measures in the world of the upstream at no cost, after everything else. Ends with the rejection of `stopped`, should it come first. */
export async function runBench(
  options: WorldOptions,
  plan: Plan,
  note: Note,
  more: More = async () => [],
  stopped: Promise<never> = new Promise(() => undefined),
): Promise<Report> {
  const loadBefore = loadavg()[0] ?? 0;
  const simulated = await within(options, "simulator", stopped, (world) => measureFlow(world, plan, note));
  const free = await within(options, "pretend-upstream", stopped, (world) => measureAll(world, plan, note, more));
  const figures = [...simulated, ...free];
  return { version: VERSION, machine: machineText(), loadBefore, atMs: Date.now(), rounds: plan.rounds, figures };
}
