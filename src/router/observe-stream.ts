/**
 * From upstream's events to the client's bytes, after the commit: pull-based, so that a slow client slows upstream and
 * nothing piles up. Watches usage and the ending; changes only what must be changed, and never mixes two attempts.
 */
import { LIMITS } from "../limits.ts";
import { AnswerCollector, renameModel } from "../protocol/answer.ts";
import { renderErrorEvent } from "../protocol/refusal.ts";
import { renderData, renderEvent } from "../protocol/sse.ts";
import { isLifecycle, isTerminal, type WireEvent } from "../protocol/wire-event.ts";
import type { EventReader, ReadEvents } from "./event-reader.ts";

export type StreamEnd =
  | { readonly kind: "ended"; readonly terminal: WireEvent }
  | { readonly kind: "lost"; readonly cause: Exclude<ReadEvents, { kind: "events" }> }
  | { readonly kind: "client-left" };

export interface ObserveOptions {
  readonly reader: EventReader;
  /** Events read before the commit; they go out first. */
  readonly held: readonly WireEvent[];
  /** The name to show in place of upstream's; null when they are the same. */
  readonly publicModel: string | null;
  /** Whether a terminal event is to be kept from the client, who then asks again and is served elsewhere. */
  readonly isWithheld: (terminal: WireEvent) => boolean;
  /** Gets the text of every event that tells of the account's quota. */
  readonly onQuota: (text: string) => void;
  /** Called exactly once, however it ends. */
  readonly onEnd: (end: StreamEnd) => void;
}

const CUT_CODE = "upstream_stream_broken";
const CUT_MESSAGE = "The stream from upstream broke off. Send the request again: it will go on at a healthy account.";

/** The client's body. Each chunk holds whole events. */
export function observeStream(options: ObserveOptions): ReadableStream<Uint8Array> {
  const { reader, publicModel } = options;
  const collector = new AnswerCollector(LIMITS.answerBytesMax);
  let batch: readonly WireEvent[] = options.held;
  let isOver = false;

  const finish = (end: StreamEnd) => {
    if (isOver) return;
    isOver = true;
    reader.cancel(end.kind);
    options.onEnd(end);
  };

  function bytesOf(event: WireEvent): Uint8Array {
    collector.add(event);
    if (event.type === "codex.rate_limits") options.onQuota(event.text);
    if (!isLifecycle(event.type)) return event.bytes;
    const completed = isTerminal(event.type) ? collector.complete(event.text) : event.text;
    const text = publicModel === null ? completed : renameModel(completed, publicModel);
    return text === event.text ? event.bytes : renderEvent(event.type, text);
  }

  /** Sends one batch on; answers true when it held the terminal event. */
  function forward(events: readonly WireEvent[], controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    const parts: Uint8Array[] = [];
    for (const event of events) {
      const isLast = isTerminal(event.type);
      const isCut = isLast && options.isWithheld(event);
      parts.push(isCut ? renderData(renderErrorEvent(CUT_CODE, CUT_MESSAGE)) : bytesOf(event));
      if (!isLast) continue;
      controller.enqueue(Buffer.concat(parts));
      finish({ kind: "ended", terminal: event });
      controller.close();
      return true;
    }
    const [only] = parts;
    if (only !== undefined) controller.enqueue(parts.length === 1 ? only : Buffer.concat(parts));
    return false;
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (batch.length > 0) {
          const events = batch;
          batch = [];
          forward(events, controller);
          return;
        }
        const outcome = await reader.read();
        if (isOver) return;
        if (outcome.kind === "events") {
          forward(outcome.events, controller);
          return;
        }
        finish({ kind: "lost", cause: outcome });
        controller.enqueue(renderData(renderErrorEvent(CUT_CODE, CUT_MESSAGE)));
        controller.close();
      },
      cancel() {
        finish({ kind: "client-left" });
      },
    },
    { highWaterMark: 0 },
  );
}
