/** How the strategies do, as a table: the same worlds for both, several seeds added up. */
import { ROUTINGS, type Routing } from "../../src/ports.ts";
import { DAY_MS, HOUR_MS } from "./clock-units.ts";
import { drawPlan } from "./draw-plan.ts";
import { addTotals, openTotals, type Totals } from "./metrics.ts";
import { type AccountPlan, type WorldPlan, type WorldSize, worldOfDays } from "./plan.ts";
import { runWorld } from "./world.ts";

interface Demand {
  readonly name: string;
  readonly seeds: number;
  /** Whether nothing comes back while it lasts, so that "used" means something. */
  readonly isDrain: boolean;
  plan(seed: number, routing: Routing): WorldPlan;
}

interface Row {
  readonly demand: string;
  readonly routing: Routing;
  readonly totals: Totals;
  /** Means over the worlds; null where no world had a figure. */
  readonly usedAtFirstRefusal: number | null;
  readonly spread: number | null;
  readonly breaches: number;
}

const CALM_SEEDS = 2;
const DRAIN_SEEDS = 8;

/** Plan, share of a Plus turn that one costs, percent used at the beginning. */
type Size = readonly [plan: string, weight: number, usedPercent: number];

const UNEQUAL: readonly Size[] = [
  ["plus", 1, 20],
  ["plus", 1, 60],
  ["team", 1, 5],
  ["pro", 0.1, 40],
];
const EQUAL: readonly Size[] = UNEQUAL.map(() => ["plus", 1, 0]);

/** Four accounts that nobody uses elsewhere. */
function accountsOf(sizes: readonly Size[], percentPerTurn: number, resetsInMs: number): AccountPlan[] {
  const shape = { hasCredits: false, turnsPerMinute: null, seatOf: null, isTwin: false, hasOpaqueTokens: false };
  return sizes.map(([plan, weight, usedPercent], index) => ({
    ...shape,
    name: `acct-${index}`,
    kind: "chatgpt" as const,
    plan,
    primary: { minutes: 300, usedPercent, resetsInMs },
    secondary: { minutes: 10_080, usedPercent: usedPercent / 2, resetsInMs: 5 * DAY_MS + index * 9 * HOUR_MS },
    percentPerTurn: percentPerTurn * weight,
    reservePercent: 0,
  }));
}

function demands(days: number): readonly Demand[] {
  const size: WorldSize = worldOfDays(days);
  const none = { misfortunesMin: 0, misfortunesMax: 0 };
  const calm = (seed: number, routing: Routing): WorldPlan => ({
    ...drawPlan(seed, { ...size, ...none }, routing),
    accounts: accountsOf(UNEQUAL, 0.4, 2 * HOUR_MS),
  });
  const faults = { misfortunesMin: Math.round(days * 60), misfortunesMax: Math.round(days * 60) };
  const storm = (seed: number, routing: Routing): WorldPlan => ({
    ...drawPlan(seed, { ...size, ...faults }, routing),
    accounts: accountsOf(UNEQUAL, 0.4, 2 * HOUR_MS),
  });
  const rush: WorldSize = {
    ...none,
    lastsMs: 3 * HOUR_MS,
    accountsMax: 4,
    sessionsMin: 60,
    sessionsMax: 80,
    turnsMax: 8,
  };
  const drain =
    (sizes: readonly Size[]) =>
    (seed: number, routing: Routing): WorldPlan => ({
      ...drawPlan(seed, rush, routing),
      accounts: accountsOf(sizes, 2, 20 * HOUR_MS),
    });
  return [
    { name: `${days} calm days`, seeds: CALM_SEEDS, isDrain: false, plan: calm },
    { name: `${days} days with faults, outages, restarts`, seeds: CALM_SEEDS, isDrain: false, plan: storm },
    { name: "more demand than room, equal accounts", seeds: DRAIN_SEEDS, isDrain: true, plan: drain(EQUAL) },
    { name: "more demand than room, unequal accounts", seeds: DRAIN_SEEDS, isDrain: true, plan: drain(UNEQUAL) },
  ];
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

async function measure(demand: Demand, routing: Routing, firstSeed: number): Promise<Row> {
  const totals = openTotals();
  const used: (number | null)[] = [];
  const spreads: (number | null)[] = [];
  let breaches = 0;
  for (let seed = firstSeed; seed < firstSeed + demand.seeds; seed += 1) {
    const { metrics, breaches: found } = await runWorld(demand.plan(seed, routing));
    addTotals(totals, metrics);
    if (demand.isDrain) used.push(metrics.usedAtFirstRefusal);
    const most = Math.max(...metrics.sharesAtHalf);
    const least = Math.min(...metrics.sharesAtHalf);
    if (demand.isDrain) spreads.push(least <= 0 ? Number.POSITIVE_INFINITY : most / least);
    breaches += found.length;
  }
  const row = { demand: demand.name, routing, totals, breaches };
  return { ...row, usedAtFirstRefusal: meanOf(used), spread: meanOf(spreads) };
}

function perThousand(count: number, totals: Totals): string {
  return ((count / Math.max(1, totals.turns)) * 1_000).toFixed(1);
}

function writeRow({ demand, routing, totals, usedAtFirstRefusal, spread }: Row): string {
  const cells = [
    demand,
    `\`${routing}\``,
    totals.turns,
    totals.served,
    totals.refused,
    totals.refusedWithRoom,
    usedAtFirstRefusal === null ? "–" : `${(usedAtFirstRefusal * 100).toFixed(1)} %`,
    perThousand(totals.rollovers, totals),
    perThousand(totals.cacheLosses, totals),
    spread === null ? "–" : Number.isFinite(spread) ? spread.toFixed(2) : "∞",
  ];
  return `| ${cells.join(" | ")} |`;
}

const HEAD = [
  "| demand | strategy | turns | served | refused | refused while an account had room | room used before the first refusal | rollovers per 1,000 turns | turns away from a warm cache per 1,000 | most ÷ least used account when half the room is used |",
  "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
];

/** Markdown. Takes a minute or so for three days; the same seed and days give the same table. */
export async function writeReport(seed: number, days: number): Promise<string> {
  const rows: Row[] = [];
  for (const demand of demands(days)) {
    for (const routing of ROUTINGS) rows.push(await measure(demand, routing, seed));
  }
  const breaches = rows.reduce((sum, row) => sum + row.breaches, 0);
  const verdict = breaches === 0 ? "All invariants held." : `${breaches} breaches of invariants: see --seed=${seed}.`;
  const bound = rows.reduce((sum, row) => sum + row.totals.refusedAtBound, 0);
  const given = `${bound} ${bound === 1 ? "turn was" : "turns were"} given up at the bound on attempts, or on retries, before every account was asked.`;
  return [...HEAD, ...rows.map(writeRow), "", `${verdict} ${given}`].join("\n");
}
