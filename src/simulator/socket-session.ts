/**
 * Question: what is said on one socket?
 * Owns the rules of a connection: one response in flight, its age, and what a response may go on from, which is the last one of
 * this very connection. A turn itself is answered as over HTTP.
 * Must not know bytes on the wire.
 */
import { SseFramer } from "../protocol/sse.ts";
import { wireEventOf } from "../protocol/wire-event.ts";
import { answerCall } from "./answer-call.ts";
import { pushBounded } from "./bounded.ts";
import type { JsonObject } from "./content.ts";
import { noteViolation, type SimSocket } from "./record.ts";
import { asObject, isObject } from "./request-body.ts";
import { drawId } from "./rng.ts";
import { TransportFault } from "./transport-fault.ts";
import { itemsOf } from "./turn.ts";
import type { Call, World } from "./world.ts";

/** Where a session's frames go. */
export interface SocketOutlet {
  send(text: string): void;
  /** 1006 cuts the connection. */
  close(code: number): void;
  goSilent(): void;
}

export interface SocketSession {
  /** A text message came. */
  take(text: string): void;
  /** A message came that was too large, or none. */
  refuse(code: number): void;
  pinged(): void;
  /** The connection is over. */
  end(): void;
}

export type SocketAdmission =
  | { readonly kind: "refused"; readonly answer: Response }
  | {
      readonly kind: "taken";
      /** Of the handshake's answer. */
      readonly headers: Record<string, string>;
      begin(outlet: SocketOutlet): SocketSession;
    };

const SOCKETS_MAX = 2_000;
const MESSAGES_MAX = 200;
const EVENT_BYTES_MAX = 256 * 1024 * 1024;

/** Admits or refuses an upgrade. Rejects with a TransportFault when a fault says so. */
export async function openSocket(world: World, request: Request): Promise<SocketAdmission> {
  const seen: { call: Call | null } = { call: null };
  const onCall = (call: Call): void => {
    seen.call = call;
  };
  const answer = await answerCall(world, request, { transport: "socket", onCall });
  if (answer.status !== 200 || seen.call === null) return { kind: "refused", answer };
  const { call } = seen;
  return {
    kind: "taken",
    headers: Object.fromEntries(answer.headers),
    begin: (outlet) => new Session(world, call, request, outlet),
  };
}

interface Remembered {
  readonly id: string;
  readonly items: readonly JsonObject[];
}

class Session implements SocketSession {
  readonly #world: World;
  readonly #upgrade: Request;
  readonly #call: Call;
  readonly #outlet: SocketOutlet;
  readonly #over = new AbortController();
  readonly #socket: SimSocket;
  #last: Remembered | null = null;
  #isBusy = false;

  constructor(world: World, call: Call, upgrade: Request, outlet: SocketOutlet) {
    this.#world = world;
    this.#upgrade = upgrade;
    this.#call = call;
    this.#outlet = outlet;
    this.#socket = {
      id: call.record.id,
      at: world.clock.now(),
      account: call.account?.name ?? "",
      headers: call.record.headers,
      messages: [],
      pings: 0,
      isOpen: true,
      close: (code) => this.#close(code),
      goSilent: () => outlet.goSilent(),
      say: (frame) => this.#say(frame),
    };
    pushBounded(world.evidence.sockets, this.#socket, SOCKETS_MAX);
  }

  take(text: string): void {
    const message = parse(text);
    pushBounded(this.#socket.messages, message, MESSAGES_MAX);
    if (message["type"] !== "response.create") {
      this.#refuse(400, "invalid_event", "Unknown event type.");
      return;
    }
    if (this.#isBusy) {
      noteViolation(this.#world.evidence, this.#call.record, "socket-overlap", this.#socket.account, "two at once");
      this.#refuse(400, "response_in_progress", "A response is in progress on this connection.");
      return;
    }
    this.#isBusy = true;
    void this.#answer(message).finally(() => {
      this.#isBusy = false;
    });
  }

  refuse(code: number): void {
    this.#close(code);
  }

  pinged(): void {
    this.#socket.pings += 1;
  }

  end(): void {
    this.#socket.isOpen = false;
    this.#over.abort(new DOMException("The client went away.", "AbortError"));
  }

  #close(code: number): void {
    this.#outlet.close(code);
    this.end();
  }

  #say(frame: unknown): void {
    if (this.#socket.isOpen) this.#outlet.send(JSON.stringify(frame));
  }

  /** An error that ends no connection but what was remembered of it. */
  #refuse(status: number, code: string, message: string): void {
    this.#last = null;
    this.#say({ type: "error", status, error: { type: "invalid_request_error", code, message, param: null } });
  }

  async #answer(message: JsonObject): Promise<void> {
    const { clock, settings } = this.#world;
    if (clock.now() - this.#socket.at >= settings.socket.ageMsMax) {
      const words = "Responses websocket connection limit reached (60 minutes). Create a new connection.";
      this.#refuse(400, "websocket_connection_limit_reached", words);
      return this.#close(1000);
    }
    const { type: _, generate, previous_response_id: previous, ...body } = message;
    const before = this.#before(previous);
    if (before === null) {
      const words = `Previous response with id '${String(previous)}' not found.`;
      return this.#refuse(400, "previous_response_not_found", words);
    }
    const input = [...before, ...itemsOf(body["input"])];
    if (generate === false) return this.#prewarm(input, body);
    await this.#generate(input, { ...body, input });
  }

  /** Items the turn goes on from; null when they are not known on this connection. */
  #before(previous: unknown): readonly JsonObject[] | null {
    if (previous === undefined || previous === null) return [];
    return this.#last?.id === previous ? this.#last.items : null;
  }

  #prewarm(items: readonly JsonObject[], body: JsonObject): void {
    const id = drawId(this.#world.rng, "resp", 48);
    const response = { id, object: "response", model: body["model"], output: [], usage: null };
    this.#last = { id, items };
    this.#say({ type: "response.created", sequence_number: 0, response: { ...response, status: "in_progress" } });
    this.#say({ type: "response.completed", sequence_number: 1, response: { ...response, status: "completed" } });
  }

  /** The turn as over HTTP, with its whole input; its events as frames. */
  async #generate(input: readonly JsonObject[], body: JsonObject): Promise<void> {
    const seen: { call: Call | null } = { call: null };
    const onCall = (call: Call): void => {
      seen.call = call;
    };
    try {
      const answer = await answerCall(this.#world, this.#requestOf(body), { transport: "socket", onCall });
      if (answer.status !== 200) return await this.#tellRefusal(answer);
      this.#tellHead(answer.headers);
      await this.#tellEvents(answer, input);
    } catch (error) {
      this.#last = null;
      if (this.#over.signal.aborted) return;
      const fault = seen.call?.fault;
      this.#close(fault?.kind === "socket-close" ? fault.code : 1006);
      if (!(error instanceof TransportFault)) throw error;
    }
  }

  #requestOf(body: JsonObject): Request {
    const headers = new Headers(this.#upgrade.headers);
    for (const name of ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"]) headers.delete(name);
    headers.set("content-type", "application/json");
    const metadata = asObject(body["client_metadata"]);
    const turnState = metadata["x-codex-turn-state"];
    if (typeof turnState === "string") headers.set("x-codex-turn-state", turnState);
    return new Request(this.#upgrade.url, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal: this.#over.signal,
    });
  }

  async #tellRefusal(answer: Response): Promise<void> {
    this.#last = null;
    const body = asObject(parse(await answer.text()));
    const error = isObject(body["error"]) ? body["error"] : { code: null, message: String(body["detail"]) };
    const headers = Object.fromEntries(answer.headers);
    this.#say({ type: "error", status: answer.status, error, headers });
  }

  /** What over HTTP stands in the head, before the response begins. */
  #tellHead(head: Headers): void {
    const state = head.get("x-codex-turn-state");
    this.#say({ type: "codex.response.metadata", headers: Object.fromEntries(head) });
    if (state !== null) this.#say({ type: "response.metadata", headers: { "x-codex-turn-state": state } });
  }

  async #tellEvents(answer: Response, input: readonly JsonObject[]): Promise<void> {
    const framer = new SseFramer(EVENT_BYTES_MAX);
    const items: JsonObject[] = [...input];
    for await (const chunk of answer.body ?? []) {
      for (const frame of framer.push(chunk)) {
        const { type, text } = wireEventOf(frame);
        if (text === "" || !this.#socket.isOpen) continue;
        this.#remember(type, parse(text), items);
        this.#outlet.send(text);
      }
    }
  }

  /** What the next request of this connection may go on from. */
  #remember(type: string, event: JsonObject, items: JsonObject[]): void {
    if (type === "response.output_item.done" && isObject(event["item"])) items.push(event["item"]);
    if (type === "response.completed" || type === "response.incomplete") {
      this.#last = { id: String(asObject(event["response"])["id"]), items };
    }
    if (type === "response.failed" || type === "error") this.#last = null;
  }
}

function parse(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
