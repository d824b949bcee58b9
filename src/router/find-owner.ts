/** Whose account made what the conversation carries? Asked when another account could not read it. */
import type { TurnRun } from "./begin-turn.ts";
import type { Candidate, Needs } from "./rules/candidate.ts";
import { exclusionOf } from "./rules/eligibility.ts";

/** The session's home when this was a detour from it, else the one it lived on before; null when it never moved. */
export function ownerOf(run: TurnRun, asked: Candidate): string | null {
  const { profileId, lastRollover } = run.session;
  return profileId !== null && profileId !== asked.profileId ? profileId : (lastRollover?.from ?? null);
}

/** The owner, if it could serve the turn now. */
export function findOwner(
  run: TurnRun,
  asked: Candidate,
  candidates: readonly Candidate[],
  needs: Needs,
  nowMs: number,
): string | null {
  const owner = candidates.find((candidate) => candidate.profileId === ownerOf(run, asked));
  return owner !== undefined && exclusionOf(owner, needs, nowMs) === null ? owner.profileId : null;
}
