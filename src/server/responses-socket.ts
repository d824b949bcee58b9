/**
 * What is said on one client's socket? One response after the other, each a turn like any other; the connection itself keeps
 * what the next one goes on from. Owns the turn that runs, the order of frames and the end of the connection.
 */
import { LIMITS } from "../limits.ts";
import type { Lane } from "../ports.ts";
import type { HeaderFields } from "../protocol/header-fields.ts";
import { type Refusal, refuseRequest } from "../protocol/refusal.ts";
import { tellEvent, tellHead, tellPassedError, tellPrewarmed, tellRefusal } from "../protocol/socket-event.ts";
import { parseSocketRequest, type SocketRequest } from "../protocol/socket-request.ts";
import { renderData, SseFramer } from "../protocol/sse.ts";
import { inputTextOf } from "../protocol/stored-input.ts";
import { honourRequest } from "../protocol/unhonoured.ts";
import { wireEventOf } from "../protocol/wire-event.ts";
import type { PulledBody, Served, Turn } from "../router/turn.ts";
import { requireKey } from "./auth.ts";
import { withIgnored } from "./dialect.ts";
import { reportBug } from "./internal-error.ts";
import { keepAlive } from "./keep-alive.ts";
import type { SocketEars, SocketLine } from "./listen.ts";
import { ownHeaders } from "./respond.ts";
import { routeOf } from "./routes/v1-responses.ts";
import type { Serving } from "./serving.ts";
import { SocketMemory } from "./socket-memory.ts";
import { askForReasoning, isKept, keepAnswer, prepareTurn } from "./stored-turns.ts";

type Create = Extract<SocketRequest, { kind: "create" }>;

/** The connection goes away as planned: the official client connects anew and sends everything. */
const GOING_AWAY = 1001;
/** The whole service does; it will be back. */
const SERVICE_RESTART = 1012;
const NOT_TEXT = 1003;

/** The last event repeats the whole output. */
const EVENT_BYTES_MAX = LIMITS.answerBytesMax + LIMITS.eventBytesMax;

const BEAT = renderData('{"type":"keepalive"}');

const BUSY = refuseRequest(
  "response_in_progress",
  "A response is running on this connection. Wait until it has ended, or open another connection.",
);
const TOO_LARGE = refuseRequest(
  "request_too_large",
  `The message is larger than ${LIMITS.bodyBytesMax / (1024 * 1024)} MiB.`,
);

export interface SocketOptions {
  readonly serving: Serving;
  /** As it was when the connection was opened. */
  readonly head: Headers;
  readonly key: string;
  /** Called once, when the connection is over. */
  readonly onClose: () => void;
}

export class ResponsesSocket implements SocketEars {
  readonly #options: SocketOptions;
  readonly #memory = new SocketMemory();
  readonly #over = new AbortController();
  readonly #lane: Lane = { over: this.#over.signal };
  #line: SocketLine | null = null;
  #running: AbortController | null = null;
  /** Why it is to be closed as soon as nothing runs; null while it is not. */
  #retired: { readonly code: number; readonly reason: string } | null = null;
  /** Stops the clock that ends it: by its age, or because it does not agree to be closed. */
  #stopAge = (): void => undefined;
  #caughtUp = Promise.withResolvers<void>();

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  open(line: SocketLine): void {
    this.#line = line;
    const { clock } = this.#options.serving;
    this.#stopAge = clock.after(LIMITS.socketMs, () => this.#retire(GOING_AWAY, "websocket_connection_limit_reached"));
    if (this.#retired !== null) this.#closeIfIdle();
  }

  message(data: string | Buffer): void {
    if (this.#retired !== null && this.#running === null) return;
    if (typeof data !== "string") {
      this.#line?.close(NOT_TEXT, "messages are text");
      return;
    }
    if (this.#running !== null) {
      void this.#send(tellRefusal(BUSY, this.#options.serving.newId("resp")));
      return;
    }
    this.#running = new AbortController();
    void this.#answer(data, this.#running.signal).finally(() => {
      this.#running = null;
      this.#closeIfIdle();
    });
  }

  drain(): void {
    this.#caughtUp.resolve();
    this.#caughtUp = Promise.withResolvers();
  }

  close(): void {
    this.#line = null;
    this.#stopAge();
    this.#running?.abort("client left");
    this.#over.abort("connection over");
    this.#memory.forget();
    this.#caughtUp.resolve();
    this.#options.onClose();
  }

  /** The process is about to end: no further response is begun. */
  endService(): void {
    this.#retire(SERVICE_RESTART, "service restart");
  }

  #retire(code: number, reason: string): void {
    this.#retired ??= { code, reason };
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    const line = this.#line;
    if (line === null || this.#retired === null || this.#running !== null) return;
    line.close(this.#retired.code, this.#retired.reason);
    // A client that is frozen never agrees to the end.
    this.#stopAge();
    this.#stopAge = this.#options.serving.clock.after(LIMITS.socketPongMs, () => line.terminate());
  }

  /** Waits while the client does not keep up, so that a slow client slows upstream. */
  async #sendAll(texts: readonly string[]): Promise<void> {
    const line = this.#line;
    let isBehind = false;
    line?.cork(() => {
      for (const text of texts) isBehind = line.send(text) === -1 || isBehind;
    });
    if (isBehind) await this.#caughtUp.promise;
  }

  #send(text: string): Promise<void> {
    return this.#sendAll([text]);
  }

  async #answer(data: string, signal: AbortSignal): Promise<void> {
    const { serving } = this.#options;
    try {
      const refusal = await this.#serve(data, signal);
      if (refusal !== null) await this.#send(tellRefusal(refusal, serving.newId("resp")));
    } catch (error) {
      await this.#send(tellRefusal(reportBug(serving, error), serving.newId("resp")));
    }
  }

  /** Answers what is to be refused before there is a turn; null when everything has been said. */
  async #serve(data: string, signal: AbortSignal): Promise<Refusal | null> {
    const { serving, key } = this.#options;
    const authorised = requireKey(serving.keys, key);
    if (authorised.kind === "refused") return authorised.refusal;
    if (data.length > LIMITS.bodyBytesMax) return TOO_LARGE;
    const asked = parseSocketRequest(data);
    if (asked.kind === "refused") return asked.refusal;
    return asked.generates ? this.#runTurn(asked, authorised.keyId, signal) : this.#prewarm(asked, authorised.keyId);
  }

  /** Nothing is asked of upstream: what was handed over is put before the next request's input. */
  async #prewarm({ request }: Create, keyId: string): Promise<Refusal | null> {
    const { serving } = this.#options;
    const shelf = { ...serving, responses: this.#memory.over(serving.responses, false) };
    const prepared = prepareTurn(shelf, keyId, request, false);
    if (prepared.kind === "refused") return prepared.refusal;
    const nowMs = serving.clock.now();
    const response = {
      id: serving.newId("resp"),
      object: "response",
      created_at: Math.floor(nowMs / 1_000),
      status: "completed",
      model: request.model,
      output: [],
      usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
    };
    const input = inputTextOf(prepared.request);
    this.#memory.keep({
      keyId,
      id: response.id,
      savedAtMs: nowMs,
      response: JSON.stringify(response),
      input,
      itemIds: [],
    });
    await this.#sendAll(tellPrewarmed(response));
    return null;
  }

  async #runTurn(asked: Create, keyId: string, signal: AbortSignal): Promise<Refusal | null> {
    const { serving } = this.#options;
    const honoured = honourRequest(asked.request);
    if (honoured.kind === "refused") return honoured.refusal;
    const keeps = isKept(honoured.request);
    const shelf = { ...serving, responses: this.#memory.over(serving.responses, keeps) };
    const prepared = prepareTurn(shelf, keyId, honoured.request, keeps);
    if (prepared.kind === "refused") return prepared.refusal;
    const turn: Turn = {
      id: serving.newId("turn"),
      keyId,
      route: routeOf(honoured.request),
      // Also for an answer that is not stored: the connection goes on from it.
      request: askForReasoning(shelf, prepared.request),
      form: null,
      previousResponseId: prepared.previousResponseId,
      // The connection keeps its last answer, stored or not.
      isContinuable: true,
      told: prepared.told,
      client: this.#headOf(asked),
      lane: this.#lane,
      signal,
      receivedAtMs: serving.clock.now(),
    };
    const served = serving.serve(turn).then((answer) => keepAnswer(shelf, turn, answer));
    await this.#tell(turn, served, [...honoured.ignored, ...prepared.ignored]);
    return null;
  }

  /** The connection's head, with what this request says anew. */
  #headOf({ headers }: Create): HeaderFields {
    const head = new Headers(this.#options.head);
    // Opaque and of one turn only: an older one must not come back with the connection.
    head.delete("x-codex-turn-state");
    for (const [name, value] of Object.entries(headers)) head.set(name, value);
    return head.toJSON();
  }

  /** Sends an answer's events as frames, and beats while there are none. */
  async #tell(turn: Turn, serving: Promise<Served>, ignored: readonly string[]): Promise<void> {
    const { clock } = this.#options.serving;
    const body = serving.then((served) => this.#bodyOf(turn, served, ignored));
    const beats = { beat: BEAT, everyMs: LIMITS.keepAliveMs, clock };
    const reader = keepAlive(body, beats).getReader();
    const framer = new SseFramer(EVENT_BYTES_MAX);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const texts = framer.push(value).map((frame) => tellEvent(wireEventOf(frame)));
        await this.#sendAll(texts.filter((text) => text !== null));
      }
    } finally {
      await reader.cancel("told");
    }
  }

  async #bodyOf(turn: Turn, served: Served, ignored: readonly string[]): Promise<PulledBody> {
    switch (served.kind) {
      case "stream": {
        await this.#send(tellHead({ ...withIgnored(served.headers, ignored), ...ownHeaders(turn, served.by) }));
        return served.body;
      }
      case "refused":
        return streamOf(tellRefusal(served.refusal, `resp_${turn.id}`));
      case "answer":
        return streamOf(tellPassedError(served.status, textOf(served.body)));
      case "left":
        return new Blob([]).stream();
    }
  }
}

function textOf(body: Uint8Array | string): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

function streamOf(event: string): PulledBody {
  return new Blob([new Uint8Array(renderData(event))]).stream();
}
