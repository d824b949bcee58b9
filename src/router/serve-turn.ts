/**
 * Serves one turn: choose, try, judge, and again until it is served or there is no sense in going on. The loop and
 * nothing but the loop; what a step means is in the rules, how a try is made in `attempt.ts`.
 */
import { LIMITS } from "../limits.ts";
import { type AttemptResult, runAttempt } from "./attempt.ts";
import { beginTurn, type TurnRun } from "./begin-turn.ts";
import { deliverAnswer, deliverLeft, deliverNobody, deliverPassed, deliverStream } from "./deliver.ts";
import type { Engine } from "./engine.ts";
import { judgeFailure } from "./judge-failure.ts";
import type { Candidate } from "./rules/candidate.ts";
import { type Choice, chooseProfile } from "./rules/choose.ts";
import { classifyFailure } from "./rules/classify.ts";
import type { Failure } from "./rules/failure.ts";
import { advance, nextStep, type Progress, type Step } from "./rules/next-step.ts";
import type { Served, Turn } from "./turn.ts";

/** Resolves with what the client gets; settles the turn exactly once, streams when their last byte is out. */
export async function serveTurn(engine: Engine, turn: Turn): Promise<Served> {
  const begun = beginTurn(engine, turn);
  if (begun.kind === "refused") return begun.served;
  const { run } = begun;
  let progress = run.progress;
  let renewal = null as Renewal | null;
  let lastFailure: Failure | null = null;
  for (;;) {
    const choice: Choice = renewal?.choice ?? choose(engine, run, progress);
    run.ledger.noteChoice(choice);
    if (choice.kind === "nobody") return deliverNobody(engine, run, choice.considered, lastFailure);
    const { candidate } = choice;
    const startedAtMs = engine.clock.now();
    const release = engine.live.beginAttempt(candidate.accountKey);
    const result = await tryOnce(engine, run, candidate, progress, renewal);
    if (result.kind === "stream") return deliverStream(engine, run, { choice, result, release, startedAtMs });
    release();
    if (result.kind === "answer") return deliverAnswer(engine, run, { choice, result, startedAtMs });

    const failure = classifyFailure(result.evidence);
    run.ledger.noteAttempt(candidate.name, failure.kind, failure.code, startedAtMs);
    const wasRenewed = progress.renewed.has(candidate.profileId);
    judgeFailure(engine, candidate, failure, run.model.upstreamModel, wasRenewed);
    if (failure.scope === "nobody") return deliverLeft(run);
    const step = decide(engine, run, candidate, failure, progress);
    if (step.kind === "surface") return deliverPassed(engine, run, choice, failure, result.passed);
    lastFailure = failure;
    renewal =
      step.kind === "renew" || step.kind === "sanitise" ? { choice, generation: result.generation, step } : null;
    progress = advance(progress, failure, step, candidate.profileId);
    if (step.kind === "next-profile") await pause(engine, turn, step.pauseMs);
  }
}

/** The next try goes to the same profile: with a newer token, or without what it cannot read. */
interface Renewal {
  readonly choice: Extract<Choice, { kind: "chosen" }>;
  readonly generation: number | null;
  readonly step: Step;
}

function choose(engine: Engine, run: TurnRun, progress: Progress): Choice {
  const view = engine.live.view();
  return chooseProfile({
    candidates: view.settings.enabled ? view.candidates : [],
    needs: {
      upstreamModel: run.model.upstreamModel,
      kinds: ["chatgpt", "api-key"],
      boundProfileId: run.session.profileId,
      ownerProfileId: progress.ownerProfileId,
      tried: progress.tried,
    },
    routing: view.settings.routing,
    lastAccountKey: view.lastAccountKey,
    nowMs: engine.clock.now(),
    rng: engine.rng,
    probeAfterMs: LIMITS.probeAfterMs,
  });
}

function tryOnce(
  engine: Engine,
  run: TurnRun,
  candidate: Candidate,
  progress: Progress,
  renewal: Renewal | null,
): Promise<AttemptResult> {
  const issuer = engine.live.turnStateIssuer(run.session.id) ?? run.session.profileId;
  return runAttempt(engine, {
    turn: run.turn,
    model: run.model,
    candidate,
    progress,
    turnState: issuer === candidate.profileId ? run.turn.client.get("x-codex-turn-state") : null,
    refusedGeneration: renewal?.step.kind === "renew" ? renewal.generation : null,
  });
}

function decide(engine: Engine, run: TurnRun, candidate: Candidate, failure: Failure, progress: Progress): Step {
  const owner = run.session.lastRollover?.from ?? null;
  const isOwnerUsable = engine.live.view().candidates.some((entry) => entry.profileId === owner && entry.selected);
  return nextStep({
    failure,
    profileId: candidate.profileId,
    progress,
    attemptsMax: LIMITS.attemptsMax,
    refusalsMax: LIMITS.refusalsMax,
    ownerProfileId: isOwnerUsable ? owner : null,
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
