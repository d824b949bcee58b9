/** What a failure comes to, in a few words: the columns of the tables of refusals. */
import { expect } from "bun:test";
import { UNKNOWN_ACCOUNT_STATE } from "../../src/router/rules/account-state.ts";
import { classifyFailure } from "../../src/router/rules/classify.ts";
import type { Evidence, Failure, FailureKind, FailureScope, Remedy } from "../../src/router/rules/failure.ts";
import { type Effect, effectOf, isSoftPause } from "../../src/router/rules/health.ts";
import { FRESH_PROGRESS, nextStep, type Progress } from "../../src/router/rules/next-step.ts";
import { MODEL, NOW } from "./rules.ts";

/** Kind, scope, remedy, what becomes of the account, the next step. */
export type Row = readonly [FailureKind, FailureScope, Remedy, effect: string, step: string];

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

function lengthOf(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, length]) => ms >= length) ?? ["ms", 1];
  return `${ms / unitMs}${unit}`;
}

/**
 * `account 4h`: a pause of the whole account for four hours; `?` where its length is our assumption, `~` where it only
 * steers. `-`: nothing.
 */
export function effectWords(effect: Effect): string {
  if (effect.kind === "none") return "-";
  if (effect.kind === "condemn") return `condemn ${effect.target}`;
  const { reason, untilMs, untilSource, model } = effect.cooldown;
  expect(model).toBe(effect.target === "model" ? MODEL : null);
  const marks = `${untilSource === "assumed" ? "?" : ""}${isSoftPause(reason) ? "~" : ""}`;
  return `${effect.target} ${lengthOf(untilMs - NOW)}${marks}`;
}

/** The step a turn takes that has one more account to ask and nobody who made its history. */
export function stepWords(failure: Failure, progress: Progress = FRESH_PROGRESS): string {
  const step = nextStep({
    failure,
    profileId: "a",
    progress,
    attemptsMax: 4,
    refusalsMax: 64,
    ownerProfileId: null,
    isAnotherEligible: true,
    budgetLeft: true,
    rng: () => 0.5,
  });
  return step.kind === "next-profile" && step.pauseMs > 0 ? "next after a pause" : step.kind;
}

/** Judges the evidence on an account of which nothing is known. */
export function expectRow(evidence: Evidence, [kind, scope, remedy, effect, step]: Row, phase: string): void {
  const failure = classifyFailure(evidence);
  const said = effectWords(effectOf(failure, UNKNOWN_ACCOUNT_STATE, MODEL, false, NOW));
  const { kind: isKind, scope: isScope, remedy: isRemedy, phase: isPhase } = failure;
  expect([isKind, isScope, isRemedy, said, stepWords(failure), isPhase]).toEqual([
    kind,
    scope,
    remedy,
    effect,
    step,
    phase,
  ]);
}
