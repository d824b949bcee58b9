/**
 * Which way does a request go, HTTP or a socket? A turn of a client's connection is offered to a socket of its own, which
 * ends with that connection; everything else, and every turn for which no socket can be had, goes over HTTP. That an
 * account has sockets is learnt by asking for one.
 */
import { LIMITS } from "../limits.ts";
import {
  type Clock,
  type Environment,
  type Lane,
  TransportError,
  type Upstream,
  type UpstreamAnswer,
  type UpstreamRequest,
} from "../ports.ts";
import { isLoopbackHost } from "./endpoints.ts";
import { type Exchanged, exchange, writeCreate } from "./socket-exchange.ts";
import { type History, readSent, type Sent } from "./socket-history.ts";
import { type OpenRaw, openLine, type SocketLine } from "./socket-line.ts";

const BETA = "responses_websockets=2026-02-06";
/** Upstream says that it is too much for a socket. */
const TOO_LARGE = 1009;
/** Refusals that say what the place is like, and not how it fares just now. */
const HAS_NONE: ReadonlySet<number | null> = new Set([400, 404, 405, 426, 501]);
/** Lost is only what a socket knew: the same can be asked again with everything in it. */
const FORGETFUL: ReadonlySet<string> = new Set(["websocket_connection_limit_reached", "previous_response_not_found"]);
/** Of one request, or of HTTP alone. */
const NOT_IN_HANDSHAKE: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "content-type",
  "x-codex-turn-state",
  "x-openai-internal-codex-responses-lite",
]);
/** They differ from turn to turn, and a connection serves them all. */
const PASSING: ReadonlySet<string> = new Set(["x-codex-turn-metadata", "x-codex-window-id", "x-client-request-id"]);

const PROXY_VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] as const;

interface Held {
  /** Whose it is, and as what it was opened. */
  readonly place: string;
  readonly line: SocketLine;
  history: History | null;
  isBusy: boolean;
  /** Whether anything was asked on it before. */
  wasUsed: boolean;
}

export interface RelayOptions {
  readonly clock: Clock;
  readonly openRaw: OpenRaw;
  readonly env: Environment;
}

/** A socket of the runtime's own. It knows no proxies: see `hasProxy`. */
export const openWebSocket: OpenRaw = (url, headers) =>
  new WebSocket(url, { headers: { ...headers }, perMessageDeflate: false });

function placeOf({ url, headers }: UpstreamRequest): string {
  const lasting = Object.entries(headers).filter(([name]) => !NOT_IN_HANDSHAKE.has(name) && !PASSING.has(name));
  return JSON.stringify([url, lasting]);
}

/** By which it is known whether there are sockets: the base, and the account. */
function accountOf({ url, headers }: UpstreamRequest): string {
  return `${url} ${headers["chatgpt-account-id"] ?? ""}`;
}

export function relaySockets(http: Upstream, options: RelayOptions): Upstream {
  return new SocketRelay(http, options);
}

class SocketRelay implements Upstream {
  readonly #http: Upstream;
  readonly #options: RelayOptions;
  /** One a lane; gone with it. */
  readonly #held = new Map<Lane, Held>();
  /** Until when no socket is asked for, by account. */
  readonly #without = new Map<string, number>();

  constructor(http: Upstream, options: RelayOptions) {
    this.#http = http;
    this.#options = options;
  }

  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
    const { lane = null, body } = request;
    const isBusy = lane !== null && this.#held.get(lane)?.isBusy === true;
    if (lane === null || typeof body !== "string" || isBusy || lane.over.aborted || !this.#isOffered(request)) {
      return this.#http.send(request, signal);
    }
    return this.#sendOnSocket(request, lane, body, signal);
  }

  /** No proxy stands in between: what a socket would do with one is not what fetch does. */
  #isOffered(request: UpstreamRequest): boolean {
    const { env, clock } = this.#options;
    if (request.proxyUrl !== null || (request.body?.length ?? 0) > LIMITS.socketMessageBytesMax) return false;
    const isNear = isLoopbackHost(new URL(request.url).hostname);
    if (!isNear && PROXY_VARIABLES.some((name) => (env[name] ?? "") !== "")) return false;
    return (this.#without.get(accountOf(request)) ?? 0) <= clock.now();
  }

  /** At most two sockets are tried: what only a used one can do wrong is asked of a fresh one, with everything in it. */
  async #sendOnSocket(
    request: UpstreamRequest,
    lane: Lane,
    body: string,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer> {
    const sent = readSent(body);
    for (;;) {
      const held = await this.#hold(request, lane, signal);
      if (held === null) return this.#http.send(request, signal);
      const { wasUsed } = held;
      const said = await this.#exchange(held, lane, { request, sent, signal });
      if (said.kind === "answer") return said.answer;
      if (said.kind === "refused") {
        held.isBusy = false;
        if (!FORGETFUL.has(said.code)) return said.answer;
        await said.answer.body?.cancel();
        this.#drop(lane);
        if (!wasUsed) return this.#http.send(request, signal);
        continue;
      }
      this.#drop(lane);
      if (said.code === TOO_LARGE) return this.#http.send(request, signal);
      if (wasUsed) continue;
      // It takes connections and drops them: the next try is spared that.
      this.#goWithout(request, LIMITS.socketFailedMs);
      throw new TransportError("reset");
    }
  }

  async #exchange(
    held: Held,
    lane: Lane,
    asked: { readonly request: UpstreamRequest; readonly sent: Sent; readonly signal: AbortSignal },
  ): Promise<Exchanged> {
    const { line } = held;
    const { sent, signal } = asked;
    const message = writeCreate(asked.request, sent, held.history);
    held.isBusy = true;
    held.wasUsed = true;
    held.history = null;
    try {
      return await exchange({
        ...{ line, sent, message, signal },
        onEnd: (history) => {
          held.isBusy = false;
          held.history = history;
          line.rest((text) => this.#hearIdle(lane, held, text));
        },
      });
    } catch (error) {
      this.#drop(lane);
      throw error;
    }
  }

  /** News of limits and timing may come late; anything of a response then is of none that is known. */
  #hearIdle(lane: Lane, held: Held, text: string): void {
    if (/^\s*\{\s*"type"\s*:\s*"(codex|responsesapi)\./.test(text)) return;
    if (this.#held.get(lane) === held) this.#drop(lane);
    held.line.cut();
  }

  /** The lane's socket, or a fresh one; null when none can be had. */
  async #hold(request: UpstreamRequest, lane: Lane, signal: AbortSignal): Promise<Held | null> {
    const place = placeOf(request);
    const held = this.#held.get(lane);
    if (held !== undefined && held.place === place && (await this.#isFit(held.line))) return held;
    this.#drop(lane);
    const opened = await openLine(this.#options.openRaw, this.#options.clock, handshakeOf(request), signal);
    if (opened.kind === "refused") {
      this.#goWithout(request, HAS_NONE.has(opened.status) ? LIMITS.socketRefusedMs : LIMITS.socketFailedMs);
      return null;
    }
    const fresh: Held = { place, line: opened.line, history: null, isBusy: false, wasUsed: false };
    this.#held.set(lane, fresh);
    lane.over.addEventListener("abort", () => this.#drop(lane), { once: true });
    if (lane.over.aborted) this.#drop(lane);
    return fresh;
  }

  /** Upstream ends old connections, and silent ones may be gone without a word. */
  async #isFit(line: SocketLine): Promise<boolean> {
    const ageMs = this.#options.clock.now() - line.openedAtMs;
    return line.isOpen && ageMs < LIMITS.socketReuseMs && (await line.isAlive());
  }

  #drop(lane: Lane): void {
    const held = this.#held.get(lane);
    if (held?.isBusy === true) held.line.cut();
    else held?.line.leave();
    this.#held.delete(lane);
  }

  #goWithout(request: UpstreamRequest, forMs: number): void {
    const nowMs = this.#options.clock.now();
    for (const [account, untilMs] of this.#without) if (untilMs <= nowMs) this.#without.delete(account);
    this.#without.set(accountOf(request), nowMs + forMs);
  }
}

function handshakeOf({ url, headers }: UpstreamRequest): {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const kept = Object.entries(headers).filter(([name]) => !NOT_IN_HANDSHAKE.has(name));
  return { url: url.replace(/^http/, "ws"), headers: { ...Object.fromEntries(kept), "openai-beta": BETA } };
}
