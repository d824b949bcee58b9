/** What does a failure change? Pure: gives the effect on account and profile; `live-state.ts` carries it out. */
import { type AccountState, type Cooldown, MAIN_LIMIT, type QuotaWindow } from "./account-state.ts";
import type { Failure, FailureKind } from "./failure.ts";
import { remainingPercent } from "./quota.ts";

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
  /** An instant that upstream names is kept within these, so that a clock that is off neither frees nor locks. */
  readonly saidMinMs: number;
  readonly saidMaxMs: number;
  /** A soft pause steers turns elsewhere but never refuses one. */
  readonly soft: boolean;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A quota window ends by itself; the longest is a month. */
const QUOTA: PausePolicy = {
  firstMs: HOUR_MS,
  longestMs: HOUR_MS,
  saidMinMs: SECOND_MS,
  saidMaxMs: 31 * DAY_MS,
  soft: false,
};
/** Money does not come back by waiting. */
const HUMAN: PausePolicy = {
  firstMs: HOUR_MS,
  longestMs: 6 * HOUR_MS,
  saidMinMs: HOUR_MS,
  saidMaxMs: 31 * DAY_MS,
  soft: false,
};
const MODEL: PausePolicy = {
  firstMs: 6 * HOUR_MS,
  longestMs: DAY_MS,
  saidMinMs: HOUR_MS,
  saidMaxMs: DAY_MS,
  soft: false,
};

function shortPause(firstMs: number, longestMs: number, saidMaxMs: number): PausePolicy {
  return { firstMs, longestMs, saidMinMs: SECOND_MS, saidMaxMs, soft: false };
}

function softPause(firstMs: number): PausePolicy {
  return { firstMs, longestMs: MINUTE_MS, saidMinMs: SECOND_MS, saidMaxMs: 10 * MINUTE_MS, soft: true };
}

/** Pauses by kind. A kind without a row sets none: it says nothing about the account. */
export const PAUSES: Partial<Record<FailureKind, PausePolicy>> = {
  "usage-limit": QUOTA,
  "workspace-limit": QUOTA,
  billing: HUMAN,
  "plan-excluded": MODEL,
  "model-not-offered": MODEL,
  "access-denied": shortPause(30 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS),
  "rate-limit": shortPause(30 * SECOND_MS, 10 * MINUTE_MS, DAY_MS),
  "slow-down": shortPause(5 * SECOND_MS, 30 * SECOND_MS, HOUR_MS),
  // Set only when a token that had just been renewed was refused too.
  "token-refused": shortPause(MINUTE_MS, 30 * MINUTE_MS, HOUR_MS),
  "token-unavailable": softPause(15 * SECOND_MS),
  overloaded: softPause(5 * SECOND_MS),
  "server-error": softPause(5 * SECOND_MS),
  "head-timeout": softPause(15 * SECOND_MS),
  silence: softPause(15 * SECOND_MS),
  "broken-stream": softPause(5 * SECOND_MS),
};

/** Failures that end the sign-in at once; a refused token gets one refresh first (`next-step.ts`). */
const CONDEMNING: ReadonlySet<FailureKind> = new Set(["account-deactivated", "key-refused", "workspace-deactivated"]);

function pauseOf(reason: string): PausePolicy | null {
  return Object.hasOwn(PAUSES, reason) ? (PAUSES[reason as FailureKind] ?? null) : null;
}

/** Whether a pause with this reason only steers, so that a turn with no other choice may still try the account. */
export function isSoftPause(reason: string): boolean {
  return pauseOf(reason)?.soft === true;
}

/**
 * Whether a usage limit is that of a family of its own, which meters other models: some such window is used up while
 * the ordinary ones have room. Read only from windows seen just now, with the refusal itself.
 */
function isOwnLimit(state: AccountState, nowMs: number): boolean {
  const fresh = state.windows.filter((window) => nowMs - window.observedAtMs < MINUTE_MS);
  const ordinary = fresh.filter((window) => window.limit === MAIN_LIMIT);
  const isSpent = (window: QuotaWindow) => remainingPercent(window, nowMs) <= 0;
  return ordinary.length > 0 && !ordinary.some(isSpent) && fresh.some(isSpent);
}

/** The reset of the window that is used up, for limits that came without an instant. */
function exhaustedResetMs(state: AccountState, isOwn: boolean, nowMs: number): number | null {
  let latest: number | null = null;
  for (const window of state.windows) {
    if ((window.limit !== MAIN_LIMIT) !== isOwn || window.usedPercent < 100 || window.resetsAtMs === null) continue;
    if (window.resetsAtMs > nowMs) latest = Math.max(latest ?? 0, window.resetsAtMs);
  }
  return latest;
}

interface PauseInput {
  readonly kind: FailureKind;
  readonly policy: PausePolicy;
  /** What upstream said, from the answer or from the windows. */
  readonly saidMs: number | null;
  /** What stands on the account, or on the model, now. */
  readonly previous: Cooldown | null;
  readonly model: string | null;
  readonly nowMs: number;
}

/** Several turns that run into one limit at once are one strike; the next one counts when the pause is over. */
function strikesOf({ kind, previous, nowMs }: PauseInput): number {
  if (previous === null || previous.reason !== kind) return 1;
  return previous.untilMs > nowMs ? previous.strikes : previous.strikes + 1;
}

function buildPause(input: PauseInput): Cooldown {
  const { kind, policy, saidMs, model, nowMs } = input;
  const strikes = strikesOf(input);
  const grown = (firstMs: number) => nowMs + Math.min(firstMs * 2 ** Math.min(strikes - 1, 16), policy.longestMs);
  const base = { model, reason: kind, sinceMs: nowMs, strikes };
  if (saidMs === null) return { ...base, untilMs: grown(policy.firstMs), untilSource: "assumed" };
  const leastMs = grown(policy.saidMinMs);
  if (saidMs < leastMs) return { ...base, untilMs: leastMs, untilSource: "assumed" };
  return { ...base, untilMs: Math.min(saidMs, nowMs + policy.saidMaxMs), untilSource: "upstream" };
}

/**
 * The pause to write down where another may still run; null leaves that one. What upstream said is not cut short by what
 * we assume, a soft pause never takes the place of a hard one, and of two alike the later end counts.
 */
function mergePause(next: Cooldown, previous: Cooldown | null, nowMs: number): Cooldown | null {
  if (previous === null || previous.untilMs <= nowMs) return next;
  if (previous.reason === next.reason) {
    const isCut = next.untilSource === "assumed" && previous.untilSource === "upstream";
    return isCut ? { ...next, untilMs: previous.untilMs, untilSource: previous.untilSource } : next;
  }
  const [isNextSoft, isPreviousSoft] = [isSoftPause(next.reason), isSoftPause(previous.reason)];
  if (isNextSoft !== isPreviousSoft) return isNextSoft ? null : next;
  return next.untilMs > previous.untilMs ? next : null;
}

function pauseFor(failure: Failure, policy: PausePolicy, state: AccountState, model: string, nowMs: number): Effect {
  const isQuota = failure.kind === "usage-limit" || failure.kind === "workspace-limit";
  const isOwn = failure.kind === "usage-limit" && isOwnLimit(state, nowMs);
  const target = isOwn
    ? "model"
    : failure.scope === "model" || failure.scope === "workspace"
      ? failure.scope
      : "account";
  const cooled = target === "model" ? model : null;
  const previous = state.cooldowns.find((cooldown) => cooldown.model === cooled) ?? null;
  const saidMs = failure.untilMs ?? (isQuota ? exhaustedResetMs(state, isOwn, nowMs) : null);
  const next = buildPause({ kind: failure.kind, policy, saidMs, previous, model: cooled, nowMs });
  const cooldown = mergePause(next, previous, nowMs);
  return cooldown === null ? { kind: "none" } : { kind: "cool", target, cooldown };
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
  // A refusal without a permanent code may be upstream's own trouble: the account rests, its sign-in stays.
  const policy = failure.kind === "token-refused" && !wasRefreshed ? null : pauseOf(failure.kind);
  return policy === null ? { kind: "none" } : pauseFor(failure, policy, state, upstreamModel, nowMs);
}
