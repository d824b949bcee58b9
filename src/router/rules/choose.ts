/** Which profile serves this turn? Pure: the same snapshot, needs, instant and chance give the same choice. */
import type { Cooldown } from "./account-state.ts";
import type { Candidate, Needs } from "./candidate.ts";
import { because, type Exclusive, exclusionOf, headroomFor } from "./eligibility.ts";
import { isSoftPause } from "./health.ts";
import { type Measured, pickLeastUsed } from "./policy/least-used.ts";
import { pickRoundRobin } from "./policy/round-robin.ts";
import type { Headroom } from "./quota.ts";

export const CHOICE_REASONS = ["bound", "owner", "most-room", "next-in-turn", "only-paused", "probe"] as const;
/**
 * Why the chosen one was: the session lives there, it made the history, the policy put it first, every other is out
 * and its own pause is a soft one, or a limit that is due to be proven again.
 */
export type ChoiceReason = (typeof CHOICE_REASONS)[number];

export interface Considered {
  readonly profileId: string;
  readonly name: string;
  readonly accountKey: string;
  readonly verdict: "chosen" | "eligible" | "excluded";
  readonly exclusion: Exclusive | null;
  readonly headroomPercent: number | null;
}

export type Choice =
  | {
      readonly kind: "chosen";
      readonly candidate: Candidate;
      readonly reason: ChoiceReason;
      readonly considered: readonly Considered[];
    }
  | { readonly kind: "nobody"; readonly considered: readonly Considered[] };

export interface ChoiceInput {
  /** A pool that is off considers everybody and chooses nobody. */
  readonly isEnabled: boolean;
  readonly candidates: readonly Candidate[];
  readonly needs: Needs;
  readonly routing: "least-used" | "round-robin";
  /** The account that took the newest session, for the rotation. */
  readonly lastAccountKey: string | null;
  readonly nowMs: number;
  readonly rng: () => number;
  /** How long a pause must have stood unproven before one turn may try it when nobody else is left. */
  readonly probeAfterMs: number;
}

interface Judged extends Measured {
  readonly exclusion: Exclusive | null;
}

/** Two profiles of one account get one place; the session's own, then the owner of its history, hold it first. */
function markSameAccount(judged: readonly Judged[], needs: Needs): Judged[] {
  const places = new Map<string, string>();
  for (const wanted of [needs.boundProfileId, needs.ownerProfileId]) {
    const own = eligibleOf(judged, wanted);
    if (own !== null && !places.has(own.accountKey)) places.set(own.accountKey, own.profileId);
  }
  return judged.map((entry) => {
    if (entry.exclusion !== null) return entry;
    const { accountKey, profileId } = entry.candidate;
    const place = places.get(accountKey);
    if (place === undefined) places.set(accountKey, profileId);
    if (place === undefined || place === profileId) return entry;
    return { ...entry, exclusion: because("same-account") };
  });
}

/** The candidate of that profile, if nothing speaks against it. */
function eligibleOf(judged: readonly Judged[], profileId: string | null): Candidate | null {
  if (profileId === null) return null;
  for (const { candidate, exclusion } of judged) {
    if (candidate.profileId === profileId) return exclusion === null ? candidate : null;
  }
  return null;
}

/** Limits that the owner or upstream may lift before their time. */
const LIMITS_TO_PROVE: ReadonlySet<string> = new Set(["usage-limit", "workspace-limit"]);

/** Whether a pause may be over although its time is not: a limit, or any other whose end is only our own guess. */
function isProvable(cooldown: Cooldown): boolean {
  return LIMITS_TO_PROVE.has(cooldown.reason) || cooldown.untilSource === "assumed";
}

/** The candidate as it would be without those of its pauses. */
function withoutPauses(candidate: Candidate, isGone: (cooldown: Cooldown) => boolean): Candidate {
  const cooldowns = candidate.state.cooldowns.filter((cooldown) => !isGone(cooldown));
  return { ...candidate, state: { ...candidate.state, cooldowns } };
}

/** Old enough to be proven; an account at work gets twice the time, so that turns which come together send one proof. */
function isDue({ candidate, exclusion }: Judged, input: ChoiceInput): boolean {
  if (exclusion === null || exclusion.sinceMs === null) return false;
  const waitMs = candidate.inFlight > 0 ? 2 * input.probeAfterMs : input.probeAfterMs;
  return input.nowMs - exclusion.sinceMs >= waitMs;
}

/**
 * Nobody is eligible: the named policy for it. A pause is a hint that may have ended early, so the one that has stood
 * longest without proof gets one try; what upstream has asked for and what the owner keeps back stay as they are.
 */
function chooseProbe(judged: readonly Judged[], input: ChoiceInput): Candidate | null {
  const provable = judged.filter((entry) => {
    const { candidate, exclusion } = entry;
    if (exclusion?.reason !== "exhausted" && exclusion?.reason !== "cooling") return false;
    if (input.needs.tried.has(candidate.profileId) || !isDue(entry, input)) return false;
    const rest = exclusionOf(withoutPauses(candidate, isProvable), input.needs, input.nowMs);
    return rest === null || rest.reason === "exhausted";
  });
  provable.sort((a, b) => (a.exclusion?.sinceMs ?? 0) - (b.exclusion?.sinceMs ?? 0));
  return provable[0]?.candidate ?? null;
}

/**
 * A soft pause steers turns elsewhere; with nowhere else to go, the one that ends first is used after all, if the pause
 * is all that speaks against it.
 */
function chooseSoftPaused(judged: readonly Judged[], input: ChoiceInput): Candidate | null {
  const paused = judged.filter(
    ({ candidate, exclusion }) =>
      exclusion?.reason === "cooling" &&
      exclusionOf(withoutPauses(candidate, isSoft), input.needs, input.nowMs) === null,
  );
  paused.sort((a, b) => (a.exclusion?.untilMs ?? 0) - (b.exclusion?.untilMs ?? 0));
  return paused[0]?.candidate ?? null;
}

function isSoft(cooldown: Cooldown): boolean {
  return isSoftPause(cooldown.reason);
}

function pickByPolicy(eligible: readonly Judged[], input: ChoiceInput): Candidate | null {
  switch (input.routing) {
    case "least-used":
      return pickLeastUsed(eligible, input.rng);
    case "round-robin":
      return pickRoundRobin(
        eligible.map(({ candidate }) => candidate),
        input.lastAccountKey,
      );
  }
}

function pick(judged: readonly Judged[], input: ChoiceInput): { candidate: Candidate; reason: ChoiceReason } | null {
  const owner = eligibleOf(judged, input.needs.ownerProfileId);
  if (owner !== null) return { candidate: owner, reason: "owner" };
  const bound = eligibleOf(judged, input.needs.boundProfileId);
  if (bound !== null) return { candidate: bound, reason: "bound" };
  const eligible = judged.filter((entry) => entry.exclusion === null);
  const first = pickByPolicy(eligible, input);
  if (first !== null) {
    return { candidate: first, reason: input.routing === "least-used" ? "most-room" : "next-in-turn" };
  }
  const paused = chooseSoftPaused(judged, input);
  if (paused !== null) return { candidate: paused, reason: "only-paused" };
  const probe = chooseProbe(judged, input);
  return probe === null ? null : { candidate: probe, reason: "probe" };
}

function judge(candidate: Candidate, headroom: Headroom, input: ChoiceInput): Exclusive | null {
  if (!input.isEnabled && candidate.selected) return because("pool-disabled");
  return exclusionOf(candidate, input.needs, input.nowMs, headroom);
}

/** Considers every candidate, keeps the reason for each, and answers with one or with nobody. Never mutates. */
export function chooseProfile(input: ChoiceInput): Choice {
  const judged = markSameAccount(
    input.candidates.map((candidate) => {
      const headroom = headroomFor(candidate, input.needs.upstreamModel, input.nowMs);
      return { candidate, headroom, exclusion: judge(candidate, headroom, input) };
    }),
    input.needs,
  );
  const picked = pick(judged, input);
  const considered = judged.map(({ candidate, exclusion, headroom }): Considered => {
    const isPicked = candidate === picked?.candidate;
    return {
      profileId: candidate.profileId,
      name: candidate.name,
      accountKey: candidate.accountKey,
      verdict: isPicked ? "chosen" : exclusion === null ? "eligible" : "excluded",
      exclusion: isPicked ? null : exclusion,
      headroomPercent: headroom.kind === "known" ? headroom.percent : null,
    };
  });
  return picked === null ? { kind: "nobody", considered } : { kind: "chosen", ...picked, considered };
}
