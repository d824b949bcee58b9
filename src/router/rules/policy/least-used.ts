/**
 * Most breathing room first: what is left of the tightest window, in units of the plan's size, less what already runs.
 */
import type { Candidate } from "../candidate.ts";
import type { Headroom } from "../quota.ts";

/** Relative sizes of the plans, in units of Plus; a start that measuring corrects. Unlisted plans count as 1. */
const PLAN_UNITS: Readonly<Record<string, number>> = {
  free: 0.1,
  free_workspace: 0.1,
  go: 0.3,
  plus: 1,
  team: 1,
  business: 1,
  edu: 1,
  edu_plus: 1,
  enterprise: 1.5,
  prolite: 5,
  promax: 20,
  pro: 10,
};

/** Tokens that one percent of Plus is taken to be, where nothing was measured yet. */
const TOKENS_PER_PERCENT_OF_PLUS = 60_000;

/** A running turn is taken to cost this share of a Plus window before upstream's figures show it. */
const PERCENT_PER_TURN_IN_FLIGHT = 1;
/** A bound session that is quiet now will want room again; a tenth of a running turn keeps new ones apart. */
const PERCENT_PER_BOUND_SESSION = 0.1;

/** Size of the account in units of Plus: measured where we can, from the table by plan where we cannot. */
export function capacityUnitsOf(candidate: Candidate): number {
  const { tokensPerPercent } = candidate.state;
  if (tokensPerPercent !== null && tokensPerPercent > 0) return tokensPerPercent / TOKENS_PER_PERCENT_OF_PLUS;
  const plan = candidate.plan ?? "";
  return Object.hasOwn(PLAN_UNITS, plan) ? (PLAN_UNITS[plan] ?? 1) : 1;
}

/** A candidate with what its account has left for the model that is asked for. */
export interface Measured {
  readonly candidate: Candidate;
  readonly headroom: Headroom;
}

function knownPercentOf({ candidate, headroom }: Measured): number | null {
  return headroom.kind === "known" ? Math.max(0, headroom.percent - candidate.reservePercent) : null;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [below, above] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return below === undefined || above === undefined ? 50 : (below + above) / 2;
}

/** The room each of them has, in percent of Plus; in their order. */
export function roomsOf(measured: readonly Measured[]): number[] {
  const percents = measured.map(knownPercentOf);
  // Unknown headroom counts as the middle of what is known: neither full, which would draw every turn, nor empty.
  const unknownPercent = percents.includes(null) ? medianOf(percents.filter((percent) => percent !== null)) : 0;
  return measured.map(({ candidate }, index) => {
    const load = candidate.inFlight * PERCENT_PER_TURN_IN_FLIGHT + candidate.boundSessions * PERCENT_PER_BOUND_SESSION;
    return (percents[index] ?? unknownPercent) * capacityUnitsOf(candidate) - load;
  });
}

/**
 * The one with the most room; null when there is nobody. Equal room is shared out by chance, so that a start without figures
 * does not pile onto one account.
 */
export function pickLeastUsed(measured: readonly Measured[], rng: () => number): Candidate | null {
  const rooms = roomsOf(measured);
  let best: Candidate | null = null;
  let [most, lot] = [Number.NEGATIVE_INFINITY, 0];
  measured.forEach(({ candidate }, index) => {
    const room = rooms[index] ?? 0;
    const drawn = rng();
    if (best !== null && (room < most || (room === most && drawn >= lot))) return;
    [best, most, lot] = [candidate, room, drawn];
  });
  return best;
}
