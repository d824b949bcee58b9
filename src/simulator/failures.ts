/**
 * Question: in which ways does the upstream refuse, and how does each one look?
 * Owns the catalogue of refusals by name: HTTP answers, and events that end a stream which began with 200.
 * Must not decide when one happens (`script.ts`) nor break connections (`fault.ts`).
 */
import {
  answer,
  type BuildFailure,
  bareError,
  cloudflare,
  detail,
  type EventShape,
  type FailureFacts,
  failed,
  foreignContent,
  foreignMessage,
  type HttpShape,
  incomplete,
  loginError,
  modelNotFound,
  modelNotSupported,
  openAiError,
  rateLimited,
  refreshError,
  usageLimit,
} from "./failure-shapes.ts";

/** Answers with a status, a head and a body, before any stream. */
export const HTTP_FAILURE_NAMES = [
  "usage-limit",
  "usage-limit-without-reset",
  "workspace-owner-credits-depleted",
  "workspace-member-credits-depleted",
  "workspace-owner-usage-limit",
  "workspace-member-usage-limit",
  "usage-not-included",
  "rate-limit",
  "rate-limit-try-again-in",
  "rate-limit-requests",
  "insufficient-quota",
  "credit-balance-exhausted",
  "organization-spend-limit",
  "project-spend-limit",
  "organization-usage-limit",
  "billing-hard-limit",
  "slow-down",
  "too-many-requests",
  "token-expired",
  "unauthorized",
  "token-invalidated",
  "token-revoked",
  "invalid-authentication",
  "account-deactivated",
  "invalid-api-key",
  "deactivated-workspace",
  "workspace-deactivated-text",
  "codex-workspace-access-denied",
  "workspace-access-denied",
  "access-program-not-enabled",
  "cloudflare-challenge",
  "model-not-supported",
  "model-not-found",
  "invalid-encrypted-content",
  "invalid-encrypted-content-null-code",
  "request-blocked",
  "cyber-policy",
  "bio-policy",
  "invalid-prompt",
  "content-policy-violation",
  "context-length-exceeded",
  "previous-response-not-found",
  "bad-request",
  "unprocessable",
  "not-found",
  "request-timeout",
  "conflict",
  "payload-too-large",
  "server-error",
  "bad-gateway",
  "unavailable",
  "server-is-overloaded",
  "gateway-timeout",
  "cloudflare-520",
  "cloudflare-521",
  "cloudflare-522",
  "cloudflare-523",
  "cloudflare-524",
  "site-overloaded",
] as const;

/** Events that end a stream although its status was 200. */
export const EVENT_FAILURE_NAMES = [
  "failed-context-length-exceeded",
  "failed-insufficient-quota",
  "failed-organization-spend-limit",
  "failed-usage-not-included",
  "failed-server-is-overloaded",
  "failed-invalid-prompt",
  "failed-cyber-policy",
  "failed-bio-policy",
  "failed-misalignment-policy",
  "failed-model-not-found",
  "failed-flex-unavailable",
  "failed-rate-limit",
  "failed-slow-down",
  "failed-server-error",
  "failed-previous-response-not-found",
  "failed-usage-limit",
  "failed-invalid-encrypted-content",
  "failed-unknown-code",
  "error-event",
  "error-event-nested",
  "error-event-invalid-encrypted-content",
  "incomplete-max-output-tokens",
  "incomplete-content-filter",
  "incomplete-usage-limit",
] as const;

/** Refusals of the token endpoint. */
export const REFRESH_FAILURE_NAMES = [
  "refresh-token-expired",
  "refresh-token-reused",
  "refresh-token-invalidated",
  "refresh-app-session-terminated",
  "refresh-account-session-expired",
  "refresh-account-deactivated",
  "refresh-token-expired-login",
  "refresh-unauthorized",
  "refresh-invalid-grant",
  "refresh-invalid-client",
  "refresh-invalid-request",
  "refresh-forbidden",
  "refresh-too-many-requests",
  "refresh-server-error",
  "refresh-bad-json",
] as const;

export const FAILURE_NAMES = [...HTTP_FAILURE_NAMES, ...EVENT_FAILURE_NAMES, ...REFRESH_FAILURE_NAMES] as const;

export type HttpFailureName = (typeof HTTP_FAILURE_NAMES)[number];
export type EventFailureName = (typeof EVENT_FAILURE_NAMES)[number];
export type RefreshFailureName = (typeof REFRESH_FAILURE_NAMES)[number];
export type FailureName = (typeof FAILURE_NAMES)[number];

export interface HttpFailure extends HttpShape {
  readonly name: FailureName;
}

export interface EventFailure extends EventShape {
  readonly name: FailureName;
}

export type Failure = HttpFailure | EventFailure;

const NOON_MS = Date.UTC(2026, 10, 22, 12);

const USUAL_FACTS: FailureFacts = {
  model: "gpt-5.5",
  plan: "plus",
  nowMs: NOON_MS,
  resetsAtMs: NOON_MS + 4 * 3_600_000,
  retryAfterSeconds: 2,
  itemId: "rs_1",
};

/** The refusal of that name as data. Facts left out are the usual ones. */
export function failureNamed(name: FailureName, facts: Partial<FailureFacts> = {}): Failure {
  return { name, ...CATALOGUE[name]({ ...USUAL_FACTS, ...facts }) };
}

/** As `failureNamed`, for names that are known to be answers of their own. */
export function httpFailureNamed(
  name: HttpFailureName | RefreshFailureName,
  facts: Partial<FailureFacts> = {},
): HttpFailure {
  const failure = failureNamed(name, facts);
  if (failure.kind !== "http") throw new Error(`simulator: ${name} is no answer of its own`);
  return failure;
}

const QUOTA_TEXT = "You exceeded your current quota, please check your plan and billing details.";
const OVERLOADED_TEXT = "Our servers are currently overloaded. Please try again later.";
const SERVER_TEXT = "An error occurred while processing your request. You can retry your request.";
const POLICY_TEXT = "This request was flagged by our safety systems and cannot be processed.";

const HTTP_CATALOGUE: Record<HttpFailureName, BuildFailure> = {
  "usage-limit": usageLimit(null, true),
  "usage-limit-without-reset": usageLimit(null, false),
  "workspace-owner-credits-depleted": usageLimit("workspace_owner_credits_depleted", true),
  "workspace-member-credits-depleted": usageLimit("workspace_member_credits_depleted", true),
  "workspace-owner-usage-limit": usageLimit("workspace_owner_usage_limit_reached", true),
  "workspace-member-usage-limit": usageLimit("workspace_member_usage_limit_reached", true),
  "usage-not-included": answer(429, {
    error: { type: "usage_not_included", message: "Codex is not included in your plan.", plan_type: "free" },
  }),
  "rate-limit": rateLimited("tokens", "header"),
  "rate-limit-try-again-in": rateLimited("tokens", "message"),
  "rate-limit-requests": rateLimited("requests", "header"),
  "insufficient-quota": openAiError(429, "insufficient_quota", QUOTA_TEXT, "insufficient_quota"),
  "credit-balance-exhausted": openAiError(429, "credit_balance_exhausted", QUOTA_TEXT, "insufficient_quota"),
  "organization-spend-limit": openAiError(429, "organization_spend_limit_exceeded", QUOTA_TEXT, "insufficient_quota"),
  "project-spend-limit": openAiError(429, "project_spend_limit_exceeded", QUOTA_TEXT, "insufficient_quota"),
  "organization-usage-limit": openAiError(429, "organization_usage_limit_exceeded", QUOTA_TEXT, "insufficient_quota"),
  "billing-hard-limit": openAiError(429, "billing_hard_limit_reached", QUOTA_TEXT, "insufficient_quota"),
  "slow-down": openAiError(429, "slow_down", "Please reduce your request rate.", "rate_limit_error"),
  "too-many-requests": openAiError(429, null, "Too many requests.", "requests"),
  "token-expired": loginError(
    "token_expired",
    "Provided authentication token is expired. Please try signing in again.",
  ),
  unauthorized: detail(401, "Unauthorized"),
  "token-invalidated": loginError(
    "token_invalidated",
    "Your authentication token has been invalidated. Please try signing in again.",
  ),
  "token-revoked": loginError("token_revoked", "Encountered invalidated oauth token for user, failing request."),
  "invalid-authentication": loginError("invalid_authentication", "Could not validate your authentication."),
  "account-deactivated": loginError(
    "account_deactivated",
    "Your OpenAI account has been deactivated, please check your email for more information.",
  ),
  "invalid-api-key": openAiError(401, "invalid_api_key", "Incorrect API key provided."),
  "deactivated-workspace": detail(402, { code: "deactivated_workspace" }),
  "workspace-deactivated-text": detail(403, "Your workspace has been deactivated."),
  "codex-workspace-access-denied": openAiError(403, "codex_workspace_access_denied", "No access to Codex here."),
  "workspace-access-denied": openAiError(403, "workspace_access_denied", "You have no access to this workspace."),
  "access-program-not-enabled": openAiError(403, "access_program_not_enabled", "The programme is not enabled."),
  "cloudflare-challenge": cloudflare(403, "Just a moment..."),
  "model-not-supported": modelNotSupported(),
  "model-not-found": modelNotFound(),
  "invalid-encrypted-content": foreignContent("invalid_encrypted_content"),
  "invalid-encrypted-content-null-code": foreignContent(null),
  "request-blocked": openAiError(400, null, "Request blocked."),
  "cyber-policy": openAiError(400, "cyber_policy", POLICY_TEXT),
  "bio-policy": openAiError(400, "bio_policy", POLICY_TEXT),
  "invalid-prompt": openAiError(400, "invalid_prompt", "Invalid prompt: it was flagged as violating our usage policy."),
  "content-policy-violation": openAiError(400, "content_policy_violation", POLICY_TEXT),
  "context-length-exceeded": openAiError(
    400,
    "context_length_exceeded",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "invalid_request_error",
    "input",
  ),
  "previous-response-not-found": openAiError(
    400,
    "previous_response_not_found",
    "Previous response with id 'resp_unknown' not found.",
    "invalid_request_error",
    "previous_response_id",
  ),
  "bad-request": openAiError(400, "invalid_value", "Invalid value: 'input[0]'.", "invalid_request_error", "input"),
  unprocessable: answer(422, { detail: [{ loc: ["body", "input"], msg: "field required", type: "missing" }] }),
  "not-found": detail(404, "Not Found"),
  "request-timeout": openAiError(408, null, "Request timed out.", "server_error"),
  conflict: openAiError(409, null, "The resource is in use. Please try again.", "invalid_request_error"),
  "payload-too-large": openAiError(413, null, "Request entity too large.", "invalid_request_error"),
  "server-error": openAiError(500, "server_error", SERVER_TEXT, "server_error"),
  "bad-gateway": cloudflare(502, "Bad gateway"),
  unavailable: openAiError(503, null, "Service temporarily unavailable.", "service_unavailable_error"),
  "server-is-overloaded": openAiError(503, "server_is_overloaded", OVERLOADED_TEXT, "service_unavailable_error"),
  "gateway-timeout": cloudflare(504, "Gateway time-out"),
  "cloudflare-520": cloudflare(520, "Web server is returning an unknown error"),
  "cloudflare-521": cloudflare(521, "Web server is down"),
  "cloudflare-522": cloudflare(522, "Connection timed out"),
  "cloudflare-523": cloudflare(523, "Origin is unreachable"),
  "cloudflare-524": cloudflare(524, "A timeout occurred"),
  "site-overloaded": cloudflare(529, "Site is overloaded"),
};

const EVENT_CATALOGUE: Record<EventFailureName, BuildFailure> = {
  "failed-context-length-exceeded": failed("context_length_exceeded", "Your input exceeds the context window."),
  "failed-insufficient-quota": failed("insufficient_quota", QUOTA_TEXT),
  "failed-organization-spend-limit": failed("organization_spend_limit_exceeded", QUOTA_TEXT),
  "failed-usage-not-included": failed("usage_not_included", "Codex is not included in your plan."),
  "failed-server-is-overloaded": failed("server_is_overloaded", OVERLOADED_TEXT),
  "failed-invalid-prompt": failed("invalid_prompt", POLICY_TEXT),
  "failed-cyber-policy": failed("cyber_policy", POLICY_TEXT),
  "failed-bio-policy": failed("bio_policy", POLICY_TEXT),
  "failed-misalignment-policy": failed("misalignment_policy_violation", POLICY_TEXT),
  "failed-model-not-found": failed("model_not_found", "The model does not exist."),
  "failed-flex-unavailable": failed("flex_unavailable", "Flex processing is not available right now."),
  "failed-rate-limit": (facts) =>
    failed("rate_limit_exceeded", `Rate limit reached. Please try again in ${facts.retryAfterSeconds}s.`)(facts),
  "failed-slow-down": failed("slow_down", "Please reduce your request rate."),
  "failed-server-error": failed("server_error", SERVER_TEXT),
  "failed-previous-response-not-found": failed("previous_response_not_found", "Previous response not found."),
  "failed-usage-limit": failed("usage_limit_reached", "The usage limit has been reached"),
  "failed-invalid-encrypted-content": (facts) => failed("invalid_encrypted_content", foreignMessage(facts))(facts),
  "failed-unknown-code": failed("something_new", "Something new went wrong."),
  "error-event": bareError({ code: "server_error", message: SERVER_TEXT, param: null }),
  "error-event-nested": bareError({ error: { type: "server_error", code: "server_error", message: SERVER_TEXT } }),
  "error-event-invalid-encrypted-content": (facts) =>
    bareError({ code: "invalid_encrypted_content", message: foreignMessage(facts), param: null })(facts),
  "incomplete-max-output-tokens": incomplete("max_output_tokens"),
  "incomplete-content-filter": incomplete("content_filter"),
  "incomplete-usage-limit": incomplete("usage_limit_reached"),
};

const SIGN_IN_AGAIN = "Please log out and sign in again.";

const REFRESH_CATALOGUE: Record<RefreshFailureName, BuildFailure> = {
  "refresh-token-expired": refreshError(401, "refresh_token_expired", `Your refresh token expired. ${SIGN_IN_AGAIN}`),
  "refresh-token-reused": refreshError(
    401,
    "refresh_token_reused",
    "Your refresh token has already been used to generate a new access token. Please try signing in again.",
  ),
  "refresh-token-invalidated": refreshError(401, "refresh_token_invalidated", `It was revoked. ${SIGN_IN_AGAIN}`),
  "refresh-app-session-terminated": refreshError(401, "app_session_terminated", `Session ended. ${SIGN_IN_AGAIN}`),
  "refresh-account-session-expired": refreshError(401, "account_session_expired", `Session expired. ${SIGN_IN_AGAIN}`),
  "refresh-account-deactivated": refreshError(401, "account_deactivated", "Your account has been deactivated."),
  "refresh-token-expired-login": refreshError(401, "token_expired", "Could not validate your token."),
  "refresh-unauthorized": detail(401, "Unauthorized"),
  "refresh-invalid-grant": answer(400, { error: "invalid_grant", error_description: "Token is not valid." }),
  "refresh-invalid-client": answer(400, { error: "invalid_client", error_description: "Unknown client." }),
  "refresh-invalid-request": openAiError(400, "invalid_request", "Missing parameter.", "invalid_request_error"),
  "refresh-forbidden": openAiError(403, "unsupported_country_region_territory", "Country not supported."),
  "refresh-too-many-requests": openAiError(429, "rate_limit_exceeded", "Too many requests.", "requests"),
  "refresh-server-error": openAiError(500, "server_error", SERVER_TEXT, "server_error"),
  "refresh-bad-json": answer(200, '{"access_token": "eyJ'),
};

const CATALOGUE: Record<FailureName, BuildFailure> = { ...HTTP_CATALOGUE, ...EVENT_CATALOGUE, ...REFRESH_CATALOGUE };
