/** Was it right to refuse? Compares a refusal of the pool with who really had room. */
import { LIMITS } from "../../src/limits.ts";
import { VERDICTS } from "../../src/router/rules/classify.ts";
import { FAILURE_KINDS } from "../../src/router/rules/failure.ts";
import type { Outcome } from "./ask.ts";
import { usedShare } from "./measure-room.ts";
import type { Metrics } from "./metrics.ts";
import type { SessionPlan } from "./plan.ts";
import type { Pool } from "./pool.ts";
import type { Truth } from "./truth.ts";

export interface Court {
  readonly pool: Pool;
  readonly truth: Truth;
  readonly metrics: Metrics;
  readonly breaches: string[];
  /** Room of each account at the beginning, in turns. */
  readonly roomAtStart: ReadonlyMap<string, number>;
}

export function judgeRefusal(court: Court, session: SessionPlan, outcome: Outcome): void {
  const { pool, truth, metrics } = court;
  if (outcome.status === 429 && metrics.usedAtFirstRefusal === null) noteFirstRefusal(court);
  if (!pool.settings.pool().enabled) return;
  const asked = new Set(pool.attemptsOf(outcome.turnId).map((attempt) => attempt.record.account));
  const free = pool.sim.accounts.filter((account) => !asked.has(account.name) && truth.hadRoom(account, session.model));
  const [first] = free;
  if (first === undefined) return;
  if (isAtBound(court, outcome)) {
    metrics.refusedAtBound += 1;
    return;
  }
  metrics.refusedWithRoom += 1;
  const sinceMs = pool.clock.now() - (truth.roomSince(first, session.model) ?? 0);
  const code = outcome.refusal?.code;
  const since = `${Math.round(sinceMs / 1_000)} s`;
  court.breaches.push(`${outcome.turnId} was refused (${code}) although ${first.name} has had room for ${since}`);
}

/** Upstream failed so often within the turn that going on would only have fed an outage. */
function isAtBound(court: Court, outcome: Outcome): boolean {
  const attempts = court.pool.runtime.turn(outcome.turnId)?.attempts ?? [];
  const faults = attempts.filter((attempt) => {
    const kind = FAILURE_KINDS.find((known) => known === attempt.outcome);
    return kind !== undefined && ["upstream", "conversation"].includes(VERDICTS[kind].scope);
  });
  // After such an answer a turn is tried once more and then given up.
  const isTriedOnceMore = faults.length >= 2 && faults.at(-1)?.outcome === "try-elsewhere";
  return isTriedOnceMore || faults.length >= LIMITS.attemptsMax;
}

function noteFirstRefusal({ pool, metrics, roomAtStart }: Court): void {
  metrics.usedAtFirstRefusal = usedShare(pool, roomAtStart);
}
