/** What now? From a failure and how far the turn has come: try the same account again, another one, or say it. */
import type { Failure, FailureKind } from "./failure.ts";

/** How far a turn has come. Grows by `advance`; never changes in place. */
export interface Progress {
  /** Attempts that may have cost upstream something. Refusals of a single account do not count: see `advance`. */
  readonly attempts: number;
  /** Accounts that refused for a reason of their own; bounded by how many accounts there are. */
  readonly refusals: number;
  /** Profiles that are not to be asked again. */
  readonly tried: ReadonlySet<string>;
  /**
   * Upstream faults by profile: the second one on the same profile rules it out, a call to go elsewhere or a block at once. Where
   * one is ruled out by its faults, those after it have one try each, so that the tries reach as many as they can.
   */
  readonly faults: ReadonlyMap<string, number>;
  /** Profiles whose token was renewed in this turn. */
  readonly renewed: ReadonlySet<string>;
  /** Whether items tied to another account have been taken out. */
  readonly sanitised: boolean;
  /** Profile that is to be asked because its account made the history; null when that has been tried or is unknown. */
  readonly ownerProfileId: string | null;
}

export const FRESH_PROGRESS: Progress = {
  attempts: 0,
  refusals: 0,
  tried: new Set(),
  faults: new Map(),
  renewed: new Set(),
  sanitised: false,
  ownerProfileId: null,
};

export type Step =
  | { readonly kind: "renew" }
  | { readonly kind: "ask-owner"; readonly ownerProfileId: string }
  | { readonly kind: "sanitise" }
  | { readonly kind: "next-profile"; readonly pauseMs: number }
  | { readonly kind: "same-again"; readonly pauseMs: number }
  | { readonly kind: "surface" };

export interface StepInput {
  readonly failure: Failure;
  readonly profileId: string;
  readonly progress: Progress;
  readonly attemptsMax: number;
  readonly refusalsMax: number;
  /** The session's former profile, when the conversation may hold items that only its account can read. */
  readonly ownerProfileId: string | null;
  /** Whether somebody else, not yet ruled out, could serve the turn now. */
  readonly isAnotherEligible: boolean;
  /** Whether the turns together have retried so much that one more would feed an outage. */
  readonly budgetLeft: boolean;
  readonly rng: () => number;
}

/** Faults that would come back at once on the same profile: the next try goes elsewhere. */
const LEFT_AT_ONCE: ReadonlySet<FailureKind> = new Set(["try-elsewhere", "network-blocked"]);

/** One may be chance, such as a connection that upstream closed just then; the account has the conversation in its cache. */
const FAULTS_MAX = 2;

const RETRY_PAUSE_MS = 150;
const BLOCKED_PAUSE_MS = 1_000;

/** Whether a failure is the account's own refusal, which costs upstream next to nothing. */
function isRefusal(failure: Failure): boolean {
  return ["account", "workspace", "model", "profile"].includes(failure.scope);
}

function stepOfForeignContent(input: StepInput): Step {
  const { progress, ownerProfileId, profileId } = input;
  const mayAskOwner = ownerProfileId !== null && ownerProfileId !== profileId && !progress.tried.has(ownerProfileId);
  if (mayAskOwner && progress.ownerProfileId === null) return { kind: "ask-owner", ownerProfileId };
  return progress.sanitised ? { kind: "surface" } : { kind: "sanitise" };
}

/**
 * Each profile may have a way out of its own, so a block speaks of one of them: the others are asked first. Where nobody
 * else is left, a block that is the turn's first trouble gets one more try after a real pause.
 */
function stepOfFault({ failure, progress, isAnotherEligible, rng }: StepInput): Step {
  const isFirst = ![...progress.faults.values()].some((count) => count > 0);
  if (failure.kind === "network-blocked" && isFirst && !isAnotherEligible) {
    return { kind: "same-again", pauseMs: Math.round(BLOCKED_PAUSE_MS * (0.5 + rng())) };
  }
  return { kind: "next-profile", pauseMs: Math.round(RETRY_PAUSE_MS * 2 ** progress.attempts * (0.5 + rng())) };
}

/** Total: every failure at every point has one step. After the commit nothing is ever tried again. */
export function nextStep(input: StepInput): Step {
  const { failure, progress } = input;
  if (failure.phase === "committed" || failure.scope === "turn" || failure.scope === "nobody")
    return { kind: "surface" };
  if (isRefusal(failure)) {
    if (progress.refusals + 1 >= input.refusalsMax) return { kind: "surface" };
    const isToken = failure.kind === "token-refused" || failure.kind === "sign-in-refused";
    return isToken && !progress.renewed.has(input.profileId) ? { kind: "renew" } : { kind: "next-profile", pauseMs: 0 };
  }
  if (progress.attempts + 1 >= input.attemptsMax) return { kind: "surface" };
  if (failure.kind === "foreign-content") return stepOfForeignContent(input);
  // Another account would most likely say the same of the same request.
  const isFinal = failure.kind === "try-elsewhere" && progress.attempts > 0;
  return isFinal || !input.budgetLeft ? { kind: "surface" } : stepOfFault(input);
}

/** The progress after a failure and the step decided for it. */
export function advance(progress: Progress, failure: Failure, step: Step, profileId: string): Progress {
  const refused = isRefusal(failure);
  const faults = (progress.faults.get(profileId) ?? 0) + (failure.scope === "upstream" ? 1 : 0);
  const isOneOut = [...progress.faults].some(([id, count]) => id !== profileId && count >= FAULTS_MAX);
  const isLeft = refused || faults >= FAULTS_MAX || isOneOut || LEFT_AT_ONCE.has(failure.kind);
  const isOver = step.kind === "next-profile" && isLeft;
  return {
    attempts: progress.attempts + (refused ? 0 : 1),
    refusals: progress.refusals + (refused ? 1 : 0),
    tried: isOver ? new Set([...progress.tried, profileId]) : progress.tried,
    faults: new Map([...progress.faults, [profileId, faults]]),
    renewed: step.kind === "renew" ? new Set([...progress.renewed, profileId]) : progress.renewed,
    sanitised: progress.sanitised || step.kind === "sanitise",
    ownerProfileId: step.kind === "ask-owner" ? step.ownerProfileId : progress.ownerProfileId,
  };
}
