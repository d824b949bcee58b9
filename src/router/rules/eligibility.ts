/** May this profile serve this turn now? One answer, with its reason; never picks between profiles. */
import { type Cooldown, MAIN_LIMIT } from "./account-state.ts";
import type { Candidate, Needs } from "./candidate.ts";
import { backAtMs, type Headroom, hasCredits, headroomOf } from "./quota.ts";

export const EXCLUSIONS = [
  "pool-disabled",
  "not-selected",
  "sign-in-needed",
  "wrong-kind",
  "model-not-offered",
  "tried",
  "cooling",
  "exhausted",
  "below-reserve",
  "same-account",
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

export interface Exclusive {
  readonly reason: Exclusion;
  /** More exact, such as the failure that set a cooldown; empty when the reason says all. */
  readonly detail: string;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** Whether `untilMs` is upstream's own word rather than our assumption. */
  readonly isUntilSaid: boolean;
}

/** The cooldown that holds this model back now: the account-wide one or the model's own, whichever ends later. */
export function activeCooldown(candidate: Candidate, upstreamModel: string, nowMs: number): Cooldown | null {
  let latest: Cooldown | null = null;
  for (const cooldown of candidate.state.cooldowns) {
    if (cooldown.untilMs <= nowMs || (cooldown.model !== null && cooldown.model !== upstreamModel)) continue;
    if (latest === null || cooldown.untilMs > latest.untilMs) latest = cooldown;
  }
  return latest;
}

/** The family that meters a model: one of its own where upstream reports such, else the ordinary limit. */
export function limitOf(candidate: Candidate, upstreamModel: string): string {
  for (const window of candidate.state.windows) if (window.limit === upstreamModel) return upstreamModel;
  return MAIN_LIMIT;
}

/** What the account has left for this model. */
export function headroomFor(candidate: Candidate, upstreamModel: string, nowMs: number): Headroom {
  return headroomOf(candidate.state, nowMs, limitOf(candidate, upstreamModel));
}

export function because(reason: Exclusion, more: Partial<Omit<Exclusive, "reason">> = {}): Exclusive {
  return { reason, detail: "", sinceMs: null, untilMs: null, isUntilSaid: false, ...more };
}

function quotaExclusion(
  candidate: Candidate,
  upstreamModel: string,
  nowMs: number,
  headroom: Headroom,
): Exclusive | null {
  const { state, reservePercent } = candidate;
  if (headroom.kind === "unknown") return null;
  const isEmpty = headroom.percent <= 0 && !hasCredits(state);
  // Credits serve beyond the windows, but not for an owner who keeps some of them back.
  if (!isEmpty && (headroom.percent > reservePercent || reservePercent <= 0)) return null;
  const untilMs = backAtMs(state, nowMs, limitOf(candidate, upstreamModel), reservePercent);
  const since = { sinceMs: headroom.observedAtMs, untilMs, isUntilSaid: untilMs !== null };
  return because(isEmpty ? "exhausted" : "below-reserve", since);
}

/**
 * Null when the profile may serve. The first reason found is the one the owner can do most about. Whoever has the headroom
 * already gives it.
 */
export function exclusionOf(
  candidate: Candidate,
  needs: Needs,
  nowMs: number,
  headroom: Headroom = headroomFor(candidate, needs.upstreamModel, nowMs),
): Exclusive | null {
  if (!candidate.selected) return because("not-selected");
  const { signInNeeded } = candidate;
  if (signInNeeded !== null) {
    return because("sign-in-needed", { detail: signInNeeded.reason, sinceMs: signInNeeded.sinceMs });
  }
  if (!needs.kinds.includes(candidate.kind)) return because("wrong-kind");
  const isOffered = !needs.isListed || candidate.models === null || candidate.models.has(needs.upstreamModel);
  if (!isOffered) return because("model-not-offered");
  const cooldown = activeCooldown(candidate, needs.upstreamModel, nowMs);
  if (cooldown !== null) {
    const { reason: detail, sinceMs, untilMs, untilSource } = cooldown;
    return because("cooling", { detail, sinceMs, untilMs, isUntilSaid: untilSource === "upstream" });
  }
  const quota = quotaExclusion(candidate, needs.upstreamModel, nowMs, headroom);
  if (quota !== null) return quota;
  return needs.tried.has(candidate.profileId) ? because("tried") : null;
}

/** Whether anybody but this profile may serve. */
export function isAnotherEligible(
  candidates: readonly Candidate[],
  needs: Needs,
  profileId: string,
  nowMs: number,
): boolean {
  return candidates.some(
    (candidate) => candidate.profileId !== profileId && exclusionOf(candidate, needs, nowMs) === null,
  );
}
