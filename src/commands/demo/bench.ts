/** `codexuse bench`: what the pool adds to a turn on this machine, measured against the pretend upstream itself. */
import { OperationError } from "../../operations/operation.ts";
import { answer, defineLeaf } from "../command.ts";
import { renderTable } from "../table.ts";
import { paintWith } from "../terminal-text.ts";
import { askPool } from "./ask-pool.ts";
import { openPretendWorld, type PretendWorld } from "./pretend-world.ts";

const TURNS_DEFAULT = "200";
const TURNS_MAX = 10_000;
/** Turns that do not count: code is compiled while it runs first. */
const WARM_UP = 20;

function parseTurns(text: string): number {
  const turns = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (turns > 0 && turns <= TURNS_MAX) return turns;
  throw new OperationError("usage", `--turns is a number from 1 to ${TURNS_MAX}.`);
}

/** Milliseconds of one whole streamed answer. */
async function timeTurn(port: number, key: string, turn: number): Promise<number> {
  const body = { model: "gpt-5.5", input: "Hello", stream: true };
  const startedMs = performance.now();
  const reply = await askPool({ port, key, conversation: `bench-${turn}`, body }, () => undefined);
  if (reply.status !== 200) throw new OperationError("failed", `A turn was refused (${reply.status}): ${reply.text}`);
  return performance.now() - startedMs;
}

interface Samples {
  readonly direct: number[];
  readonly pool: number[];
}

/** In turn, so that a machine that slows down slows both. */
async function measure(world: PretendWorld, turns: number): Promise<Samples> {
  const samples: Samples = { direct: [], pool: [] };
  for (let turn = -WARM_UP; turn < turns; turn += 1) {
    const direct = await timeTurn(world.direct.port, world.direct.key, turn);
    const pool = await timeTurn(world.running.port, world.key, turn);
    if (turn < 0) continue;
    samples.direct.push(direct);
    samples.pool.push(pool);
  }
  return samples;
}

/** The value below which this share of them lies. Pure. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function spread(values: readonly number[]): { readonly median: number; readonly p95: number } {
  const round = (ms: number) => Math.round(ms * 100) / 100;
  return { median: round(percentile(values, 0.5)), p95: round(percentile(values, 0.95)) };
}

export const bench = defineLeaf({
  name: "bench",
  description: "Measure what the pool adds to a turn on this machine, with pretend accounts",
  examples: ["codexuse bench", "codexuse bench --turns=1000 --json"],
  args: { turns: { type: "string", valueHint: "N", default: TURNS_DEFAULT, description: "How many turns each way" } },
  async run(args, io) {
    const turns = parseTurns(args.turns);
    const world = await openPretendWorld(io, 0);
    try {
      world.waiveQuota();
      const { direct, pool } = await measure(world, turns);
      const [alone, through] = [spread(direct), spread(pool)];
      const added = Math.round((through.median - alone.median) * 100) / 100;
      const document = { turns, direct_ms: alone, pool_ms: through, added_ms: added };
      const columns = [
        { title: "WAY" },
        { title: "MEDIAN", align: "right" },
        { title: "95 OF 100 BELOW", align: "right" },
      ] as const;
      const row = (way: string, { median, p95 }: typeof alone) => [way, `${median} ms`, `${p95} ms`];
      const rows = [row("upstream itself", alone), row("through the pool", through)];
      const text = renderTable(columns, rows, io.stdout.columns, paintWith(io.stdout.colours));
      return answer(document, text, [
        `The pool adds ${added} ms to a turn (${turns} turns each way, pretend upstream in the same process).`,
      ]);
    } finally {
      await world.close();
    }
  },
});
