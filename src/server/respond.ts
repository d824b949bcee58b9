/** What goes back? Turns what the engine served into a Response with a head of its own; never upstream's. */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { type Refusal, renderFailedEvent, renderRefusal } from "../protocol/refusal.ts";
import { renderData, renderEvent } from "../protocol/sse.ts";
import type { Served, ServedBy, Turn } from "../router/turn.ts";
import { keepAlive } from "./keep-alive.ts";

/** A comment would not do: the official client's idle timer only sees data. */
const RESPONSES_BEAT = renderData('{"type":"keepalive"}');

const STREAM_HEAD: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};

function ownHeaders(turn: Turn, by: ServedBy | null): Record<string, string> {
  const headers: Record<string, string> = { "x-codexuse-turn": turn.id };
  if (by === null) return headers;
  if (by.sessionId !== "") headers["x-codexuse-session"] = by.sessionId;
  if (by.profile !== null) headers["x-codexuse-profile"] = encodeURIComponent(by.profile);
  return headers;
}

/** A refusal of ours as an HTTP answer. */
export function respondRefusal(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Response {
  const retry = refusal.retryAfterSeconds === null ? {} : { "retry-after": String(refusal.retryAfterSeconds) };
  return new Response(renderRefusal(refusal), {
    status: refusal.status,
    headers: { "content-type": "application/json", ...retry, ...headers },
  });
}

/** Status of a connection whose client has gone; nobody reads it, logs do. */
const CLIENT_CLOSED = 499;

function respondServed(turn: Turn, served: Served, clock: Clock): Response {
  const own = ownHeaders(turn, served.by);
  switch (served.kind) {
    case "refused":
      return respondRefusal(served.refusal, own);
    case "left":
      return new Response(null, { status: CLIENT_CLOSED, headers: own });
    case "answer":
      return new Response(typeof served.body === "string" ? served.body : new Uint8Array(served.body), {
        status: served.status,
        headers: { ...served.headers, ...own },
      });
    case "stream": {
      const body = keepAlive(Promise.resolve(served.body), RESPONSES_BEAT, LIMITS.keepAliveMs, clock, () => undefined);
      return new Response(body, { status: 200, headers: { ...STREAM_HEAD, ...served.headers, ...own } });
    }
  }
}

/** What follows a head that went out before the outcome was known: the stream, or the refusal as its terminal event. */
async function lateBody(turn: Turn, serving: Promise<Served>): Promise<ReadableStream<Uint8Array>> {
  const served = await serving;
  switch (served.kind) {
    case "stream":
      return served.body;
    case "left":
      return new Blob([]).stream();
    case "answer": {
      const text = typeof served.body === "string" ? served.body : new TextDecoder().decode(served.body);
      return failedStream(turn, readAnswerError(text));
    }
    case "refused":
      return failedStream(turn, served.refusal);
  }
}

function readAnswerError(text: string): Pick<Refusal, "code" | "message" | "details" | "beside"> {
  const none = { details: {}, beside: {} };
  try {
    const body: unknown = JSON.parse(text);
    const error: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "error") : null;
    if (typeof error !== "object" || error === null)
      return { code: "upstream_error", message: text.slice(0, 500), ...none };
    const code: unknown = Reflect.get(error, "code") ?? Reflect.get(error, "type");
    return { code: String(code ?? "upstream_error"), message: String(Reflect.get(error, "message") ?? ""), ...none };
  } catch {
    return { code: "upstream_error", message: "Upstream refused the request.", ...none };
  }
}

function failedStream(
  turn: Turn,
  error: Pick<Refusal, "code" | "message" | "details" | "beside">,
): ReadableStream<Uint8Array> {
  const { model } = turn.request;
  const createdAtSeconds = Math.floor(turn.receivedAtMs / 1_000);
  const refusal = { status: 200, type: "", param: null, retryAfterSeconds: null, ...error };
  const text = renderFailedEvent(refusal, `resp_${turn.id}`, createdAtSeconds, model);
  return new Blob([new Uint8Array(renderEvent("response.failed", text))]).stream();
}

/**
 * The client's answer. A streaming client's status is held until the first outcome or `headHoldMs`: until then a pool
 * with nobody left can still say so in the status, where every client understands it.
 */
export async function respondTurn(
  turn: Turn,
  serving: Promise<Served>,
  clock: Clock,
  leave: () => void,
): Promise<Response> {
  if (!turn.request.stream) return respondServed(turn, await serving, clock);
  const { promise: held, resolve } = Promise.withResolvers<"held">();
  const stop = clock.after(LIMITS.headHoldMs, () => resolve("held"));
  const first = await Promise.race([serving, held]).finally(stop);
  if (first !== "held") return respondServed(turn, first, clock);
  const body = keepAlive(lateBody(turn, serving), RESPONSES_BEAT, LIMITS.keepAliveMs, clock, leave);
  return new Response(body, { status: 200, headers: { ...STREAM_HEAD, ...ownHeaders(turn, null) } });
}
