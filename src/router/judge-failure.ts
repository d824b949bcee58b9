/** Writes down what a failure says of the account it happened on, judged by the account's state as it is now. */
import type { Engine } from "./engine.ts";
import type { Candidate } from "./rules/candidate.ts";
import type { Failure } from "./rules/failure.ts";
import { effectOf } from "./rules/health.ts";

/** `wasRenewed`: the token was renewed within the turn, so that a second refusal is the sign-in's own. `turnId` for the log. */
export function judgeFailure(
  engine: Engine,
  candidate: Candidate,
  failure: Failure,
  upstreamModel: string,
  wasRenewed: boolean,
  turnId: string | null = null,
): void {
  const state = engine.live.accountState(candidate.accountKey);
  const effect = effectOf(failure, state, upstreamModel, wasRenewed, engine.clock.now());
  engine.live.applyEffect(candidate, effect, turnId);
}
