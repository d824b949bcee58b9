/**
 * Question: which forms do refusals come in?
 * Owns the families of error bodies and terminal events, as builders that `failures.ts` fills in.
 * Must not list the refusals themselves.
 */
import type { JsonObject } from "./content.ts";
import { secondsUntil, toSeconds } from "./quota.ts";

/** What a refusal may mention. Times in milliseconds since the epoch. */
export interface FailureFacts {
  readonly model: string;
  readonly plan: string;
  readonly nowMs: number;
  readonly resetsAtMs: number;
  readonly retryAfterSeconds: number;
  readonly itemId: string;
}

/** A refusal before any stream. */
export interface HttpShape {
  readonly kind: "http";
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A refusal as an event, without id and sequence number, which the stream adds. */
export interface EventShape {
  readonly kind: "event";
  readonly event: JsonObject;
}

export type BuildFailure = (facts: FailureFacts) => HttpShape | EventShape;

const JSON_TYPE = { "content-type": "application/json" };

export function answer(status: number, body: unknown, headers: Record<string, string> = {}): BuildFailure {
  const written = typeof body === "string" ? body : JSON.stringify(body);
  return () => ({ kind: "http", status, headers: { ...JSON_TYPE, ...headers }, body: written });
}

/** The common family: `{"error":{message,type,code,param}}`. */
export function openAiError(
  status: number,
  code: string | null,
  message: string,
  type = "invalid_request_error",
  param: string | null = null,
): BuildFailure {
  return answer(status, { error: { message, type, code, param } });
}

/** The common family with the sibling `status` that some answers carry. */
export function loginError(code: string, message: string): BuildFailure {
  return answer(401, { error: { message, type: "invalid_request_error", code, param: null }, status: 401 });
}

export function detail(status: number, said: unknown): BuildFailure {
  return answer(status, { detail: said });
}

/** The usage variant; the quota headers are the answering account's own and are added by it. */
export function usageLimit(reachedType: string | null, withReset: boolean): BuildFailure {
  return (facts) => {
    const reset = {
      resets_at: toSeconds(facts.resetsAtMs),
      resets_in_seconds: secondsUntil(facts.resetsAtMs, facts.nowMs),
    };
    const error = {
      type: "usage_limit_reached",
      message: "The usage limit has been reached",
      plan_type: facts.plan,
      ...(withReset ? reset : {}),
      eligible_promo: null,
    };
    const reached = reachedType === null ? {} : { "x-codex-rate-limit-reached-type": reachedType };
    const headers = { ...JSON_TYPE, "x-codex-active-limit": "premium", "x-codex-plan-type": facts.plan, ...reached };
    return { kind: "http", status: 429, headers, body: JSON.stringify({ error }) };
  };
}

export function rateLimited(type: "tokens" | "requests", hint: "header" | "message"): BuildFailure {
  return (facts) => {
    const wait = hint === "message" ? `Please try again in ${facts.retryAfterSeconds}s.` : "Please slow down.";
    const message = `Rate limit reached for ${facts.model} on ${type} per min. ${wait}`;
    const headers: Record<string, string> = { ...JSON_TYPE };
    if (hint === "header") headers["retry-after"] = String(facts.retryAfterSeconds);
    const error = { message, type, code: "rate_limit_exceeded", param: null };
    return { kind: "http", status: 429, headers, body: JSON.stringify({ error }) };
  };
}

export function modelNotSupported(): BuildFailure {
  return (facts) =>
    detail(400, `The '${facts.model}' model is not supported when using Codex with a ChatGPT account.`)(facts);
}

export function modelNotFound(): BuildFailure {
  const type = "invalid_request_error";
  return (facts) => {
    const message = `The model \`${facts.model}\` does not exist or you do not have access to it.`;
    return openAiError(404, "model_not_found", message, type, "model")(facts);
  };
}

const FOREIGN_REASON = "Encrypted content organization_id did not match the target organization.";

export function foreignMessage(facts: FailureFacts): string {
  return `The encrypted content for item ${facts.itemId} could not be verified. Reason: ${FOREIGN_REASON}`;
}

export function foreignContent(code: string | null): BuildFailure {
  return (facts) => openAiError(400, code, foreignMessage(facts))(facts);
}

const CHALLENGE_PAGE =
  '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies to continue</body></html>';

export function cloudflare(status: number, title: string): BuildFailure {
  const page = status === 403 ? CHALLENGE_PAGE : `<html><head><title>${status}: ${title}</title></head></html>`;
  return answer(status, page, {
    "content-type": "text/html; charset=UTF-8",
    server: "cloudflare",
    "cf-ray": "8f0000000000abcd-FRA",
  });
}

/** `response.failed` with this code. */
export function failed(code: string, message: string): BuildFailure {
  return () => {
    const response = { object: "response", status: "failed", error: { code, message }, output: [], usage: null };
    return { kind: "event", event: { type: "response.failed", response } };
  };
}

export function incomplete(reason: string): BuildFailure {
  return () => {
    const response = { object: "response", status: "incomplete", incomplete_details: { reason }, output: [] };
    return { kind: "event", event: { type: "response.incomplete", response } };
  };
}

export function bareError(event: JsonObject): BuildFailure {
  return () => ({ kind: "event", event: { type: "error", ...event } });
}

export function refreshError(status: number, code: string, message: string): BuildFailure {
  return answer(status, { error: { message, type: "invalid_request_error", param: null, code } });
}
