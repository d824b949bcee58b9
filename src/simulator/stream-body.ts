/**
 * Question: which bytes leave when, and how does the stream end?
 * Owns the writing of events as server-sent events, the knobs that make it awkward, the faults inside a stream, and its pacing.
 * Must not know accounts or quota.
 */
import type { Clock, Rng } from "../ports.ts";
import type { JsonObject } from "./content.ts";
import type { EventFailure } from "./failures.ts";
import type { Fault } from "./fault.ts";
import { drawInteger } from "./rng.ts";
import type { SimEvent } from "./sse-script.ts";
import { type ConnectionEnding, TransportFault } from "./transport-fault.ts";

/** How an answer is written. */
export interface StreamKnobs {
  /** Before the head. */
  headDelayMs: number;
  /** Before each event. */
  eventDelayMs: number;
  /** One silence in the middle: this long, before the event with this number (from 0). */
  silenceMs: number;
  silenceBeforeEvent: number;
  /** Cuts the bytes at random places, also inside a character or a line. 0 leaves events whole, n cuts into pieces of 1 to n bytes. */
  splitBytesMax: number;
  lineEnd: "\n" | "\r\n";
  /** A comment line before each event. */
  comments: boolean;
  /** An event of a type nobody knows after each event. */
  unknownEvents: boolean;
  /** Adds one event with this many bytes of ballast after `response.in_progress`; 0 adds none. */
  hugeEventBytes: number;
  /** Null leaves the content type out. */
  contentType: string | null;
  gzip: boolean;
  /** Characters of text in one delta. */
  deltaChars: number;
}

export const USUAL_KNOBS: StreamKnobs = {
  headDelayMs: 0,
  eventDelayMs: 0,
  silenceMs: 0,
  silenceBeforeEvent: 4,
  splitBytesMax: 0,
  lineEnd: "\n",
  comments: false,
  unknownEvents: false,
  hugeEventBytes: 0,
  contentType: "text/event-stream; charset=utf-8",
  gzip: false,
  deltaChars: 24,
};

export interface Piece {
  readonly bytes: Uint8Array;
  readonly delayMs: number;
}

/** Clean end, silence for ever, or a broken connection. */
export type StreamEnding = "clean" | "hang" | ConnectionEnding;

export interface StreamPlan {
  readonly pieces: readonly Piece[];
  readonly ending: StreamEnding;
}

const encoder = new TextEncoder();
const GARBAGE = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 129) % 256);

/** Lays out the bytes of a stream. `failing` is the event of a scripted refusal, already chosen. */
export function planStream(
  events: readonly SimEvent[],
  knobs: StreamKnobs,
  fault: Fault | null,
  failing: EventFailure | null,
  rng: Rng,
): StreamPlan {
  const { kept, tail, ending } = breakStream(events, fault, failing);
  const decorated = decorate(kept, knobs);
  const written = decorated.map((event, index) => ({
    bytes: encoder.encode(writeEvent(event, knobs)),
    delayMs: knobs.eventDelayMs + (index === knobs.silenceBeforeEvent ? knobs.silenceMs : 0),
  }));
  const pieces = tail === null ? written : [...written, { bytes: tail, delayMs: knobs.eventDelayMs }];
  if (fault?.kind === "slow-loris") return { pieces: dripPieces(pieces, fault.msPerByte), ending };
  return { pieces: knobs.splitBytesMax > 0 ? splitPieces(pieces, knobs.splitBytesMax, rng) : pieces, ending };
}

interface BrokenStream {
  readonly kept: readonly SimEvent[];
  readonly tail: Uint8Array | null;
  readonly ending: StreamEnding;
}

function breakStream(events: readonly SimEvent[], fault: Fault | null, failing: EventFailure | null): BrokenStream {
  const whole: BrokenStream = { kept: events, tail: null, ending: "clean" };
  if (fault === null) return whole;
  if (fault.kind === "http") return whole;
  if (fault.kind === "failure") return failing === null ? whole : endWith(events, fault.afterEvent, failing.event);
  if (fault.kind === "event") return endWith(events, fault.afterEvent, fault.event);
  const kept = events.slice(0, fault.afterEvent);
  switch (fault.kind) {
    case "socket-close":
      return { kept, tail: null, ending: "reset" };
    case "hang-mid-stream":
      return { kept, tail: null, ending: "hang" };
    case "reset-mid-stream":
      return { kept, tail: null, ending: "reset" };
    case "close-mid-stream":
      return { kept, tail: null, ending: "fin" };
    case "end-mid-stream":
      return { kept, tail: null, ending: "clean" };
    case "garbage-mid-stream":
      return { kept, tail: GARBAGE, ending: "clean" };
    case "garbage-framing":
      return { kept, tail: null, ending: "garbage" };
    case "truncated-json":
      return { kept, tail: halfEvent(events[fault.afterEvent]), ending: "clean" };
    default:
      return whole;
  }
}

/** The first `count` events, then one that ends the stream. It carries the id of the response it ends. */
function endWith(events: readonly SimEvent[], count: number, event: JsonObject): BrokenStream {
  const kept = events.slice(0, count);
  const begun = events[0]?.["response"];
  const started = typeof begun === "object" && begun !== null ? { ...begun } : {};
  const response = event["response"];
  const named = typeof response === "object" && response !== null ? { ...started, ...response } : null;
  const last: SimEvent = {
    ...event,
    type: String(event["type"]),
    ...(named === null ? {} : { response: named }),
    sequence_number: kept.length,
  };
  return { kept: [...kept, last], tail: null, ending: "clean" };
}

function halfEvent(event: SimEvent | undefined): Uint8Array {
  const written = JSON.stringify(event ?? { type: "response.output_text.delta", delta: "cut" });
  return encoder.encode(
    `event: ${event?.type ?? "response.output_text.delta"}\ndata: ${written.slice(0, written.length >> 1)}`,
  );
}

function decorate(events: readonly SimEvent[], knobs: StreamKnobs): readonly SimEvent[] {
  if (!knobs.unknownEvents && knobs.hugeEventBytes === 0) return events;
  return events.flatMap((event) => {
    const around: SimEvent[] = [event];
    if (knobs.hugeEventBytes > 0 && event.type === "response.in_progress") {
      around.push({ type: "response.metadata", metadata: { ballast: "x".repeat(knobs.hugeEventBytes) } });
    }
    if (knobs.unknownEvents && !isTerminal(event)) around.push({ type: "response.something_new", note: "Grüße 🎉" });
    return around;
  });
}

/** Whether this event is the last one of a stream. */
export function isTerminal(event: SimEvent): boolean {
  return ["response.completed", "response.failed", "response.incomplete", "error"].includes(event.type);
}

function writeEvent(event: SimEvent, knobs: StreamKnobs): string {
  const end = knobs.lineEnd;
  const comment = knobs.comments ? `: keep-alive${end}${end}` : "";
  return `${comment}event: ${event.type}${end}data: ${JSON.stringify(event)}${end}${end}`;
}

function splitPieces(pieces: readonly Piece[], bytesMax: number, rng: Rng): Piece[] {
  return pieces.flatMap((piece) => {
    const parts: Piece[] = [];
    for (let start = 0; start < piece.bytes.length; ) {
      const length = 1 + drawInteger(rng, bytesMax);
      parts.push({ bytes: piece.bytes.subarray(start, start + length), delayMs: start === 0 ? piece.delayMs : 0 });
      start += length;
    }
    return parts;
  });
}

function dripPieces(pieces: readonly Piece[], msPerByte: number): Piece[] {
  return pieces.flatMap((piece) =>
    Array.from(piece.bytes, (byte) => ({ bytes: Uint8Array.of(byte), delayMs: msPerByte })),
  );
}

export interface StreamOptions {
  readonly clock: Clock;
  /** The caller's: when it fires, the body fails with its reason. */
  readonly signal: AbortSignal;
  /** Called once, when the stream is over for whatever reason. */
  readonly onEnd: (how: "answered" | "cut" | "cancelled") => void;
}

/** Performs a plan: pulled by the reader, so that a reader that stops reading stops the stream. */
export function openStream(plan: StreamPlan, options: StreamOptions): ReadableStream<Uint8Array> {
  let next = 0;
  let over = false;
  let wake: (() => void) | null = null;
  const end = (how: "answered" | "cut" | "cancelled"): boolean => {
    if (over) return false;
    over = true;
    wake?.();
    options.signal.removeEventListener("abort", onAbort);
    options.onEnd(how);
    return true;
  };
  let onAbort = (): void => undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      onAbort = () => {
        if (end("cancelled")) controller.error(options.signal.reason);
      };
      if (options.signal.aborted) onAbort();
      else options.signal.addEventListener("abort", onAbort);
    },
    async pull(controller) {
      const piece = plan.pieces[next];
      next += 1;
      const delayMs = piece?.delayMs ?? (plan.ending === "hang" ? Number.POSITIVE_INFINITY : 0);
      if (delayMs > 0) {
        await pause(options.clock, delayMs, (stop) => {
          wake = stop;
        });
      }
      if (over) return;
      if (piece !== undefined) return controller.enqueue(piece.bytes);
      finish(plan.ending, controller, end);
    },
    cancel() {
      end("cancelled");
    },
  });
}

function finish(
  ending: StreamEnding,
  controller: ReadableStreamDefaultController<Uint8Array>,
  end: (how: "answered" | "cut") => boolean,
): void {
  if (ending === "clean") {
    if (end("answered")) controller.close();
    return;
  }
  if (ending !== "hang" && end("cut")) controller.error(new TransportFault(ending));
}

/** Waits for the clock, or until `stop` is called. An infinite delay waits for `stop` alone. */
export function pause(clock: Clock, delayMs: number, offer: (stop: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = Number.isFinite(delayMs) ? clock.after(delayMs, resolve) : null;
    offer(() => {
      cancel?.();
      resolve();
    });
  });
}
