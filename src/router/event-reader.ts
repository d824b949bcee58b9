/** The next events of an attempt, or why there are none. Owns the silence clock and the right to cancel upstream. */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { SseFramer, SseTooLarge } from "../protocol/sse.ts";
import { EventNamer, endsWhole, type WireEvent } from "../protocol/wire-event.ts";
import { openPatience } from "./patience.ts";

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
  const reader = body.getReader();
  const framer = new SseFramer(LIMITS.eventBytesMax);
  const namer = new EventNamer();
  const patience = openPatience(clock, LIMITS.upstreamSilenceMs);
  let isOver = false;
  let hasGarbage = false;

  const cancel = (reason: string) => {
    isOver = true;
    patience.close();
    reader.cancel(reason).catch(() => undefined);
  };

  /** The stream's own result, or `silent` when the clock runs out first. */
  function readChunk(): Promise<"silent" | { done: boolean; value?: Uint8Array | undefined }> {
    return patience.wait(reader.read(), "silent");
  }

  /** The events before the first that is cut; the cut itself is told at the next read. */
  function takeWhole(events: readonly WireEvent[]): ReadEvents {
    const cutAt = events.findIndex((event) => !endsWhole(event));
    if (cutAt === 0) return { kind: "garbage" };
    hasGarbage = cutAt > 0;
    return { kind: "events", events: hasGarbage ? events.slice(0, cutAt) : events };
  }

  async function readOnce(): Promise<ReadEvents> {
    if (hasGarbage) return { kind: "garbage" };
    const chunk = await readChunk();
    if (chunk === "silent") return { kind: "silent" };
    if (!chunk.done && chunk.value !== undefined) {
      return takeWhole(framer.push(chunk.value).map((frame) => namer.eventOf(frame)));
    }
    return { kind: "end", isClean: BLANK.test(new TextDecoder().decode(framer.rest().subarray(0, 8))) };
  }

  async function read(): Promise<ReadEvents> {
    let outcome: ReadEvents = { kind: "broken" };
    try {
      do {
        outcome = isOver ? { kind: "broken" } : await readOnce();
      } while (outcome.kind === "events" && outcome.events.length === 0);
    } catch (error) {
      outcome = { kind: error instanceof SseTooLarge ? "too-large" : "broken" };
    }
    if (outcome.kind !== "events") cancel(outcome.kind);
    return outcome;
  }

  return { read, cancel };
}
