/**
 * From upstream's events to the client's bytes, after the commit: pull-based, so that a slow client slows upstream and
 * nothing piles up. Watches usage and the ending; changes only what must be changed, and never mixes two attempts.
 */
import { LIMITS } from "../limits.ts";
import { AnswerCollector, COLLECTED_TYPE, retellEvent, type Told } from "../protocol/answer.ts";
import { ByteRuns, bytesOfEvent } from "../protocol/byte-runs.ts";
import { renderErrorEvent } from "../protocol/refusal.ts";
import { renderData, textOfEvent } from "../protocol/sse.ts";
import { isLifecycle, isTerminal, LIFECYCLE_TYPES, TERMINAL_TYPES, type WireEvent } from "../protocol/wire-event.ts";
import type { EventReader, ReadEvents } from "./event-reader.ts";
import type { BodyChunk, BodyReader, PulledBody } from "./turn.ts";

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
  /** Called just before that: the text of the last event as it was told, or null when the stream ended in any other way. */
  readonly onFinished: (event: string | null) => void;
}

const CUT_CODE = "upstream_stream_broken";
const CUT_MESSAGE = "The stream from upstream broke off. Send the request again: it will go on at a healthy account.";

const CUT_BYTES = renderData(renderErrorEvent(CUT_CODE, CUT_MESSAGE));

/** Events that are looked into; all others go as they come. */
const WATCHED: ReadonlySet<string> = new Set([
  ...LIFECYCLE_TYPES,
  ...TERMINAL_TYPES,
  COLLECTED_TYPE,
  "codex.rate_limits",
]);

function isWatched(type: string): boolean {
  return WATCHED.has(type);
}

/** The client's body. Each chunk holds whole events. */
export function observeStream(options: ObserveOptions): PulledBody {
  const observer = new StreamObserver(options);
  return { getReader: () => observer };
}

const NOTHING = new Uint8Array();
const NOTHING_MORE: BodyChunk = { done: true, value: undefined };

function chunkOf(value: Uint8Array): BodyChunk {
  return { done: false, value };
}

class StreamObserver implements BodyReader {
  readonly #options: ObserveOptions;
  /** Whether the answer tells anything otherwise than upstream. */
  readonly #isRetold: boolean;
  readonly #collector = new AnswerCollector(LIMITS.answerBytesMax);
  readonly #stop = (): void => this.#finish({ kind: "stopped" });
  /** Read already, to be sent next. */
  #batch: readonly WireEvent[];
  /** Ready to go out. */
  #outbox: Uint8Array[] = [];
  /** The terminal event that was sent, if the stream ended well. */
  #ending: string | null = null;
  #hasEnded = false;
  #isLastOut = false;

  constructor(options: ObserveOptions) {
    this.#options = options;
    this.#isRetold = Object.keys(options.told).length > 0;
    this.#batch = options.held;
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  /** The last of its chunks has been read. */
  get isOver(): boolean {
    return this.#isLastOut && this.#outbox.length === 0;
  }

  /** What was held, to its end where that came with it. */
  ready(): Uint8Array | string | null {
    if (this.#hasEnded || this.#batch.length === 0) return null;
    const runs = this.#gather(this.#takeBatch());
    return (this.#isLastOut ? runs.takeText() : null) ?? this.#put(runs);
  }

  /** What waits is upstream's reading alone: every piece of every stream comes this way. */
  read(): Promise<BodyChunk> {
    const ready = this.#outbox.shift();
    if (ready !== undefined) return Promise.resolve(chunkOf(ready));
    if (this.#isLastOut) return Promise.resolve(NOTHING_MORE);
    if (this.#hasEnded) return Promise.resolve(this.#breakOff());
    if (this.#batch.length > 0) return Promise.resolve(chunkOf(this.#forward(this.#takeBatch())));
    return this.#options.reader.read().then(this.#took);
  }

  #takeBatch(): readonly WireEvent[] {
    const events = this.#batch;
    this.#batch = [];
    return events;
  }

  readonly #took = (outcome: ReadEvents): BodyChunk => {
    // The client may have left meanwhile.
    if (this.#isLastOut) return NOTHING_MORE;
    if (this.#hasEnded) return this.#breakOff();
    if (outcome.kind === "events") return chunkOf(this.#forward(outcome.events));
    this.#finish({ kind: "lost", cause: outcome });
    return this.#breakOff();
  };

  async cancel(): Promise<void> {
    this.#isLastOut = true;
    this.#outbox = [];
    this.#finish({ kind: "client-left" });
  }

  /** Only the first end counts. */
  #finish(end: StreamEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#options.reader.cancel(end.kind);
    this.#options.onFinished(this.#ending);
    this.#options.onEnd(end);
  }

  /** What to send in place of the event; null when it goes as it came. */
  #changeOf(event: WireEvent): string | null {
    const { told, onQuota } = this.#options;
    this.#collector.add(event);
    if (event.type === "codex.rate_limits") onQuota(event.text);
    const isLast = isTerminal(event.type);
    if (!(this.#isRetold || isLast) || !isLifecycle(event.type)) return null;
    const completed = isLast ? this.#collector.complete(event.text) : event.text;
    const text = retellEvent(completed, told);
    if (event.type === "response.completed" || event.type === "response.incomplete") this.#ending = text;
    return text === event.text ? null : textOfEvent(event.type, text);
  }

  #forward(events: readonly WireEvent[]): Uint8Array {
    const [only] = events;
    // Most batches are one event that only passes through.
    if (only !== undefined && events.length === 1 && !isWatched(only.type)) return bytesOfEvent(only);
    return this.#put(this.#gather(events));
  }

  /** What is to go out of one batch, to the terminal event if it holds one. */
  #gather(events: readonly WireEvent[]): ByteRuns {
    const runs = new ByteRuns();
    for (const event of events) {
      if (!isWatched(event.type)) {
        runs.addEvent(event);
        continue;
      }
      const isLast = isTerminal(event.type);
      const isCut = isLast && this.#options.isWithheld(event);
      this.#send(event, isCut, runs);
      if (!isLast) continue;
      this.#isLastOut = true;
      this.#finish({ kind: "ended", terminal: event });
      break;
    }
    return runs;
  }

  /** The first of the bytes; the others are ready then. */
  #put(runs: ByteRuns): Uint8Array {
    const [first, ...others] = runs.take();
    this.#outbox = others;
    return first ?? NOTHING;
  }

  #send(event: WireEvent, isCut: boolean, runs: ByteRuns): void {
    if (isCut) {
      runs.addBytes(CUT_BYTES);
      return;
    }
    const changed = this.#changeOf(event);
    if (changed === null) runs.addEvent(event);
    else runs.addText(changed);
  }

  #breakOff(): BodyChunk {
    this.#isLastOut = true;
    return chunkOf(CUT_BYTES);
  }
}
