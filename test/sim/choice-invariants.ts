/** What must hold of every choice. The numbers are those of `invariants.ts`. */
import { LIMITS } from "../../src/limits.ts";
import type { AccountState } from "../../src/router/rules/account-state.ts";
import type { Candidate } from "../../src/router/rules/candidate.ts";
import { chooseProfile } from "../../src/router/rules/choose.ts";
import type { RecordedChoice } from "./watched-live-state.ts";

export type Breach = (invariant: number, what: string) => void;

export function checkChoice(choice: RecordedChoice, breach: Breach): void {
  checkCooling(choice, breach);
  checkOneHeadroom(choice, breach);
  checkReplay(choice, breach);
}

/** 5. A cooling profile is not chosen while an eligible one exists. */
function checkCooling({ choice, candidates, needs, atMs }: RecordedChoice, breach: Breach): void {
  if (choice.kind !== "chosen" || !isCooling(choice.candidate, needs.upstreamModel, atMs)) return;
  const better = candidates.find((candidate) => isFree(candidate, needs, atMs));
  if (better !== undefined) {
    breach(5, `${choice.candidate.name} was chosen while cooling, ${better.name} was free`);
  }
}

function isCooling(candidate: Candidate, model: string, atMs: number): boolean {
  return candidate.state.cooldowns.some(
    (cooldown) => cooldown.untilMs > atMs && (cooldown.model === null || cooldown.model === model),
  );
}

function isFree(candidate: Candidate, needs: RecordedChoice["needs"], atMs: number): boolean {
  const { selected, signInNeeded, models, kind, profileId, reservePercent, state } = candidate;
  if (!selected || signInNeeded !== null || needs.tried.has(profileId) || !needs.kinds.includes(kind)) return false;
  if (models !== null && !models.has(needs.upstreamModel)) return false;
  return !isCooling(candidate, needs.upstreamModel, atMs) && hasQuota(state, reservePercent, atMs);
}

function hasQuota(state: AccountState, reservePercent: number, atMs: number): boolean {
  return state.windows.every((window) => {
    const isOver = window.resetsAtMs !== null && window.resetsAtMs <= atMs;
    return isOver || 100 - window.usedPercent > reservePercent;
  });
}

/** 10. Profiles of one account show one headroom. */
function checkOneHeadroom({ choice }: RecordedChoice, breach: Breach): void {
  const shown = new Map<string, number | null>();
  for (const { accountKey, headroomPercent, name } of choice.considered) {
    const before = shown.get(accountKey);
    if (before !== undefined && before !== headroomPercent) {
      breach(10, `${name} shows ${headroomPercent} %, another profile of its account ${before} %`);
    }
    shown.set(accountKey, headroomPercent);
  }
}

/** 12. A choice made again from what was written down of it is the same. */
function checkReplay(recorded: RecordedChoice, breach: Breach): void {
  const draws = [...recorded.draws];
  const again = chooseProfile({
    candidates: recorded.candidates,
    needs: recorded.needs,
    routing: recorded.routing,
    lastAccountKey: recorded.lastAccountKey,
    nowMs: recorded.atMs,
    rng: () => draws.shift() ?? 0,
    isEnabled: recorded.isEnabled,
    probeAfterMs: LIMITS.probeAfterMs,
  });
  const nameOf = (choice: typeof again) => (choice.kind === "chosen" ? choice.candidate.profileId : "nobody");
  if (nameOf(again) !== nameOf(recorded.choice)) {
    breach(12, `a choice of ${nameOf(recorded.choice)} made again gives ${nameOf(again)}`);
  }
}
