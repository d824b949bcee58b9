/** Keeps a quiet client: between whole events, and only while somebody upstream is still being waited for. */
import type { Clock } from "../ports.ts";
import { Patience } from "../router/patience.ts";
import type { BodyChunk, BodyReader, PulledBody } from "../router/turn.ts";

type Client = ReadableStreamDefaultController<Uint8Array>;

/** Nobody else would end a body that fails before there is a stream. */
function readyOf(reader: BodyReader | null): Uint8Array | null {
  try {
    return reader?.ready?.() ?? null;
  } catch (error) {
    void reader?.cancel(error);
    throw error;
  }
}

/**
 * The body with `beat` put in whenever nothing flowed for `everyMs`. Pull-based like its source: for a client that does
 * not read one beat waits at most. `source` may still be on its way; what it has at once goes out without waiting.
 */
export function keepAlive(
  source: PulledBody | Promise<PulledBody>,
  beat: Uint8Array,
  everyMs: number,
  clock: Clock,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  let reader: BodyReader | null = "then" in source ? null : source.getReader();
  const opening = "then" in source ? source.then((stream) => stream.getReader()) : null;
  let client: Client | null = null;
  const patience = new Patience(clock, everyMs, () => {
    // One at a time: the next waits until this one has been taken.
    if (client !== null && client.desiredSize === 0) client.enqueue(beat);
  });

  async function readFirst(): Promise<BodyChunk> {
    reader ??= (await opening) as BodyReader;
    return reader.read();
  }

  function give(chunk: BodyChunk, controller: Client): void {
    if (!chunk.done && chunk.value !== undefined) {
      controller.enqueue(chunk.value);
      // Said at once, so that the end goes out with the last bytes.
      if (reader?.isOver !== true) return;
    }
    patience.close();
    controller.close();
  }

  /** Nobody else tells the clock when the source fails. */
  function fail(error: unknown): never {
    patience.close();
    throw error;
  }

  function took(chunk: BodyChunk): void {
    patience.end();
    try {
      if (client !== null) give(chunk, client);
    } catch (error) {
      fail(error);
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // There before anybody reads, it goes out in one piece with the answer's head: else the runtime sends that alone.
        const ready = readyOf(reader);
        if (ready !== null) give({ done: false, value: ready }, controller);
      },
      pull(controller) {
        client = controller;
        patience.begin();
        try {
          return (reader === null ? readFirst() : reader.read()).then(took, fail);
        } catch (error) {
          return fail(error);
        }
      },
      async cancel(reason) {
        patience.close();
        onCancel();
        reader ??= (await opening) as BodyReader;
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
