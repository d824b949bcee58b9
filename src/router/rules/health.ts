/** What does a failure change? Pure: gives the effect on account and profile; `live-state.ts` carries it out. */
import type { AccountState, Cooldown } from "./account-state.ts";
import { MAIN_LIMIT } from "./account-state.ts";
import type { Failure, FailureKind } from "./failure.ts";

export type Effect =
  | { readonly kind: "none" }
  /** Pause the account, every seat of its workspace, or one model of it. */
  | { readonly kind: "cool"; readonly target: "account" | "workspace" | "model"; readonly cooldown: Cooldown }
  /** Only the owner can mend it. `workspace`: every seat is affected. */
  | { readonly kind: "condemn"; readonly target: "profile" | "workspace"; readonly reason: string };

export interface PausePolicy {
  /** First pause when upstream named no instant. */
  readonly firstMs: number;
  /** Longest pause that repeats may grow to. */
  readonly longestMs: number;
  /** A soft pause steers turns elsewhere but never refuses one. */
  readonly soft: boolean;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Pauses by kind. A kind without a row sets none: it says nothing about the account. */
export const PAUSES: Partial<Record<FailureKind, PausePolicy>> = {
  "usage-limit": { firstMs: HOUR_MS, longestMs: HOUR_MS, soft: false },
  "workspace-limit": { firstMs: HOUR_MS, longestMs: HOUR_MS, soft: false },
  billing: { firstMs: HOUR_MS, longestMs: 6 * HOUR_MS, soft: false },
  "plan-excluded": { firstMs: 6 * HOUR_MS, longestMs: 24 * HOUR_MS, soft: false },
  "model-not-offered": { firstMs: 6 * HOUR_MS, longestMs: 24 * HOUR_MS, soft: false },
  "access-denied": { firstMs: 30 * MINUTE_MS, longestMs: 30 * MINUTE_MS, soft: false },
  "rate-limit": { firstMs: 30 * SECOND_MS, longestMs: 10 * MINUTE_MS, soft: false },
  "slow-down": { firstMs: 5 * SECOND_MS, longestMs: MINUTE_MS, soft: false },
  overloaded: { firstMs: 5 * SECOND_MS, longestMs: MINUTE_MS, soft: true },
  "server-error": { firstMs: 5 * SECOND_MS, longestMs: MINUTE_MS, soft: true },
  "head-timeout": { firstMs: 15 * SECOND_MS, longestMs: MINUTE_MS, soft: true },
  silence: { firstMs: 15 * SECOND_MS, longestMs: MINUTE_MS, soft: true },
  "broken-stream": { firstMs: 5 * SECOND_MS, longestMs: MINUTE_MS, soft: true },
};

/** Failures that end the sign-in at once; a refused token gets one refresh first (`next-step.ts`). */
const CONDEMNING: ReadonlySet<FailureKind> = new Set(["account-deactivated", "key-refused", "workspace-deactivated"]);

/** Whether a pause with this reason only steers, so that a turn with no other choice may still try the account. */
export function isSoftPause(reason: string): boolean {
  return PAUSES[reason as FailureKind]?.soft === true;
}

/** The reset of the window that is used up, for limits that came without an instant. */
function exhaustedResetMs(state: AccountState, nowMs: number): number | null {
  let latest: number | null = null;
  for (const window of state.windows) {
    if (window.limit !== MAIN_LIMIT || window.usedPercent < 100 || window.resetsAtMs === null) continue;
    if (window.resetsAtMs > nowMs) latest = Math.max(latest ?? 0, window.resetsAtMs);
  }
  return latest;
}

function pauseFor(failure: Failure, policy: PausePolicy, state: AccountState, model: string | null, nowMs: number) {
  const previous = state.cooldowns.find((cooldown) => cooldown.model === model && cooldown.reason === failure.kind);
  const strikes = (previous?.strikes ?? 0) + 1;
  const isQuota = failure.kind === "usage-limit" || failure.kind === "workspace-limit";
  const saidMs = failure.untilMs ?? (isQuota ? exhaustedResetMs(state, nowMs) : null);
  const assumedMs = nowMs + Math.min(policy.firstMs * 2 ** Math.min(strikes - 1, 16), policy.longestMs);
  const cooldown: Cooldown = {
    model,
    reason: failure.kind,
    sinceMs: nowMs,
    untilMs: saidMs ?? assumedMs,
    untilSource: saidMs === null ? "assumed" : "upstream",
    strikes,
  };
  return cooldown;
}

/**
 * The effect of one failure on the account it happened on. `wasRefreshed`: the token was renewed within this turn, so
 * that a second refusal is the sign-in's own.
 */
export function effectOf(
  failure: Failure,
  state: AccountState,
  upstreamModel: string,
  wasRefreshed: boolean,
  nowMs: number,
): Effect {
  if (CONDEMNING.has(failure.kind)) {
    return { kind: "condemn", target: failure.scope === "workspace" ? "workspace" : "profile", reason: failure.kind };
  }
  if (failure.kind === "sign-in-refused") {
    return wasRefreshed ? { kind: "condemn", target: "profile", reason: failure.kind } : { kind: "none" };
  }
  const policy = PAUSES[failure.kind];
  if (policy === undefined) return { kind: "none" };
  const target = failure.scope === "model" || failure.scope === "workspace" ? failure.scope : "account";
  const cooldown = pauseFor(failure, policy, state, target === "model" ? upstreamModel : null, nowMs);
  return { kind: "cool", target, cooldown };
}
