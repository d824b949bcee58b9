/** How well did the pool do? Figures of one world, and of several together. */
import type { Outcome } from "./ask.ts";
import { isOurCut } from "./client-view.ts";

export interface Metrics {
  turns: number;
  served: number;
  /** 429, 502, 503 or 504 of ours. */
  refused: number;
  /** Of those: some account had room. Must be 0. */
  refusedWithRoom: number;
  /** Of those: given up at the bound on attempts or on retries, with an account left that was not asked. */
  refusedAtBound: number;
  cut: number;
  left: number;
  rollovers: number;
  /** A turn of a session served by another account than the one before it: its cache is lost. */
  cacheLosses: number;
  /** Share of all headroom that was used when the first turn was refused for quota; null when none was. */
  usedAtFirstRefusal: number | null;
  /** Share that each account had used when half of all room was; empty when it never was. */
  sharesAtHalf: readonly number[];
}

export function openMetrics(): Metrics {
  return {
    turns: 0,
    served: 0,
    refused: 0,
    refusedWithRoom: 0,
    refusedAtBound: 0,
    cut: 0,
    left: 0,
    rollovers: 0,
    cacheLosses: 0,
    usedAtFirstRefusal: null,
    sharesAtHalf: [],
  };
}

/** Whether the pool refused, rather than upstream the request or the client the answer. */
export function isPoolRefusal(outcome: Outcome): boolean {
  return outcome.kind === "refused" && outcome.status !== 400;
}

export function isServed(outcome: Outcome): boolean {
  if (outcome.hasLeft || outcome.status !== 200) return false;
  const last = outcome.events.at(-1);
  return outcome.kind === "answer" || last?.type === "response.completed" || last?.type === "response.incomplete";
}

export function countOutcome(metrics: Metrics, outcome: Outcome): void {
  metrics.turns += 1;
  if (outcome.hasLeft) metrics.left += 1;
  else if (isServed(outcome)) metrics.served += 1;
  else if (isPoolRefusal(outcome)) metrics.refused += 1;
  else if (isOurCut(outcome.events.at(-1))) metrics.cut += 1;
}

/** The counts of several worlds, added up. */
export type Totals = Omit<Metrics, "usedAtFirstRefusal" | "sharesAtHalf">;

export function openTotals(): Totals {
  const { usedAtFirstRefusal: _, sharesAtHalf: __, ...counts } = openMetrics();
  return counts;
}

export function addTotals(totals: Totals, metrics: Metrics): void {
  totals.turns += metrics.turns;
  totals.served += metrics.served;
  totals.refused += metrics.refused;
  totals.refusedWithRoom += metrics.refusedWithRoom;
  totals.refusedAtBound += metrics.refusedAtBound;
  totals.cut += metrics.cut;
  totals.left += metrics.left;
  totals.rollovers += metrics.rollovers;
  totals.cacheLosses += metrics.cacheLosses;
}
