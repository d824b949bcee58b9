/** What goes back? Turns what the engine served into a Response with a head of its own; never upstream's. */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { refusalOfBody } from "../protocol/passed-error.ts";
import { type Refusal, renderRefusal } from "../protocol/refusal.ts";
import type { PulledBody, Served, ServedBy, Turn } from "../router/turn.ts";
import { type Dialect, type Head, withIgnored } from "./dialect.ts";
import { type Beats, bodyOf, keepAlive } from "./keep-alive.ts";
import { within } from "./within.ts";

/** Whom to answer, and in which words. */
export interface Answering {
  readonly turn: Turn;
  readonly dialect: Dialect;
  /** Members of the request that no account could have honoured. */
  readonly ignored: readonly string[];
  readonly clock: Clock;
}

const STREAM_HEAD: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};

/** Whose answer this is. */
export function ownHeaders(turn: Turn, by: ServedBy | null): Record<string, string> {
  const headers: Record<string, string> = { "x-codexuse-turn": turn.id };
  if (by === null) return headers;
  if (by.sessionId !== "") headers["x-codexuse-session"] = by.sessionId;
  if (by.profile !== null) headers["x-codexuse-profile"] = encodeURIComponent(by.profile);
  return headers;
}

/** Worded by the dialect. */
function headOf({ dialect, ignored }: Answering, given: Head): Head {
  return dialect.head(withIgnored(given, ignored));
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

function beatsOf({ dialect, clock }: Answering): Beats {
  return { beat: dialect.beat, everyMs: LIMITS.keepAliveMs, clock };
}

function respondServed(answering: Answering, served: Served): Response {
  const { turn, dialect } = answering;
  const own = ownHeaders(turn, served.by);
  switch (served.kind) {
    case "refused":
      return respondRefusal(served.refusal, own);
    case "left":
      return new Response(null, { status: CLIENT_CLOSED, headers: own });
    case "answer": {
      const { status, type, body } = dialect.answer(served);
      return new Response(typeof body === "string" ? body : new Uint8Array(body), {
        status,
        headers: { ...headOf(answering, served.headers), "content-type": type, ...own },
      });
    }
    case "stream": {
      const body = bodyOf(dialect.stream(served.body), beatsOf(answering));
      // Types of bodies know no bytes that may be shared; these are not.
      return new Response(body as ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | string, {
        status: 200,
        headers: { ...STREAM_HEAD, ...headOf(answering, served.headers), ...own },
      });
    }
  }
}

/** What follows a head that went out before the outcome was known: the stream, or the refusal as its last event. */
async function lateBody(dialect: Dialect, serving: Promise<Served>): Promise<PulledBody> {
  const served = await serving;
  switch (served.kind) {
    case "stream":
      return dialect.stream(served.body);
    case "left":
      return new Blob([]).stream();
    case "answer": {
      const text = typeof served.body === "string" ? served.body : new TextDecoder().decode(served.body);
      return streamOf(dialect.lateRefusal(refusalOfBody(served.status, text)));
    }
    case "refused":
      return streamOf(dialect.lateRefusal(served.refusal));
  }
}

function streamOf(bytes: Uint8Array): PulledBody {
  return new Blob([new Uint8Array(bytes)]).stream();
}

/** The outcome is not there in time. */
const held = (): "held" => "held";

/**
 * The client's answer. A streaming client's status is held until the first outcome or `headHoldMs`: until then a pool
 * with nobody left can still say so in the status, where every client understands it.
 */
export async function respondTurn(answering: Answering, serving: Promise<Served>): Promise<Response> {
  const { turn, dialect, clock } = answering;
  if (!turn.request.stream) return respondServed(answering, await serving);
  const first = await within(serving, LIMITS.headHoldMs, clock, held);
  if (first !== "held") return respondServed(answering, first);
  const body = keepAlive(lateBody(dialect, serving), beatsOf(answering));
  const head = { ...STREAM_HEAD, ...headOf(answering, {}), ...ownHeaders(turn, null) };
  return new Response(body, { status: 200, headers: head });
}
