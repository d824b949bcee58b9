/** The whole bench: which measures make up a report, on what machine it was made, and with what. */
import { arch, cpus, loadavg, totalmem, type } from "node:os";
import { VERSION } from "../version.ts";
import type { Figure } from "./figures.ts";
import { measureEvents, measureIdle, measureLatency, measureOpenStreams, measureTurns, type Plan } from "./measure.ts";
import { startWorld, type World, type WorldOptions } from "./world.ts";

/** About a minute: enough to tell one machine from another. */
export const SHORT_PLAN: Plan = { rounds: 3, timedTurns: 100, manyTurns: 300, largeEvents: 1_000, openStreams: [500] };
/** Some minutes: what documents are written from. */
export const FULL_PLAN: Plan = {
  rounds: 7,
  timedTurns: 150,
  manyTurns: 600,
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

async function measureAll(world: World, plan: Plan, note: Note): Promise<Figure[]> {
  const figures = measureIdle(world);
  const steps: readonly (readonly [string, () => Promise<Figure[]>])[] = [
    ["open streams", () => measureOpenStreams(world, plan)],
    ["time to first output", () => measureLatency(world, plan)],
    ["small streams", () => measureTurns(world, plan, true)],
    ["answers in one piece", () => measureTurns(world, plan, false)],
    ["large streams", () => measureEvents(world, plan)],
  ];
  for (const [name, step] of steps) {
    note(`Measuring: ${name} …`);
    figures.push(...(await step()));
  }
  return figures;
}

/** `more` measures in the same world, after everything else. Ends with the rejection of `stopped`, should it come first. */
export async function runBench(
  options: WorldOptions,
  plan: Plan,
  note: Note,
  more: (world: World) => Promise<Figure[]> = async () => [],
  stopped: Promise<never> = new Promise(() => undefined),
): Promise<Report> {
  const loadBefore = loadavg()[0] ?? 0;
  const world = await startWorld(options);
  try {
    const measuring = measureAll(world, plan, note).then(async (all) => [...all, ...(await more(world))]);
    const figures = await Promise.race([measuring, stopped]);
    return { version: VERSION, machine: machineText(), loadBefore, atMs: Date.now(), rounds: plan.rounds, figures };
  } finally {
    await world.stop();
  }
}
