/** From the engine's bytes to a chat client's: pull-based like its source, so that a slow client slows upstream. */
import { LIMITS } from "../limits.ts";
import type { ChatStream } from "../protocol/chat-stream.ts";
import { renderErrorEvent } from "../protocol/refusal.ts";
import { renderData, SseFramer } from "../protocol/sse.ts";
import { type WireEvent, wireEventOf } from "../protocol/wire-event.ts";
import type { PulledBody } from "../router/turn.ts";

/** The last event repeats the whole output. */
const EVENT_BYTES_MAX = LIMITS.answerBytesMax + LIMITS.eventBytesMax;

/** Upstream's endings are the engine's to tell; this is for a stream that has none at all. */
const NO_ENDING = renderErrorEvent("upstream_stream_broken", "The stream broke off. Send the request again.");

function brokenEvent(): WireEvent {
  return { type: "error", text: NO_ENDING, bytes: new Uint8Array() };
}

/** The client's body; each chunk holds whole events. Ends with the ending of the chat, whatever may follow it. */
export function translateStream(source: PulledBody, chat: ChatStream): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const framer = new SseFramer(EVENT_BYTES_MAX);
  let hasLeft = false;

  async function readChunks(): Promise<readonly string[]> {
    try {
      const { done, value } = await reader.read();
      if (done || value === undefined) return chat.push(brokenEvent());
      return framer.push(value).flatMap((frame) => chat.push(wireEventOf(frame)));
    } catch {
      // Cut, or larger than anything that is sane: the client is told, and nothing more is read.
      return chat.push(brokenEvent());
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let chunks: readonly string[] = [];
        while (chunks.length === 0 && !chat.isOver) chunks = await readChunks();
        if (hasLeft) return;
        if (chunks.length > 0) controller.enqueue(Buffer.concat(chunks.map(renderData)));
        if (!chat.isOver) return;
        controller.close();
        await reader.cancel("told");
      },
      async cancel(reason) {
        hasLeft = true;
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
