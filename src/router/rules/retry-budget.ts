/**
 * How much may all turns together retry? Each turn earns a fifth of a retry, on top of a small allowance by time, so
 * that an outage upstream is not multiplied by everyone trying again.
 */
export interface RetryBudget {
  readonly tokens: number;
  readonly atMs: number;
}

const TOKENS_MAX = 50;
const TOKENS_PER_TURN = 0.2;
const TOKENS_PER_SECOND = 2;

export function openRetryBudget(nowMs: number): RetryBudget {
  return { tokens: TOKENS_MAX, atMs: nowMs };
}

function refill(budget: RetryBudget, nowMs: number, extra: number): RetryBudget {
  const earned = (Math.max(0, nowMs - budget.atMs) / 1_000) * TOKENS_PER_SECOND + extra;
  return { tokens: Math.min(TOKENS_MAX, budget.tokens + earned), atMs: Math.max(nowMs, budget.atMs) };
}

export function depositTurn(budget: RetryBudget, nowMs: number): RetryBudget {
  return refill(budget, nowMs, TOKENS_PER_TURN);
}

/** Takes one retry out; `allowed` is false, and nothing is taken, when none is left. */
export function withdrawRetry(budget: RetryBudget, nowMs: number): { allowed: boolean; budget: RetryBudget } {
  const filled = refill(budget, nowMs, 0);
  if (filled.tokens < 1) return { allowed: false, budget: filled };
  return { allowed: true, budget: { ...filled, tokens: filled.tokens - 1 } };
}
