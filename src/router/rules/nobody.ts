/** What do we say when nobody can serve? One place for every state of the pool, with each account's own reason. */
import type { Considered } from "./choose.ts";
import type { Failure } from "./failure.ts";

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
  /** When the first account is free again, only from what upstream said or what we assumed of a pause. */
  readonly untilMs: number | null;
  readonly accounts: readonly AccountReason[];
}

const REMEDY_BY_REASON: Readonly<Record<string, string>> = {
  "not-selected": "codexuse account-pool profiles add <profile>",
  "sign-in-needed": "codexuse profile refresh <profile>",
  "wrong-kind": "use an account of the other kind for this route",
  "model-not-offered": "use a model that this account offers",
  "below-reserve": "wait for the reset, or lower it with codexuse profile reserve <profile> <percent>",
  exhausted: "wait for the reset",
  cooling: "wait",
  tried: "try again",
};

const QUOTA_COOLDOWNS: ReadonlySet<string> = new Set(["usage-limit", "workspace-limit", "billing"]);
const SHORT_COOLDOWNS: ReadonlySet<string> = new Set(["rate-limit", "slow-down"]);

type Group = "quota" | "short" | "sign-in" | "model" | "other";

function groupOf(considered: Considered): Group {
  const { exclusion } = considered;
  switch (exclusion?.reason) {
    case "exhausted":
    case "below-reserve":
      return "quota";
    case "sign-in-needed":
      return "sign-in";
    case "model-not-offered":
    case "wrong-kind":
      return "model";
    case "cooling":
      if (QUOTA_COOLDOWNS.has(exclusion.detail)) return "quota";
      if (SHORT_COOLDOWNS.has(exclusion.detail)) return "short";
      return exclusion.detail === "model-not-offered" || exclusion.detail === "plan-excluded" ? "model" : "other";
    default:
      return "other";
  }
}

function reasonOf(considered: Considered): AccountReason {
  const { exclusion, name } = considered;
  const reason = exclusion === null ? "tried" : exclusion.reason;
  const detail = exclusion?.detail ?? "";
  return {
    profile: name,
    reason: detail === "" ? reason : `${reason}: ${detail}`,
    sinceMs: exclusion?.sinceMs ?? null,
    untilMs: exclusion?.untilMs ?? null,
    remedy: (REMEDY_BY_REASON[reason] ?? "wait").replaceAll("<profile>", name),
  };
}

function earliestUntil(considered: readonly Considered[]): number | null {
  const instants = considered.map((entry) => entry.exclusion?.untilMs ?? null).filter((until) => until !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

function codeOfFailure(failure: Failure): NobodyCode | null {
  if (failure.scope !== "upstream") return null;
  return failure.kind === "head-timeout" || failure.kind === "silence" ? "upstream_timeout" : "upstream_unavailable";
}

/**
 * Names the outcome. `lastFailure` is the turn's own last one: an upstream that is down for everyone outranks the
 * pauses it left behind.
 */
export function nobodyLeft(considered: readonly Considered[], isEnabled: boolean, lastFailure: Failure | null): Nobody {
  const selected = considered.filter((entry) => entry.exclusion?.reason !== "not-selected");
  const accounts = selected.map(reasonOf);
  const answer = (code: NobodyCode, untilMs: number | null = null): Nobody => ({ code, untilMs, accounts });
  if (!isEnabled) return answer("pool_disabled");
  if (selected.length === 0) return answer("pool_empty");
  const ofFailure = lastFailure === null ? null : codeOfFailure(lastFailure);
  if (ofFailure !== null) return answer(ofFailure);
  const inGroup = (group: Group) => selected.filter((entry) => groupOf(entry) === group);
  const [quota, short] = [inGroup("quota"), inGroup("short")];
  if (short.length > 0) return answer("rate_limit_exceeded", earliestUntil(short));
  if (quota.length > 0) return answer("usage_limit_reached", earliestUntil(quota));
  const rest = selected.filter((entry) => entry.exclusion?.reason !== "same-account");
  if (rest.every((entry) => groupOf(entry) === "sign-in")) return answer("sign_in_needed");
  if (inGroup("model").length > 0 && inGroup("other").length === 0) return answer("model_not_found");
  return answer("account_unavailable", earliestUntil(selected));
}
