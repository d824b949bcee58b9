/** The next events of an attempt, or why there are none. Owns the silence clock and the right to cancel upstream. */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { type SseFrame, SseFramer, SseTooLarge } from "../protocol/sse.ts";
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
  return new BodyReader(body.getReader(), new Patience(clock, LIMITS.upstreamSilenceMs));
}

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason: string): Promise<void>;
}

class BodyReader implements EventReader {
  readonly #reader: Reader;
  readonly #patience: Patience;
  readonly #framer = new SseFramer(LIMITS.eventBytesMax);
  readonly #namer = new EventNamer();
  #isOver = false;
  #hasGarbage = false;

  constructor(reader: Reader, patience: Patience) {
    this.#reader = reader;
    this.#patience = patience;
  }

  async read(): Promise<ReadEvents> {
    let outcome: ReadEvents = { kind: "broken" };
    try {
      do {
        outcome = this.#isOver ? { kind: "broken" } : await this.#readOnce();
      } while (outcome.kind === "events" && outcome.events.length === 0);
    } catch (error) {
      outcome = { kind: error instanceof SseTooLarge ? "too-large" : "broken" };
    }
    if (outcome.kind !== "events") this.cancel(outcome.kind);
    return outcome;
  }

  cancel(reason: string): void {
    this.#isOver = true;
    this.#patience.close();
    this.#reader.cancel(reason).catch(() => undefined);
  }

  async #readOnce(): Promise<ReadEvents> {
    if (this.#hasGarbage) return { kind: "garbage" };
    const chunk = await this.#patience.wait(this.#reader.read());
    if (chunk === "late") return { kind: "silent" };
    if (!chunk.done && chunk.value !== undefined) return this.#takeWhole(this.#framer.push(chunk.value));
    return { kind: "end", isClean: BLANK.test(new TextDecoder().decode(this.#framer.rest().subarray(0, 8))) };
  }

  /** The events before the first that is cut; the cut itself is told at the next read. */
  #takeWhole(frames: readonly SseFrame[]): ReadEvents {
    const events: WireEvent[] = [];
    for (const frame of frames) {
      const event = this.#namer.eventOf(frame);
      this.#hasGarbage = !endsWhole(event);
      if (this.#hasGarbage) break;
      events.push(event);
    }
    return this.#hasGarbage && events.length === 0 ? { kind: "garbage" } : { kind: "events", events };
  }
}
