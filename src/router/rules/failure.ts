/**
 * What went wrong upstream, as data. A `Failure` is made in one place, `classify.ts`; everything after it reads these
 * fields and never a message text.
 */

export const PHASES = ["connect", "head", "held", "committed"] as const;
/** Where we stood: before a head, with an error head, holding opening events, or after output reached the client. */
export type Phase = (typeof PHASES)[number];

export const FAILURE_KINDS = [
  "usage-limit",
  "workspace-limit",
  "plan-excluded",
  "rate-limit",
  "billing",
  "slow-down",
  "token-refused",
  "sign-in-refused",
  "sign-in-needed",
  "account-deactivated",
  "key-refused",
  "workspace-deactivated",
  "access-denied",
  "network-blocked",
  "model-not-offered",
  "foreign-content",
  "response-not-found",
  "bad-request",
  "not-found",
  "request-too-large",
  "try-elsewhere",
  "overloaded",
  "server-error",
  "unreachable",
  "token-unavailable",
  "head-timeout",
  "silence",
  "broken-stream",
  "turn-timeout",
  "client-left",
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/**
 * What a failure condemns. `conversation`: the turn's history is tied to another account; no account is at fault.
 * `nobody`: the client left, which is no one's fault.
 */
export const FAILURE_SCOPES = [
  "turn",
  "conversation",
  "profile",
  "account",
  "workspace",
  "model",
  "upstream",
  "nobody",
] as const;
export type FailureScope = (typeof FAILURE_SCOPES)[number];

/** What the owner can do about it; `none` where waiting is all there is. */
export const REMEDIES = [
  "none",
  "wait",
  "sign-in",
  "replace-key",
  "add-credits",
  "check-plan",
  "check-network",
] as const;
export type Remedy = (typeof REMEDIES)[number];

export interface Failure {
  readonly kind: FailureKind;
  readonly scope: FailureScope;
  readonly phase: Phase;
  /** Upstream's own code, lower case; empty when it gave none. Safe to show. */
  readonly code: string;
  /** When upstream says it ends, bounded; null when it did not say. */
  readonly untilMs: number | null;
  readonly remedy: Remedy;
}

/** What we saw, before anybody judged it. Plain data: tables in tests are written in it. */
export type Evidence =
  | {
      readonly from: "http";
      readonly status: number;
      /** `error.code`, `error.type`, `detail.code` or `code`, lower case, in that order; empty when absent. */
      readonly codes: readonly string[];
      readonly message: string;
      /** `x-codex-rate-limit-reached-type`. */
      readonly reachedType: string | null;
      /** When upstream says it ends, from whatever place it said it. */
      readonly hintUntilMs: number | null;
      /** An HTML page or `cf-ray` without a body of the API's: something in between answered. */
      readonly blocked: boolean;
      readonly accountKind: "chatgpt" | "api-key";
    }
  | {
      readonly from: "event";
      readonly phase: Phase;
      readonly event: "failed" | "incomplete" | "error";
      readonly codes: readonly string[];
      readonly message: string;
      readonly hintUntilMs: number | null;
    }
  | { readonly from: "transport"; readonly phase: Phase; readonly fault: TransportFault }
  | { readonly from: "clock"; readonly phase: Phase; readonly clock: "head" | "silence" | "turn" }
  | { readonly from: "stream"; readonly phase: Phase; readonly fault: "ended-early" | "garbage" | "too-large" }
  | { readonly from: "token"; readonly outcome: "sign-in-needed" | "unavailable"; readonly reason: string }
  | { readonly from: "client"; readonly phase: Phase };

export const TRANSPORT_FAULTS = ["refused", "dns", "tls", "reset", "timeout", "proxy", "other"] as const;
export type TransportFault = (typeof TRANSPORT_FAULTS)[number];
