/**
 * Runs simulated worlds from the command line:
 *
 *     bun test/sim/run.ts --seed=7 --days=2 --strategy=least-used      one world, its trace on request (--trace)
 *     bun test/sim/run.ts --seeds=1000                                 many small worlds, one line for each that fails
 *     bun test/sim/run.ts --report                                     the table of both strategies, as markdown
 *     bun test/sim/run.ts --report --write                             … put into docs/routing.md
 *
 * Every seed is run twice when it is asked for by itself: the two traces must be the same to the letter.
 */
import { ROUTINGS, type Routing } from "../../src/ports.ts";
import { drawPlan } from "./draw-plan.ts";
import { addTotals, openTotals } from "./metrics.ts";
import { SMALL_WORLD, type WorldPlan, worldOfDays } from "./plan.ts";
import { writeReport } from "./report.ts";
import { runWorld, type WorldResult } from "./world.ts";

interface Wish {
  readonly seed: number;
  readonly seeds: number;
  readonly days: number | null;
  readonly strategy: Routing | null;
  readonly report: boolean;
  readonly write: boolean;
  readonly trace: boolean;
}

const USAGE =
  "usage: run.ts [--seed=N] [--seeds=N] [--days=D] [--strategy=least-used|round-robin] [--trace] [--report [--write]]";
const TRACE_TAIL = 60;
const PAGE = new URL("../../docs/routing.md", import.meta.url);
const MARK = "<!-- made by: npm run sim -- --report --write -->";
const END_MARK = "<!-- /made -->";

function readWish(words: readonly string[]): Wish | null {
  const values = new Map(words.map((word) => [word.split("=")[0] ?? "", word.split("=")[1] ?? ""]));
  const known = ["--seed", "--seeds", "--days", "--strategy", "--trace", "--report", "--write"];
  const strategy = ROUTINGS.find((routing) => routing === values.get("--strategy")) ?? null;
  const numbers = ["--seed", "--seeds", "--days"].map((name) => Number(values.get(name) ?? 1));
  const isStrange = [...values.keys()].some((name) => !known.includes(name)) || numbers.some(Number.isNaN);
  if (isStrange || (values.has("--strategy") && strategy === null)) return null;
  const [seed = 1, seeds = 1, days = 1] = numbers;
  return {
    seed,
    seeds,
    days: values.has("--days") ? days : null,
    strategy,
    report: values.has("--report"),
    write: values.has("--write"),
    trace: values.has("--trace"),
  };
}

function planOf(wish: Wish, seed: number): WorldPlan {
  return drawPlan(seed, wish.days === null ? SMALL_WORLD : worldOfDays(wish.days), wish.strategy);
}

/** One seed, twice. Answers whether all is well. */
async function replay(wish: Wish): Promise<boolean> {
  const first = await runWorld(planOf(wish, wish.seed));
  const second = await runWorld(planOf(wish, wish.seed));
  const isSame = first.hash === second.hash;
  const isWell = isSame && first.breaches.length === 0;
  if (wish.trace) console.log(first.trace.join("\n"));
  else if (!isWell) console.log(first.trace.slice(-TRACE_TAIL).join("\n"));
  for (const breach of first.breaches) console.log(breach);
  if (!isSame) console.log(tellDifference(first, second));
  console.log(JSON.stringify({ seed: wish.seed, hash: first.hash, same: isSame, ...first.metrics }));
  return isWell;
}

function tellDifference(first: WorldResult, second: WorldResult): string {
  const at = first.trace.findIndex((line, index) => line !== second.trace[index]);
  return `the second run differs at line ${at}:\n  ${first.trace[at]}\n  ${second.trace[at]}`;
}

async function runMany(wish: Wish): Promise<boolean> {
  let failed = 0;
  const totals = openTotals();
  for (let seed = wish.seed; seed < wish.seed + wish.seeds; seed += 1) {
    const { breaches, metrics } = await runWorld(planOf(wish, seed));
    addTotals(totals, metrics);
    if (breaches.length === 0) continue;
    failed += 1;
    console.log(`seed ${seed}: ${breaches[0]}${breaches.length > 1 ? ` (and ${breaches.length - 1} more)` : ""}`);
  }
  console.log(JSON.stringify(totals));
  console.log(`${wish.seeds} worlds, ${failed} failed`);
  return failed === 0;
}

/** Puts the report where the page has its mark, and leaves the rest of the page as it is. */
async function putIntoPage(report: string): Promise<void> {
  const page = await Bun.file(PAGE).text();
  const [before, rest] = page.split(`${MARK}\n`);
  const after = rest?.split(`${END_MARK}\n`)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE.pathname} has no ${MARK} … ${END_MARK}`);
  await Bun.write(PAGE, `${before}${MARK}\n\n${report}\n\n${END_MARK}\n${after}`);
}

const wish = readWish(process.argv.slice(2));
if (wish === null) {
  console.error(USAGE);
  process.exitCode = 2;
} else if (wish.report) {
  const report = await writeReport(wish.seed, wish.days ?? 3);
  console.log(report);
  if (wish.write) await putIntoPage(report);
} else {
  process.exitCode = (await (wish.seeds > 1 ? runMany(wish) : replay(wish))) ? 0 : 1;
}
