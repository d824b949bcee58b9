/** Keeps a quiet client: between whole events, and only while somebody upstream is still being waited for. */
import type { Clock } from "../ports.ts";
import { Patience } from "../router/patience.ts";
import type { BodyChunk, BodyReader, PulledBody } from "../router/turn.ts";

/**
 * The body with `beat` put in whenever nothing flowed for `everyMs`. Pull-based like its source: for a client that does
 * not read one beat waits at most. `source` may still be on its way.
 */
export function keepAlive(
  source: Promise<PulledBody>,
  beat: Uint8Array,
  everyMs: number,
  clock: Clock,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  const reading = source.then((stream) => stream.getReader());
  let reader: BodyReader | null = null;
  let client: ReadableStreamDefaultController<Uint8Array> | null = null;
  const patience = new Patience(clock, everyMs, () => {
    // One at a time: the next waits until this one has been taken.
    if (client !== null && client.desiredSize === 0) client.enqueue(beat);
  });

  async function readFirst(): Promise<BodyChunk> {
    reader = await reading;
    return reader.read();
  }

  /** Nobody else tells the clock when the source fails. */
  function giveUp(error: unknown): never {
    patience.close();
    throw error;
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        client = controller;
        patience.begin();
        const chunk = await (reader === null ? readFirst() : reader.read()).catch(giveUp);
        patience.end();
        if (!chunk.done && chunk.value !== undefined) {
          controller.enqueue(chunk.value);
          // Said at once, so that the end goes out with the last bytes.
          if (reader?.isOver !== true) return;
        }
        patience.close();
        controller.close();
      },
      async cancel(reason) {
        patience.close();
        onCancel();
        const opened = await reading;
        await opened.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
