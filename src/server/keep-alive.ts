/** Keeps a quiet client: between whole events, and only while somebody upstream is still being waited for. */
import type { Clock } from "../ports.ts";

/**
 * The body with `beat` put in whenever nothing flowed for `everyMs`. Pull-based like its source: a client that does
 * not read gets no beats either. `source` may still be on its way.
 */
export function keepAlive(
  source: Promise<ReadableStream<Uint8Array>>,
  beat: Uint8Array,
  everyMs: number,
  clock: Clock,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  const reading = source.then((stream) => stream.getReader());
  let pending: Promise<{ done: boolean; value?: Uint8Array | undefined }> | null = null;

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pending ??= reading.then((reader) => reader.read());
        const { promise: quiet, resolve } = Promise.withResolvers<"quiet">();
        const stop = clock.after(everyMs, () => resolve("quiet"));
        try {
          const chunk = await Promise.race([pending, quiet]);
          if (chunk === "quiet") {
            controller.enqueue(beat);
            return;
          }
          pending = null;
          if (chunk.done || chunk.value === undefined) controller.close();
          else controller.enqueue(chunk.value);
        } finally {
          stop();
        }
      },
      async cancel(reason) {
        onCancel();
        const reader = await reading;
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
