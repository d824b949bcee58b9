/**
 * One response over a socket, told as if it had come over HTTP: head, status and a body of server-sent events. So that
 * everything behind it knows one kind of answer only.
 */
import { LIMITS } from "../limits.ts";
import { TransportError, type UpstreamAnswer, type UpstreamRequest } from "../ports.ts";
import { AnswerCollector, readResponse } from "../protocol/answer.ts";
import { applyEdits, type Edit, editMembers, findMember } from "../protocol/json-spans.ts";
import { renderEvent } from "../protocol/sse.ts";
import { eventOfText, isLifecycle, isObject, isTerminal, parseObject, type WireEvent } from "../protocol/wire-event.ts";
import { type History, historyOf, newItems, type Sent } from "./socket-history.ts";
import type { SocketLine } from "./socket-line.ts";

/** Headers of a request that a socket carries inside of each message. */
const TURN_STATE = "x-codex-turn-state";
const LITE = "x-openai-internal-codex-responses-lite";

/** The message that asks for what the request asks for; `history` is what the connection knows already. */
export function writeCreate(request: UpstreamRequest, sent: Sent, history: History | null): string {
  const { body, members } = sent;
  const news = history === null ? null : newItems(sent, history);
  const input = findMember(members, "input");
  const open = body.indexOf("{") + 1;
  const goOn = news === null ? "" : `,"previous_response_id":${JSON.stringify(history?.responseId)}`;
  const more = members.length === 0 ? "" : ",";
  const edits: Edit[] = [{ start: open, end: open, text: `"type":"response.create"${goOn}${more}` }];
  if (news !== null && input !== null) edits.push({ start: input.valueStart, end: input.valueEnd, text: news });
  edits.push(...editMetadata(request, sent));
  return applyEdits(body, edits);
}

/** Puts in what over HTTP are headers of one request. */
function editMetadata({ headers }: UpstreamRequest, { body, members }: Sent): Edit[] {
  const metadata: Record<string, string> = {};
  const [turnState, lite] = [headers[TURN_STATE], headers[LITE]];
  if (turnState !== undefined) metadata[TURN_STATE] = JSON.stringify(turnState);
  if (lite !== undefined) metadata[`ws_request_header_${LITE.replaceAll("-", "_")}`] = JSON.stringify(lite);
  if (Object.keys(metadata).length === 0) return [];
  const member = findMember(members, "client_metadata");
  if (member === null) {
    const end = body.lastIndexOf("}");
    return [{ start: end, end, text: `,"client_metadata":${editMembers("{}", metadata)}` }];
  }
  const { valueStart: start, valueEnd: end } = member;
  const said = body.slice(start, end);
  return [{ start, end, text: editMembers(said.startsWith("{") ? said : "{}", metadata) }];
}

export type Exchanged =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer }
  /** Upstream refused in words; the connection still stands, but knows nothing any more. */
  | { readonly kind: "refused"; readonly code: string; readonly answer: UpstreamAnswer }
  /** It was closed before it said anything about this response. */
  | { readonly kind: "closed"; readonly code: number };

export interface ExchangeOptions {
  readonly line: SocketLine;
  /** The whole input of the request, whatever of it is sent. */
  readonly sent: Sent;
  readonly message: string;
  readonly signal: AbortSignal;
  /** Called once, when the response has ended; null when nothing can be gone on from. */
  readonly onEnd: (history: History | null) => void;
}

/** Sends, and resolves with the head of the answer, which is everything that comes before the response begins. */
export async function exchange(options: ExchangeOptions): Promise<Exchanged> {
  const { line, signal } = options;
  const headers = new Headers({ "content-type": "text/event-stream" });
  const before: WireEvent[] = [];
  const giveUp = () => line.cut();
  signal.addEventListener("abort", giveUp);
  try {
    line.send(options.message);
    for (;;) {
      const read = await line.read();
      if (signal.aborted) throw signal.reason;
      if (read.kind === "closed") return { kind: "closed", code: read.code };
      const event = eventOfText(read.text);
      if (!isNews(event.type)) return refusalOf(event, headers) ?? begin(options, headers, [...before, event]);
      noteHeaders(event, headers);
      if (before.length < LIMITS.heldEventsMax / 2) before.push(event);
    }
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function begin(options: ExchangeOptions, headers: Headers, events: readonly WireEvent[]): Exchanged {
  const body = new ReadableStream(new ResponseFrames(options, events), { highWaterMark: 0 });
  return { kind: "answer", answer: { status: 200, headers, body } };
}

/** What upstream tells about the line or the account before a response begins. */
function isNews(type: string): boolean {
  return type === "response.metadata" || type.startsWith("codex.") || type.startsWith("responsesapi.");
}

function noteHeaders(event: WireEvent, headers: Headers): void {
  const told = parseObject(event.text)?.["headers"];
  for (const [name, value] of isObject(told) ? Object.entries(told) : []) setSafely(headers, name, value);
}

/** A header of upstream's that is no header is left out. */
function setSafely(headers: Headers, name: string, value: unknown): void {
  const text = typeof value === "number" ? String(value) : value;
  const isHeader = typeof text === "string" && /^[\w-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(text);
  if (isHeader && name.toLowerCase() !== "content-type") headers.set(name, text);
}

/** An error with a status, as the HTTP answer it stands for; null for anything else. */
function refusalOf(event: WireEvent, headers: Headers): Extract<Exchanged, { kind: "refused" }> | null {
  if (event.type !== "error") return null;
  const told = parseObject(event.text) ?? {};
  const { status: given, status_code: alias, error } = told;
  const status = typeof given === "number" ? given : alias;
  if (typeof status !== "number" || status < 400 || status > 599) return null;
  noteHeaders(event, headers);
  headers.set("content-type", "application/json");
  const code = isObject(error) && typeof error["code"] === "string" ? error["code"] : "";
  const body = new Blob([JSON.stringify({ error: error ?? null })]).stream();
  return { kind: "refused", code, answer: { status, headers, body } };
}

/** The frames of one response as server-sent events: pulled, so that a client that does not read stops upstream too. */
class ResponseFrames {
  readonly #options: ExchangeOptions;
  readonly #collector = new AnswerCollector(LIMITS.answerBytesMax);
  readonly #stop = (): void => this.#giveUp();
  #first: readonly WireEvent[];
  #id: string | null = null;
  #isOver = false;

  constructor(options: ExchangeOptions, first: readonly WireEvent[]) {
    this.#options = options;
    this.#first = first;
    options.signal.addEventListener("abort", this.#stop);
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { line, signal } = this.#options;
    const events: WireEvent[] = [...this.#first];
    this.#first = [];
    while (events.length === 0 || (line.hasMore && !events.some(isLast))) {
      const read = await line.read();
      if (signal.aborted) throw signal.reason;
      if (read.kind === "frame") events.push(eventOfText(read.text));
      else if (events.length === 0) return this.#break(controller);
      else break;
    }
    if (!events.every((event) => this.#isOwn(event))) return this.#break(controller);
    const last = events.find(isLast);
    controller.enqueue(Buffer.concat(events.map((event) => renderEvent(event.type, event.text))));
    if (last === undefined) return;
    this.#finish(last);
    controller.close();
  }

  cancel(): void {
    this.#giveUp();
  }

  /** Whether an event is of this response; another one's on the same line would be somebody else's (trap 19). */
  #isOwn(event: WireEvent): boolean {
    this.#collector.add(event);
    if (!isLifecycle(event.type)) return true;
    const { responseId } = readResponse(event.text);
    this.#id ??= responseId;
    return responseId === null || responseId === this.#id;
  }

  #finish(last: WireEvent): void {
    if (!this.#end()) return;
    const isGood = last.type === "response.completed" || last.type === "response.incomplete";
    const { sent, onEnd } = this.#options;
    onEnd(isGood ? historyOf(sent, this.#id, this.#collector.complete(last.text)) : null);
  }

  /** What still comes belongs to a response that nobody wants: the line is of no more use. */
  #giveUp(): void {
    if (!this.#end()) return;
    this.#options.line.cut();
    this.#options.onEnd(null);
  }

  #break(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#giveUp();
    controller.error(new TransportError("reset"));
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.signal.removeEventListener("abort", this.#stop);
    return true;
  }
}

function isLast(event: WireEvent): boolean {
  return isTerminal(event.type);
}
