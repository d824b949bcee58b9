/**
 * Question: how is a short answer written?
 * Owns the JSON answers and the error families of the upstream's hosts.
 * Must not decide what is wrong.
 */
import type { HttpFailure } from "./failures.ts";

/** A JSON answer with its true length. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return textAnswer(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

/** An answer whose body is written already. */
export function textAnswer(status: number, body: string, headers: Record<string, string>): Response {
  return new Response(status === 204 ? null : body, { status, headers });
}

/** The ChatGPT backend's refusal: `{"detail": …}`. */
export function detailAnswer(status: number, detail: unknown, headers: Record<string, string> = {}): Response {
  return jsonAnswer(status, { detail }, headers);
}

export interface ErrorParts {
  readonly code: string | null;
  readonly message: string;
  readonly type?: string;
  readonly param?: string | null;
}

/** The platform's refusal: `{"error": {message, type, code, param}}`. */
export function errorAnswer(status: number, error: ErrorParts, headers: Record<string, string> = {}): Response {
  const { message, code } = error;
  const type = error.type ?? "invalid_request_error";
  return jsonAnswer(status, { error: { message, type, code, param: error.param ?? null } }, headers);
}

/** A refusal of the catalogue as an answer. `extra` headers go beneath its own. */
export function failureAnswer(failure: HttpFailure, extra: Record<string, string> = {}): Response {
  return textAnswer(failure.status, failure.body, { ...extra, ...failure.headers });
}
