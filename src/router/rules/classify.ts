/**
 * Which failure is this? Total and pure: every piece of evidence has an answer, and the tables below are the whole of
 * the knowledge. Rows are tried from the top; codes outrank statuses, statuses outrank texts.
 */
import type { Evidence, Failure, FailureKind, FailureScope, Phase, Remedy } from "./failure.ts";

interface Verdict {
  readonly kind: FailureKind;
  readonly scope: FailureScope;
  readonly remedy: Remedy;
}

/** The verdict that goes with each kind; scope and remedy never vary within a kind. */
export const VERDICTS: Readonly<Record<FailureKind, Verdict>> = {
  "usage-limit": { kind: "usage-limit", scope: "account", remedy: "wait" },
  "workspace-limit": { kind: "workspace-limit", scope: "workspace", remedy: "add-credits" },
  "plan-excluded": { kind: "plan-excluded", scope: "model", remedy: "check-plan" },
  "rate-limit": { kind: "rate-limit", scope: "account", remedy: "wait" },
  billing: { kind: "billing", scope: "account", remedy: "add-credits" },
  "slow-down": { kind: "slow-down", scope: "account", remedy: "wait" },
  "token-refused": { kind: "token-refused", scope: "profile", remedy: "none" },
  "sign-in-refused": { kind: "sign-in-refused", scope: "profile", remedy: "sign-in" },
  "sign-in-needed": { kind: "sign-in-needed", scope: "profile", remedy: "sign-in" },
  "account-deactivated": { kind: "account-deactivated", scope: "profile", remedy: "sign-in" },
  "key-refused": { kind: "key-refused", scope: "profile", remedy: "replace-key" },
  "workspace-deactivated": { kind: "workspace-deactivated", scope: "workspace", remedy: "check-plan" },
  "access-denied": { kind: "access-denied", scope: "account", remedy: "check-plan" },
  "network-blocked": { kind: "network-blocked", scope: "upstream", remedy: "check-network" },
  "model-not-offered": { kind: "model-not-offered", scope: "model", remedy: "check-plan" },
  "foreign-content": { kind: "foreign-content", scope: "conversation", remedy: "none" },
  "response-not-found": { kind: "response-not-found", scope: "turn", remedy: "none" },
  "bad-request": { kind: "bad-request", scope: "turn", remedy: "none" },
  "not-found": { kind: "not-found", scope: "turn", remedy: "none" },
  "request-too-large": { kind: "request-too-large", scope: "turn", remedy: "none" },
  "try-elsewhere": { kind: "try-elsewhere", scope: "upstream", remedy: "none" },
  overloaded: { kind: "overloaded", scope: "upstream", remedy: "wait" },
  "server-error": { kind: "server-error", scope: "upstream", remedy: "wait" },
  unreachable: { kind: "unreachable", scope: "upstream", remedy: "check-network" },
  "token-unavailable": { kind: "token-unavailable", scope: "profile", remedy: "wait" },
  "head-timeout": { kind: "head-timeout", scope: "upstream", remedy: "wait" },
  silence: { kind: "silence", scope: "upstream", remedy: "wait" },
  "broken-stream": { kind: "broken-stream", scope: "upstream", remedy: "wait" },
  "turn-timeout": { kind: "turn-timeout", scope: "turn", remedy: "none" },
  "client-left": { kind: "client-left", scope: "nobody", remedy: "none" },
};

/** What a code means wherever it appears, in an error body or in a terminal event. */
export const KIND_BY_CODE: Readonly<Record<string, FailureKind>> = {
  usage_limit_reached: "usage-limit",
  usage_limit_exceeded: "usage-limit",
  usage_limit: "usage-limit",
  usage_not_included: "plan-excluded",
  rate_limit_exceeded: "rate-limit",
  insufficient_quota: "billing",
  credit_balance_exhausted: "billing",
  organization_spend_limit_exceeded: "billing",
  project_spend_limit_exceeded: "billing",
  organization_usage_limit_exceeded: "billing",
  billing_hard_limit_reached: "billing",
  slow_down: "slow-down",
  token_expired: "token-refused",
  token_invalidated: "sign-in-refused",
  token_revoked: "sign-in-refused",
  invalid_authentication: "sign-in-refused",
  app_session_terminated: "sign-in-refused",
  account_session_expired: "sign-in-refused",
  account_deactivated: "account-deactivated",
  invalid_api_key: "key-refused",
  deactivated_workspace: "workspace-deactivated",
  codex_workspace_access_denied: "access-denied",
  workspace_access_denied: "access-denied",
  access_program_not_enabled: "access-denied",
  model_not_found: "model-not-offered",
  invalid_encrypted_content: "foreign-content",
  previous_response_not_found: "response-not-found",
  server_is_overloaded: "overloaded",
  server_error: "server-error",
  internal_error: "server-error",
  internal_server_error: "server-error",
  service_unavailable: "server-error",
  unsupported_country_region_territory: "network-blocked",
  flex_unavailable: "bad-request",
  context_length_exceeded: "bad-request",
  invalid_prompt: "bad-request",
  cyber_policy: "bad-request",
  bio_policy: "bad-request",
  misalignment_policy_violation: "bad-request",
  content_policy_violation: "bad-request",
  content_filter: "bad-request",
  max_output_tokens: "bad-request",
  invalid_request_error: "bad-request",
};

/** `x-codex-rate-limit-reached-type` values that speak of the whole workspace: every seat of it is affected. */
const WORKSPACE_REACHED = /^workspace_(owner|member)_(credits_depleted|usage_limit_reached)$/;

/**
 * Facts that upstream states in words only. Each row is a shape reported for an answer that carries no usable code;
 * they are consulted after codes and only at the statuses named.
 */
const TEXT_ROWS: readonly {
  readonly statuses: readonly number[];
  readonly text: RegExp;
  readonly kind: FailureKind;
}[] = [
  {
    statuses: [400, 404],
    text: /model is not supported when using Codex with a ChatGPT account/i,
    kind: "model-not-offered",
  },
  {
    statuses: [400],
    text: /encrypted (function output )?content .*could not be (verified|decrypted|decoded)/i,
    kind: "foreign-content",
  },
  { statuses: [400], text: /^request blocked\.?$/i, kind: "foreign-content" },
  { statuses: [402, 403], text: /workspace has been deactivated/i, kind: "workspace-deactivated" },
  { statuses: [401, 403], text: /account has been deactivated/i, kind: "account-deactivated" },
];

/**
 * Used only where neither code nor text decides. A redirect, a proxy's demand or a legal block is never the API's own
 * answer. A 401 that names nothing may be chance, whatever kind of account: it is the token's, not yet the sign-in's.
 */
function kindOfStatus(status: number): FailureKind {
  if (status < 400 || status === 407 || status === 451) return "network-blocked";
  if (status === 401) return "token-refused";
  if (status === 402) return "billing";
  if (status === 403) return "access-denied";
  if (status === 404) return "not-found";
  if (status === 413) return "request-too-large";
  if (status === 408 || status === 409 || status === 425) return "try-elsewhere";
  if (status === 429) return "slow-down";
  if (status === 529) return "overloaded";
  if (status >= 500) return "server-error";
  return "bad-request";
}

/** What a 400 or 422 may say: a bad request never makes an account cool down, whatever words its code uses. */
const REQUEST_KINDS: ReadonlySet<FailureKind> = new Set([
  "bad-request",
  "response-not-found",
  "foreign-content",
  "model-not-offered",
]);

/** Type names so general that a status or a text says more. */
const VAGUE_CODES: ReadonlySet<string> = new Set(["invalid_request_error", "server_error"]);

/** What a code means by itself; undefined for codes we do not know. */
function kindOfCode(code: string): FailureKind | undefined {
  return Object.hasOwn(KIND_BY_CODE, code) ? KIND_BY_CODE[code] : undefined;
}

function kindOfCodes(codes: readonly string[], isAllowed: (kind: FailureKind) => boolean): FailureKind | null {
  for (const code of codes) {
    const kind = kindOfCode(code);
    if (kind !== undefined && !VAGUE_CODES.has(code) && isAllowed(kind)) return kind;
  }
  return null;
}

function kindOfText(status: number, message: string): FailureKind | null {
  return TEXT_ROWS.find((row) => row.statuses.includes(status) && row.text.test(message))?.kind ?? null;
}

function kindOfHttp(evidence: Extract<Evidence, { from: "http" }>): FailureKind {
  const { status, reachedType } = evidence;
  if (reachedType !== null && status === 429 && WORKSPACE_REACHED.test(reachedType)) return "workspace-limit";
  const isRequestStatus = status === 400 || status === 422;
  const named =
    kindOfCodes(evidence.codes, (kind) => !isRequestStatus || REQUEST_KINDS.has(kind)) ??
    kindOfText(status, evidence.message);
  if (named !== null) return named;
  if (evidence.blocked && status === 403) return "network-blocked";
  return kindOfStatus(status);
}

/**
 * Terminal events carry no status: a failure without a code we know is upstream's own. An answer that is only incomplete
 * was cut short by the request's own limits, unless its reason is known to be another.
 */
function kindOfEvent(evidence: Extract<Evidence, { from: "event" }>): FailureKind {
  const named = kindOfCodes(evidence.codes, () => true) ?? kindOfText(400, evidence.message);
  if (named !== null) return named;
  if (evidence.event === "incomplete") return "bad-request";
  return evidence.codes.includes("invalid_request_error") ? "bad-request" : "server-error";
}

/** The turn's own deadline is nobody's fault, and there is no time left to try again. */
const KIND_BY_CLOCK = { head: "head-timeout", silence: "silence", turn: "turn-timeout" } as const;

function kindOf(evidence: Evidence): FailureKind {
  switch (evidence.from) {
    case "http":
      return kindOfHttp(evidence);
    case "event":
      return kindOfEvent(evidence);
    case "transport":
      return evidence.phase === "connect" || evidence.phase === "head" ? "unreachable" : "broken-stream";
    case "clock":
      return KIND_BY_CLOCK[evidence.clock];
    case "stream":
      return "broken-stream";
    case "token":
      return evidence.outcome === "sign-in-needed" ? "sign-in-needed" : "token-unavailable";
    case "client":
      return "client-left";
  }
}

function phaseOf(evidence: Evidence): Phase {
  switch (evidence.from) {
    case "http":
      return "head";
    case "token":
      return "connect";
    default:
      return evidence.phase;
  }
}

/** Judges one piece of evidence. The same evidence always gives the same failure. */
export function classifyFailure(evidence: Evidence): Failure {
  const hasCodes = evidence.from === "http" || evidence.from === "event";
  return {
    ...VERDICTS[kindOf(evidence)],
    phase: phaseOf(evidence),
    code: hasCodes ? (evidence.codes[0] ?? "") : "",
    untilMs: hasCodes ? evidence.hintUntilMs : null,
  };
}
