/**
 * How is an event told on a socket? As its JSON text; an error with a numeric status besides, without which the official
 * client takes no notice of it and waits until its patience ends. Pure.
 */
import { refusalOfBody } from "./passed-error.ts";
import { type Refusal, renderRefusal } from "./refusal.ts";
import { RETURNED_HEADERS } from "./upstream-headers.ts";
import { isObject, parseObject, type WireEvent } from "./wire-event.ts";

/** What a client must ask again for after a break in the middle: any 5xx makes it connect anew and send everything. */
const BROKEN_STATUS = 500;
const BAD_REQUEST_STATUS = 400;
/** Codes of `error` events that tell of the line or of upstream; every other one is about the request. */
const BROKEN_CODES: ReadonlySet<unknown> = new Set(["upstream_stream_broken", "server_error", "internal_error"]);

function errorFrame(status: number, error: unknown, headers: Readonly<Record<string, string>>, beside: object): string {
  return JSON.stringify({ type: "error", status, error, headers, ...beside });
}

/**
 * The refusal as the one event of its response. A rate limit is told as a failed response: the official client then waits
 * as long as the words say, while it would ask again at once after an error.
 */
export function tellRefusal(refusal: Refusal, responseId: string): string {
  const { status, retryAfterSeconds, code, message, details, beside } = refusal;
  if (code === "rate_limit_exceeded" && retryAfterSeconds !== null) {
    const error = { code, message: `${message} Please try again in ${retryAfterSeconds}s.`, ...details, ...beside };
    const response = { id: responseId, object: "response", status: "failed", error, output: [], usage: null };
    return JSON.stringify({ type: "response.failed", sequence_number: 0, response });
  }
  const { error, ...besideError } = parseObject(renderRefusal(refusal)) ?? {};
  const headers: Readonly<Record<string, string>> =
    retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) };
  return errorFrame(status, error, headers, besideError);
}

/** Upstream's own words about a bad request, unchanged where they have OpenAI's shape. */
export function tellPassedError(status: number, body: string): string {
  const error = parseObject(body)?.["error"];
  if (isObject(error)) return errorFrame(status, error, {}, {});
  const { error: made } = parseObject(renderRefusal(refusalOfBody(status, body))) ?? {};
  return errorFrame(status, made, {}, {});
}

/** What upstream tells of the line, among it what over HTTP stands in the head; only what the head may tell goes on. */
function tellMetadata(event: WireEvent): string | null {
  const told = parseObject(event.text)?.["headers"];
  if (!isObject(told)) return event.text;
  const kept = Object.entries(told).filter(([name]) =>
    (RETURNED_HEADERS as readonly string[]).includes(name.toLowerCase()),
  );
  return kept.length === 0 ? null : JSON.stringify({ type: event.type, headers: Object.fromEntries(kept) });
}

/** An event of a stream as a frame; null for what is no event, such as a comment, and for what is the account's own business. */
export function tellEvent(event: WireEvent): string | null {
  if (event.text === "" || event.type.startsWith("codex.")) return null;
  if (event.type === "response.metadata") return tellMetadata(event);
  if (event.type !== "error") return event.text;
  const told = parseObject(event.text) ?? {};
  if (typeof told["status"] === "number") return event.text;
  const { type: _, error: nested, ...bare } = told;
  const error = isObject(nested) ? nested : bare;
  const isBroken = BROKEN_CODES.has(error["code"] ?? error["type"]);
  const type = isBroken ? "server_error" : "invalid_request_error";
  return errorFrame(isBroken ? BROKEN_STATUS : BAD_REQUEST_STATUS, { type, ...error }, {}, {});
}

/** What over HTTP stands in the head of an answer. */
export function tellHead(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify({ type: "response.metadata", headers });
}

/** The two events of a response that was not to be generated: what was handed over is known by its id from now on. */
export function tellPrewarmed(response: Readonly<Record<string, unknown>>): readonly [string, string] {
  const begun = { type: "response.created", sequence_number: 0, response: { ...response, status: "in_progress" } };
  return [JSON.stringify(begun), JSON.stringify({ type: "response.completed", sequence_number: 1, response })];
}
