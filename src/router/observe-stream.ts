/**
 * From upstream's events to the client's bytes, after the commit: pull-based, so that a slow client slows upstream and
 * nothing piles up. Watches usage and the ending; changes only what must be changed, and never mixes two attempts.
 */
import { LIMITS } from "../limits.ts";
import { AnswerCollector, answerTextOf, retellEvent, type Told } from "../protocol/answer.ts";
import { renderErrorEvent } from "../protocol/refusal.ts";
import { renderData, renderEvent } from "../protocol/sse.ts";
import { isLifecycle, isTerminal, type WireEvent } from "../protocol/wire-event.ts";
import type { EventReader, ReadEvents } from "./event-reader.ts";

export type StreamEnd =
  | { readonly kind: "ended"; readonly terminal: WireEvent }
  | { readonly kind: "lost"; readonly cause: Exclude<ReadEvents, { kind: "events" }> }
  /** The signal fired. */
  | { readonly kind: "stopped" }
  | { readonly kind: "client-left" };

export interface ObserveOptions {
  readonly reader: EventReader;
  /** Events read before the commit; they go out first. */
  readonly held: readonly WireEvent[];
  readonly told: Told;
  /** Whether a terminal event is to be kept from the client, who then asks again and is served elsewhere. */
  readonly isWithheld: (terminal: WireEvent) => boolean;
  /** Gets the text of every event that tells of the account's quota. */
  readonly onQuota: (text: string) => void;
  /** Fires when the client has left or the turn's time is up: the end then waits for nobody to read on. */
  readonly signal: AbortSignal;
  /** Called exactly once, however it ends. */
  readonly onEnd: (end: StreamEnd) => void;
  /** Called just before that: the response object as it was told, or null when the stream ended in any other way. */
  readonly onFinished: (response: string | null) => void;
}

const CUT_CODE = "upstream_stream_broken";
const CUT_MESSAGE = "The stream from upstream broke off. Send the request again: it will go on at a healthy account.";

const CUT_BYTES = renderData(renderErrorEvent(CUT_CODE, CUT_MESSAGE));

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** The client's body. Each chunk holds whole events. */
export function observeStream(options: ObserveOptions): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(new StreamObserver(options), { highWaterMark: 0 });
}

class StreamObserver {
  readonly #options: ObserveOptions;
  readonly #collector = new AnswerCollector(LIMITS.answerBytesMax);
  readonly #stop = (): void => this.#finish({ kind: "stopped" });
  /** Read already, to be sent next. */
  #batch: readonly WireEvent[];
  /** The response object of the terminal event that was sent. */
  #response: string | null = null;
  #isOver = false;
  #isCancelled = false;

  constructor(options: ObserveOptions) {
    this.#options = options;
    this.#batch = options.held;
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  async pull(controller: Controller): Promise<void> {
    if (this.#isOver) return this.#breakOff(controller);
    if (this.#batch.length > 0) {
      const events = this.#batch;
      this.#batch = [];
      return this.#forward(events, controller);
    }
    const outcome = await this.#options.reader.read();
    if (this.#isOver) return this.#breakOff(controller);
    if (outcome.kind === "events") return this.#forward(outcome.events, controller);
    this.#breakOff(controller);
    this.#finish({ kind: "lost", cause: outcome });
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#finish({ kind: "client-left" });
  }

  /** Only the first end counts. */
  #finish(end: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#options.reader.cancel(end.kind);
    this.#options.onFinished(this.#response);
    this.#options.onEnd(end);
  }

  #bytesOf(event: WireEvent): Uint8Array {
    const { told, onQuota } = this.#options;
    this.#collector.add(event);
    if (event.type === "codex.rate_limits") onQuota(event.text);
    if (!isLifecycle(event.type)) return event.bytes;
    const completed = isTerminal(event.type) ? this.#collector.complete(event.text) : event.text;
    const text = retellEvent(completed, told);
    if (event.type === "response.completed" || event.type === "response.incomplete")
      this.#response = answerTextOf(text);
    return text === event.text ? event.bytes : renderEvent(event.type, text);
  }

  /** Sends one batch on, to the terminal event if it holds one. */
  #forward(events: readonly WireEvent[], controller: Controller): void {
    const parts: Uint8Array[] = [];
    for (const event of events) {
      const isLast = isTerminal(event.type);
      const isCut = isLast && this.#options.isWithheld(event);
      parts.push(isCut ? CUT_BYTES : this.#bytesOf(event));
      if (!isLast) continue;
      controller.enqueue(Buffer.concat(parts));
      controller.close();
      this.#finish({ kind: "ended", terminal: event });
      return;
    }
    const [only] = parts;
    if (only !== undefined) controller.enqueue(parts.length === 1 ? only : Buffer.concat(parts));
  }

  #breakOff(controller: Controller): void {
    if (this.#isCancelled) return;
    controller.enqueue(CUT_BYTES);
    controller.close();
  }
}
