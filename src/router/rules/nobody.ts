/** What do we say when nobody can serve? One place for every state of the pool, with each account's own reason. */
import type { Considered } from "./choose.ts";
import { VERDICTS } from "./classify.ts";
import { because, type Exclusion, type Exclusive } from "./eligibility.ts";
import type { Failure, FailureKind, Remedy } from "./failure.ts";
import { isSoftPause } from "./health.ts";

export const NOBODY_CODES = [
  "pool_disabled",
  "pool_empty",
  "sign_in_needed",
  "usage_limit_reached",
  "rate_limit_exceeded",
  "model_not_found",
  "account_unavailable",
  "upstream_unavailable",
  "upstream_timeout",
] as const;
export type NobodyCode = (typeof NOBODY_CODES)[number];

export interface AccountReason {
  readonly profile: string;
  readonly reason: string;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly remedy: string;
}

export interface Nobody {
  readonly code: NobodyCode;
  /** When the first account is free again; of a used-up quota only what upstream said. */
  readonly untilMs: number | null;
  readonly accounts: readonly AccountReason[];
}

const REMEDY_BY_REASON: Readonly<Record<Exclusion, string>> = {
  "pool-disabled": "codexuse account-pool enable",
  "not-selected": "codexuse account-pool profiles add <profile>",
  "sign-in-needed": "codexuse profile refresh <profile>",
  "wrong-kind": "use an account of the other kind for this route",
  "model-not-offered": "use a model that this account offers",
  "below-reserve": "wait for the reset, or lower it with codexuse profile reserve <profile> <percent>",
  exhausted: "wait for the reset",
  cooling: "wait",
  tried: "try again",
  "same-account": "wait",
};

/** What the owner can do about a pause; where a row is missing, waiting is all there is. */
const REMEDY_OF_PAUSE: Partial<Record<Remedy, string>> = {
  "sign-in": "codexuse profile refresh <profile>",
  "replace-key": "replace its API key",
  "add-credits": "add credits at upstream, or wait",
  "check-plan": "check what its plan and its workspace allow",
  "check-network": "check the network",
};

/**
 * What speaks against an account, by what a client should do about it. `passing`: upstream's own trouble, over in
 * seconds. `quota` and `short` end by themselves, the others only by the owner's hand.
 */
type Group = "passing" | "short" | "quota" | "sign-in" | "model" | "other";

function groupOfPause(reason: string): Group {
  switch (reason) {
    case "usage-limit":
    case "workspace-limit":
    case "billing":
      return "quota";
    case "rate-limit":
    case "slow-down":
      return "short";
    case "model-not-offered":
    case "plan-excluded":
      return "model";
    default:
      return isSoftPause(reason) ? "passing" : "other";
  }
}

function groupOf({ reason, detail }: Exclusive): Group {
  switch (reason) {
    case "exhausted":
    case "below-reserve":
      return "quota";
    case "sign-in-needed":
      return "sign-in";
    case "model-not-offered":
    case "wrong-kind":
      return "model";
    case "cooling":
      return groupOfPause(detail);
    case "tried":
      return detail === "" ? "passing" : groupOfPause(detail);
    case "pool-disabled":
    case "not-selected":
    case "same-account":
      return "other";
  }
}

function remedyOf(exclusion: Exclusive): string {
  const { reason, detail } = exclusion;
  if (reason !== "cooling") return REMEDY_BY_REASON[reason];
  const verdict = Object.hasOwn(VERDICTS, detail) ? VERDICTS[detail as FailureKind] : null;
  return REMEDY_OF_PAUSE[verdict?.remedy ?? "wait"] ?? REMEDY_BY_REASON.cooling;
}

/**
 * Why an account did not serve. Null for one that could have, had the turn gone on; the one the turn ended with has the
 * turn's failure for a reason.
 */
function whyNot({ exclusion, verdict }: Considered, lastFailure: Failure | null): Exclusive | null {
  if (exclusion !== null) return exclusion;
  if (verdict !== "chosen") return null;
  const { kind: detail = "", untilMs = null } = lastFailure ?? {};
  return because("tried", { detail, untilMs, isUntilSaid: untilMs !== null });
}

function reasonOf(name: string, exclusion: Exclusive | null): AccountReason {
  if (exclusion === null)
    return { profile: name, reason: "eligible", sinceMs: null, untilMs: null, remedy: "try again" };
  const { reason, detail, sinceMs, untilMs } = exclusion;
  return {
    profile: name,
    reason: detail === "" ? reason : `${reason}: ${detail}`,
    sinceMs,
    untilMs,
    remedy: remedyOf(exclusion).replaceAll("<profile>", name),
  };
}

function earliest(instants: readonly (number | null)[]): number | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function codeOfFailure(failure: Failure | null): NobodyCode | null {
  if (failure?.kind === "turn-timeout") return "upstream_timeout";
  if (failure?.scope !== "upstream") return null;
  return failure.kind === "head-timeout" || failure.kind === "silence" ? "upstream_timeout" : "upstream_unavailable";
}

/** The code where upstream itself is well: what most helps the client, given why each account is out. */
function codeOfPool(exclusions: readonly (Exclusive | null)[]): NobodyCode {
  const groups = new Set(exclusions.map((exclusion) => (exclusion === null ? "passing" : groupOf(exclusion))));
  if (groups.has("passing")) return "upstream_unavailable";
  if (groups.has("short")) return "rate_limit_exceeded";
  if (groups.has("quota")) return "usage_limit_reached";
  if (groups.has("other")) return "account_unavailable";
  return groups.has("sign-in") ? "sign_in_needed" : "model_not_found";
}

/** For a used-up quota only what upstream said; for pauses that are ours to set, also what we assume. */
function untilOf(code: NobodyCode, exclusions: readonly Exclusive[]): number | null {
  switch (code) {
    case "usage_limit_reached": {
      const said = exclusions.filter((entry) => groupOf(entry) === "quota" && entry.isUntilSaid);
      return earliest(said.map((entry) => entry.untilMs));
    }
    case "rate_limit_exceeded":
      return earliest(exclusions.filter((entry) => groupOf(entry) === "short").map((entry) => entry.untilMs));
    case "account_unavailable":
      return earliest(exclusions.map((entry) => entry.untilMs));
    default:
      return null;
  }
}

/**
 * Names the outcome. `lastFailure` is the turn's own last one: an upstream that is down for everyone outranks the
 * pauses it left behind, and an account that only stumbled means that the pool is not used up.
 */
export function nobodyLeft(considered: readonly Considered[], isEnabled: boolean, lastFailure: Failure | null): Nobody {
  const selected = considered.filter((entry) => entry.exclusion?.reason !== "not-selected");
  const reasons = selected.map((entry) => whyNot(entry, lastFailure));
  const accounts = selected.map((entry, index) => reasonOf(entry.name, reasons[index] ?? null));
  if (!isEnabled) return { code: "pool_disabled", untilMs: null, accounts };
  if (selected.length === 0) return { code: "pool_empty", untilMs: null, accounts };
  const counted = reasons.filter((entry) => entry?.reason !== "same-account");
  const code = codeOfFailure(lastFailure) ?? codeOfPool(counted);
  const untilMs = untilOf(
    code,
    counted.filter((entry) => entry !== null),
  );
  return { code, untilMs, accounts };
}
