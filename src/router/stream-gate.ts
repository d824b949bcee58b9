/**
 * Has the attempt begun to answer? Holds the opening events until the first output, so that an upstream that fails
 * behind a 200 can still be left without the client seeing two beginnings. Bounded in events and bytes.
 */
import { LIMITS } from "../limits.ts";
import { carriesOutput, isTerminal, type WireEvent } from "../protocol/wire-event.ts";
import type { EventReader, ReadEvents } from "./event-reader.ts";

export type GateOutcome =
  /** Output has come, or the bound was reached: from here on nothing is tried again. */
  | { readonly kind: "committed"; readonly held: readonly WireEvent[] }
  /** A terminal event came before any output. */
  | { readonly kind: "ended"; readonly terminal: WireEvent; readonly held: readonly WireEvent[] }
  | { readonly kind: "lost"; readonly cause: Exclude<ReadEvents, { kind: "events" }> };

/** Reads until output, a terminal event or a bound. `held` has every event read so far, in order. */
export async function awaitCommit(reader: EventReader): Promise<GateOutcome> {
  const held: WireEvent[] = [];
  let heldBytes = 0;
  for (;;) {
    const outcome = await reader.read();
    if (outcome.kind !== "events") return { kind: "lost", cause: outcome };
    held.push(...outcome.events);
    for (const event of outcome.events) {
      if (isTerminal(event.type)) return { kind: "ended", terminal: event, held };
      if (carriesOutput(event)) return { kind: "committed", held };
      heldBytes += event.bytes.length;
    }
    if (held.length > LIMITS.heldEventsMax || heldBytes > LIMITS.heldBytesMax) return { kind: "committed", held };
  }
}

/** Reads to the terminal event, for clients that have seen nothing before the end. `take` gets every event on the way. */
export async function awaitEnd(
  reader: EventReader,
  take: (event: WireEvent) => void,
): Promise<{ kind: "ended"; terminal: WireEvent } | Extract<GateOutcome, { kind: "lost" }>> {
  for (;;) {
    const outcome = await reader.read();
    if (outcome.kind !== "events") return { kind: "lost", cause: outcome };
    for (const event of outcome.events) {
      take(event);
      if (isTerminal(event.type)) return { kind: "ended", terminal: event };
    }
  }
}
