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
const BROKEN: ReadEvents = { kind: "broken" };

/** Whether what has come so far holds no whole event. */
function isUnfinished(outcome: ReadEvents): boolean {
  return outcome.kind === "events" && outcome.events.length === 0;
}

export function openEventReader(body: ReadableStream<Uint8Array>, clock: Clock): EventReader {
  return new BodyReader(body.getReader(), clock);
}

interface Piece {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

interface Reader {
  read(): Promise<Piece>;
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
  /** What the piece that is looked into holds. */
  #events: WireEvent[] = [];

  constructor(reader: Reader, clock: Clock) {
    this.#reader = reader;
    this.#patience = new Patience(clock, LIMITS.upstreamSilenceMs, () => {
      this.#isSilent = true;
      this.cancel("silent");
    });
  }

  /** Nothing stands between this and the runtime, no function that waits either: every piece of every stream pays for it. */
  read(): Promise<ReadEvents> {
    if (this.#isOver || this.#hasGarbage) return Promise.resolve(this.#conclude(BROKEN));
    return this.#readPiece().then(this.#took, this.#broke);
  }

  readonly #took = (chunk: Piece): ReadEvents | Promise<ReadEvents> => {
    const outcome = this.#outcomeOf(chunk);
    return isUnfinished(outcome) ? this.#readOn() : this.#conclude(outcome);
  };

  readonly #broke = (): ReadEvents => this.#conclude(BROKEN);

  /** An event that came in pieces, to its end. */
  async #readOn(): Promise<ReadEvents> {
    try {
      for (;;) {
        const outcome = this.#isOver ? BROKEN : this.#outcomeOf(await this.#readPiece());
        if (!isUnfinished(outcome)) return this.#conclude(outcome);
      }
    } catch {
      return this.#conclude(BROKEN);
    }
  }

  #readPiece(): Promise<Piece> {
    this.#patience.begin();
    return this.#reader.read();
  }

  #outcomeOf(chunk: Piece): ReadEvents {
    this.#patience.end();
    try {
      return this.#take(chunk);
    } catch (error) {
      return error instanceof SseTooLarge ? { kind: "too-large" } : BROKEN;
    }
  }

  /** What is said of it. */
  #conclude(outcome: ReadEvents): ReadEvents {
    let told = outcome;
    if (this.#hasGarbage && told.kind !== "events") told = { kind: "garbage" };
    if (this.#isSilent) told = { kind: "silent" };
    if (told.kind !== "events") this.cancel(told.kind);
    return told;
  }

  cancel(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience.close();
    this.#reader.cancel(reason).catch(() => undefined);
  }

  #take(chunk: Piece): ReadEvents {
    if (!chunk.done && chunk.value !== undefined) return this.#takeWhole(chunk.value);
    return { kind: "end", isClean: BLANK.test(new TextDecoder().decode(this.#framer.rest().subarray(0, 8))) };
  }

  /** The events before the first that is cut; the cut itself is told at the next read. */
  #takeWhole(chunk: Uint8Array): ReadEvents {
    const events = this.#events;
    this.#framer.push(chunk, this.#takeFrame);
    // Let go of at once: events hold the piece that brought them, and the next one may be long in coming.
    this.#events = [];
    return this.#hasGarbage && events.length === 0 ? { kind: "garbage" } : { kind: "events", events };
  }

  /** Answers how pieces of text begin that may come together from here on. */
  readonly #takeFrame = (frame: SseFrame): string => {
    if (this.#hasGarbage) return "";
    const event = this.#namer.eventOf(frame);
    this.#hasGarbage = !endsWhole(event);
    if (!this.#hasGarbage) this.#events.push(event);
    return this.#namer.pieceHead;
  };
}
