/**
 * How does a profile stand, said to its owner? One pure function makes the view that the command line, the page and
 * Telegram all show. Reads what the rules know; never decides who may serve.
 */
import { type Static, Type } from "typebox";
import { LIMITS } from "../limits.ts";
import type { ProfileRecord } from "../ports.ts";
import { type AccountState, type Cooldown, MAIN_LIMIT } from "../router/rules/account-state.ts";
import { type Headroom, hasCredits, headroomOf, remainingPercent } from "../router/rules/quota.ts";
import { shownProxy } from "./proxy-words.ts";
import { nullable, WireTime, wireTimeOrNull } from "./shapes.ts";

export const PROFILE_STATES = ["ready", "busy", "low", "cooling", "needs-sign-in", "disabled", "unknown"] as const;
/** `disabled`: upstream closed the account or its workspace, which no sign-in mends. */
export type ProfileState = (typeof PROFILE_STATES)[number];

/** Below this much room an account is worth a look, reserve or not. */
const LOW_PERCENT = 10;

/** Enough to tell workspaces apart. */
const WORKSPACE_CHARACTERS = 8;

const CLOSED_REASONS: ReadonlySet<string> = new Set(["account-deactivated", "workspace-deactivated"]);

export const ProfileView = Type.Object({
  name: Type.String(),
  selected: Type.Boolean(),
  kind: Type.Enum(["chatgpt", "api-key"]),
  ownership: Type.Enum(["owned", "linked"]),
  link_path: nullable(Type.String()),
  email: nullable(Type.String()),
  plan: nullable(Type.String()),
  account: Type.String(),
  /** Upstream's workspace, shortened; several people may have a seat in it. */
  workspace: nullable(Type.String()),
  /** An older profile of the very same account: one headroom. */
  duplicate_of: nullable(Type.String()),
  /** Profiles of other people's seats in the workspace: headrooms of their own, but one workspace limit. */
  other_seats: Type.Array(Type.String()),
  state: Type.Enum([...PROFILE_STATES]),
  state_reason: nullable(Type.String()),
  headroom_percent: nullable(Type.Number()),
  windows: Type.Array(
    Type.Object({
      limit: Type.String(),
      minutes: Type.Number(),
      used_percent: Type.Number(),
      resets_at: nullable(WireTime),
    }),
  ),
  /** When upstream last told how much is used, and whether that is recent enough to rely on. */
  usage: Type.Object({ observed_at: nullable(WireTime), fresh: Type.Boolean() }),
  cooldown: nullable(Type.Object({ until: nullable(WireTime), reason: Type.String() })),
  /** Without user name and password. */
  proxy: nullable(Type.String()),
  reserve_percent: Type.Number(),
  in_flight: nullable(Type.Number()),
});
export type ProfileView = Static<typeof ProfileView>;

/** What is known of one profile at one moment. */
export interface ProfileFacts {
  readonly profile: ProfileRecord;
  /** Name of an older profile of the same account; null when there is none. */
  readonly duplicateOf: string | null;
  /** Names of other seats of its workspace. */
  readonly otherSeats: readonly string[];
  /** Whether its credential cannot be decrypted here. */
  readonly isLocked: boolean;
  readonly account: AccountState;
  readonly inFlight: number | null;
}

type Cooling = { readonly untilMs: number | null; readonly reason: string };

/** The account-wide pause that ends last. Pauses of single models leave the profile as it is. */
function accountCooldown(cooldowns: readonly Cooldown[], nowMs: number): Cooling | null {
  let latest: Cooldown | null = null;
  for (const cooldown of cooldowns) {
    if (cooldown.model !== null || cooldown.untilMs <= nowMs) continue;
    if (latest === null || cooldown.untilMs > latest.untilMs) latest = cooldown;
  }
  return latest;
}

/** Nothing left in a window is a pause too, whether or not a turn has run into it yet. */
function exhaustion(facts: ProfileFacts, headroom: Headroom): Cooling | null {
  if (headroom.kind === "unknown" || headroom.percent > 0 || hasCredits(facts.account)) return null;
  return { untilMs: headroom.resetsAtMs, reason: "exhausted" };
}

function stateOf(facts: ProfileFacts, headroom: Headroom, cooling: Cooling | null): ProfileState {
  const { profile, inFlight } = facts;
  if (facts.isLocked) return "needs-sign-in";
  if (profile.signIn.state === "needed") {
    return CLOSED_REASONS.has(profile.signIn.reason) ? "disabled" : "needs-sign-in";
  }
  if (cooling !== null) return "cooling";
  if (headroom.kind === "known" && headroom.percent <= Math.max(LOW_PERCENT, profile.reservePercent)) return "low";
  if (inFlight !== null && inFlight > 0) return "busy";
  // API keys have no windows: nothing is missing there.
  return headroom.kind === "unknown" && profile.kind === "chatgpt" ? "unknown" : "ready";
}

/** Two digits are more than upstream tells; the rest is noise of arithmetic. */
function roundPercent(percent: number): number {
  return Math.round(percent * 100) / 100;
}

function windowsOf(account: AccountState, nowMs: number): ProfileView["windows"] {
  return [...account.windows]
    .sort((a, b) => Number(b.limit === MAIN_LIMIT) - Number(a.limit === MAIN_LIMIT) || a.minutes - b.minutes)
    .map((window) => ({
      limit: window.limit,
      minutes: window.minutes,
      used_percent: roundPercent(100 - remainingPercent(window, nowMs)),
      resets_at: wireTimeOrNull(window.resetsAtMs),
    }));
}

/** The latest word on the account's own windows; what a future clock wrote counts as now. */
function usageOf(account: AccountState, nowMs: number): ProfileView["usage"] {
  const observed = account.windows.filter((window) => window.limit === MAIN_LIMIT).map((window) => window.observedAtMs);
  const latestMs = observed.length === 0 ? null : Math.max(...observed);
  const fresh = latestMs !== null && nowMs - latestMs <= LIMITS.usageFreshMs;
  return { observed_at: wireTimeOrNull(latestMs), fresh };
}

function reasonOf({ profile, isLocked }: ProfileFacts, cooling: Cooling | null): string | null {
  if (isLocked) return "key-missing";
  return profile.signIn.state === "needed" ? profile.signIn.reason : (cooling?.reason ?? null);
}

/** The view of one profile at `nowMs`. */
export function profileView(facts: ProfileFacts, nowMs: number): ProfileView {
  const { profile, account } = facts;
  const headroom = headroomOf(account, nowMs);
  const cooling = accountCooldown(account.cooldowns, nowMs) ?? exhaustion(facts, headroom);
  return {
    name: profile.name,
    selected: profile.selected,
    kind: profile.kind,
    ownership: profile.ownership,
    link_path: profile.linkPath,
    email: profile.email,
    plan: profile.plan,
    account: profile.accountKey,
    workspace: profile.workspaceId?.slice(0, WORKSPACE_CHARACTERS) ?? null,
    duplicate_of: facts.duplicateOf,
    other_seats: [...facts.otherSeats],
    state: stateOf(facts, headroom, cooling),
    state_reason: reasonOf(facts, cooling),
    headroom_percent: headroom.kind === "known" ? roundPercent(headroom.percent) : null,
    windows: windowsOf(account, nowMs),
    usage: usageOf(account, nowMs),
    cooldown: cooling === null ? null : { until: wireTimeOrNull(cooling.untilMs), reason: cooling.reason },
    proxy: shownProxy(profile.proxyUrl),
    reserve_percent: profile.reservePercent,
    in_flight: facts.inFlight,
  };
}
