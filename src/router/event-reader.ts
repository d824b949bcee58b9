/** The next events of an attempt, or why there are none. Owns the silence clock and the right to cancel upstream. */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { SseFramer, SseTooLarge } from "../protocol/sse.ts";
import { EventNamer, endsWhole, type WireEvent } from "../protocol/wire-event.ts";
import { Patience } from "./patience.ts";

export type ReadEvents =
  | { readonly kind: "events"; readonly events: readonly WireEvent[] }
  /** Upstream closed; `isClean` is false when an event was cut in the middle. */
  | { readonly kind: "end"; readonly isClean: boolean }
  | { readonly kind: "silent" }
  | { readonly kind: "too-large" }
  /** An event whose text is no whole object. */
  | { readonly kind: "garbage" }
  | { readonly kind: "broken" };

/** A source of events: HTTP bodies today, sockets likewise. */
export interface EventReader {
  /** Never rejects. After anything but `events` it must not be called again. */
  read(): Promise<ReadEvents>;
  /** Lets go of upstream; safe at any time and more than once. */
  cancel(reason: string): void;
}

const BLANK = /^[\r\n]*$/;

export function openEventReader(body: ReadableStream<Uint8Array>, clock: Clock): EventReader {
  return new BodyReader(body.getReader(), clock);
}

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  /** Ends a reading that still waits, as streams do by their standard. */
  cancel(reason: string): Promise<void>;
}

class BodyReader implements EventReader {
  readonly #reader: Reader;
  readonly #patience: Patience;
  readonly #framer = new SseFramer(LIMITS.eventBytesMax);
  readonly #namer = new EventNamer();
  #isOver = false;
  #isSilent = false;
  #hasGarbage = false;

  constructor(reader: Reader, clock: Clock) {
    this.#reader = reader;
    this.#patience = new Patience(clock, LIMITS.upstreamSilenceMs, () => {
      this.#isSilent = true;
      this.cancel("silent");
    });
  }

  async read(): Promise<ReadEvents> {
    let outcome: ReadEvents = { kind: "broken" };
    try {
      for (;;) {
        if (this.#isOver || this.#hasGarbage) break;
        this.#patience.begin();
        // What is awaited here is paid for by every piece of every stream: nothing stands between it and the runtime.
        const chunk = await this.#reader.read();
        this.#patience.end();
        outcome = this.#take(chunk);
        if (outcome.kind !== "events" || outcome.events.length > 0) break;
      }
    } catch (error) {
      outcome = { kind: error instanceof SseTooLarge ? "too-large" : "broken" };
    }
    if (this.#hasGarbage && outcome.kind !== "events") outcome = { kind: "garbage" };
    if (this.#isSilent) outcome = { kind: "silent" };
    if (outcome.kind !== "events") this.cancel(outcome.kind);
    return outcome;
  }

  cancel(reason: string): void {
    this.#isOver = true;
    this.#patience.close();
    this.#reader.cancel(reason).catch(() => undefined);
  }

  #take(chunk: Awaited<ReturnType<Reader["read"]>>): ReadEvents {
    if (!chunk.done && chunk.value !== undefined) return this.#takeWhole(chunk.value);
    return { kind: "end", isClean: BLANK.test(new TextDecoder().decode(this.#framer.rest().subarray(0, 8))) };
  }

  /** The events before the first that is cut; the cut itself is told at the next read. */
  #takeWhole(chunk: Uint8Array): ReadEvents {
    const events: WireEvent[] = [];
    this.#framer.push(chunk, (frame) => {
      if (this.#hasGarbage) return "";
      const event = this.#namer.eventOf(frame);
      this.#hasGarbage = !endsWhole(event);
      if (!this.#hasGarbage) events.push(event);
      return this.#namer.pieceHead;
    });
    return this.#hasGarbage && events.length === 0 ? { kind: "garbage" } : { kind: "events", events };
  }
}
