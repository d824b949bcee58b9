/** What does the page get back? Every answer with a head of its own that lets a browser do nothing more than it must. */
import type { PageError, PageErrorReason } from "../../operations/page-wire.ts";
import type { PageFile } from "./page-files.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Of every answer, the refused ones included. */
export const PAGE_HEAD: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

const STATUSES: Readonly<Record<PageErrorReason, number>> = {
  usage: 400,
  "no-session": 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  cancelled: 409,
  "not-running": 409,
  "sign-in-needed": 409,
  failed: 422,
  internal: 500,
};

export function answerJson(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { ...PAGE_HEAD, "content-type": "application/json" },
  });
}

/** The reasons of the operations are reasons of the page, too. */
export function refusePage(reason: PageErrorReason, message: string, hint: string | null = null): Response {
  const body: PageError = { error: { reason, message, hint } };
  return answerJson(body, STATUSES[reason]);
}

export function refuseNoSession(): Response {
  return refusePage("no-session", "This browser has not been let in.", "Open the page with: codexuse desktop");
}

export function answerFile(
  file: PageFile,
  change: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(file.bytes, {
    status: change.status ?? 200,
    headers: { ...PAGE_HEAD, "content-type": file.type, ...change.headers },
  });
}
