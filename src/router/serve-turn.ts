/**
 * Serves one turn: choose, try, judge, and again until it is served or there is no sense in going on. The loop and
 * nothing but the loop; what a step means is in the rules, how a try is made in `attempt.ts`.
 */
import { LIMITS } from "../limits.ts";
import { type AttemptResult, runAttempt } from "./attempt.ts";
import { beginTurn, type TurnRun } from "./begin-turn.ts";
import { deliverAnswer, deliverLeft, deliverNobody, deliverPassed, deliverStream } from "./deliver.ts";
import type { Engine } from "./engine.ts";
import { findOwner } from "./find-owner.ts";
import { judgeFailure } from "./judge-failure.ts";
import type { Candidate, Needs } from "./rules/candidate.ts";
import type { Choice } from "./rules/choose.ts";
import { classifyFailure } from "./rules/classify.ts";
import { isAnotherEligible } from "./rules/eligibility.ts";
import type { Failure } from "./rules/failure.ts";
import { advance, nextStep, type Progress, type Step } from "./rules/next-step.ts";
import type { Served, Turn } from "./turn.ts";

/** Resolves with what the client gets; settles the turn exactly once: one that is served a moment after its answer is out. */
export async function serveTurn(engine: Engine, turn: Turn): Promise<Served> {
  const begun = beginTurn(engine, turn);
  if (begun.kind === "refused") return begun.served;
  const { run } = begun;
  try {
    return await serveRun(engine, turn, run);
  } catch (error) {
    run.ledger.abandon();
    throw error;
  }
}

async function serveRun(engine: Engine, turn: Turn, run: TurnRun): Promise<Served> {
  let progress = run.progress;
  let renewal = null as Renewal | null;
  let lastFailure: Failure | null = null;
  for (;;) {
    const choice: Choice = renewal?.choice ?? engine.live.choose(needsOf(run, progress), engine.rng);
    run.ledger.noteChoice(choice);
    if (choice.kind === "nobody") return deliverNobody(engine, run, choice.considered, lastFailure);
    const { candidate } = choice;
    const startedAtMs = engine.clock.now();
    run.ledger.hold(engine.live.beginAttempt(candidate.accountKey));
    const result = await tryOnce(engine, run, candidate, progress, renewal);
    if (result.kind === "stream") return deliverStream(engine, run, { choice, result, startedAtMs });
    run.ledger.letGo();
    if (result.kind === "answer") return deliverAnswer(engine, run, { choice, result, startedAtMs });

    const failure = classifyFailure(result.evidence);
    run.ledger.noteAttempt(candidate.name, failure.kind, failure.code, startedAtMs);
    // By the figures that came with it.
    engine.live.readHeads();
    const wasRenewed = progress.renewed.has(candidate.profileId);
    judgeFailure(engine, candidate, failure, run.model.upstreamModel, wasRenewed, turn.id);
    if (failure.scope === "nobody") return deliverLeft(run);
    const step = decide(engine, run, candidate, failure, progress);
    if (step.kind === "surface") return deliverPassed(engine, run, choice, failure, result.passed);
    lastFailure = failure;
    renewal =
      step.kind === "renew" || step.kind === "sanitise" ? { choice, generation: result.generation, step } : null;
    progress = advance(progress, failure, step, candidate.profileId);
    if (step.kind === "next-profile" || step.kind === "same-again") await pause(engine, turn, step.pauseMs);
  }
}

/** The next try goes to the same profile: with a newer token, or without what it cannot read. */
interface Renewal {
  readonly choice: Extract<Choice, { kind: "chosen" }>;
  readonly generation: number | null;
  readonly step: Step;
}

function needsOf(run: TurnRun, progress: Progress): Needs {
  return {
    upstreamModel: run.model.upstreamModel,
    isListed: run.turn.route.isPublished,
    kinds: run.turn.route.kinds,
    boundProfileId: run.session.profileId,
    ownerProfileId: progress.ownerProfileId,
    tried: progress.tried,
  };
}

function tryOnce(
  engine: Engine,
  run: TurnRun,
  candidate: Candidate,
  progress: Progress,
  renewal: Renewal | null,
): Promise<AttemptResult> {
  const turnState = run.turn.client["x-codex-turn-state"] ?? null;
  const issuer = turnState === null ? null : engine.live.turnStates.issuerOf(engine.hash(turnState));
  return runAttempt(engine, {
    turn: run.turn,
    model: run.model,
    candidate,
    progress,
    turnState: issuer === candidate.profileId ? turnState : null,
    refusedGeneration: renewal?.step.kind === "renew" ? renewal.generation : null,
  });
}

function decide(engine: Engine, run: TurnRun, candidate: Candidate, failure: Failure, progress: Progress): Step {
  const { candidates } = engine.live.view();
  const needs = needsOf(run, progress);
  const nowMs = engine.clock.now();
  return nextStep({
    failure,
    profileId: candidate.profileId,
    progress,
    attemptsMax: LIMITS.attemptsMax,
    refusalsMax: LIMITS.refusalsMax,
    ownerProfileId: findOwner(run, candidate, candidates, needs, nowMs),
    isAnotherEligible: isAnotherEligible(candidates, needs, candidate.profileId, nowMs),
    budgetLeft: failure.scope !== "upstream" || engine.live.withdrawRetry(),
    rng: engine.rng,
  });
}

/** Waits between two tries of an ailing upstream; ends early when the client leaves. */
function pause(engine: Engine, turn: Turn, pauseMs: number): Promise<void> {
  if (pauseMs <= 0 || turn.signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = engine.clock.after(pauseMs, resolve);
  turn.signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(stop);
}
