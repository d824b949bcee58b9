/** Keeps a quiet client: between whole events, and only while somebody upstream is still being waited for. */
import type { Clock } from "../ports.ts";
import { Patience } from "../router/patience.ts";
import type { BodyChunk, BodyReader, PulledBody } from "../router/turn.ts";

type Client = ReadableStreamDefaultController<Uint8Array>;

/** How a quiet client is kept. */
export interface Beats {
  /** Goes out whenever nothing flowed for `everyMs`. */
  readonly beat: Uint8Array;
  readonly everyMs: number;
  readonly clock: Clock;
}

/**
 * An answer's body. What is there of it goes out at once, and what has come to its end already goes out in one piece, with
 * its length: a stream for it would cost more than all of its bytes.
 */
export function bodyOf(source: PulledBody, beats: Beats): ReadableStream<Uint8Array> | Uint8Array | string {
  const reader = source.getReader();
  const ready = readyOf(reader);
  if (typeof ready === "string" || (ready !== null && reader.isOver === true)) return ready;
  return openStream({ reader, ready, open: () => Promise.resolve(reader) }, beats);
}

/** The same for a body that is still on its way. */
export function keepAlive(source: Promise<PulledBody>, beats: Beats): ReadableStream<Uint8Array> {
  const opening = source.then((body) => body.getReader());
  return openStream({ reader: null, ready: null, open: () => opening }, beats);
}

/** Nobody else would end a body that fails before there is a stream. */
function readyOf(reader: BodyReader): Uint8Array | string | null {
  try {
    return reader.ready?.() ?? null;
  } catch (error) {
    void reader.cancel(error);
    throw error;
  }
}

interface Opening {
  /** Null while it is on its way. */
  readonly reader: BodyReader | null;
  /** What it has given already. */
  readonly ready: Uint8Array | null;
  readonly open: () => Promise<BodyReader>;
}

/** Pull-based like its source: for a client that does not read one beat waits at most. */
function openStream({ reader: known, ready, open }: Opening, beats: Beats): ReadableStream<Uint8Array> {
  const { beat, everyMs, clock } = beats;
  let reader = known;
  let client: Client | null = null;
  const patience = new Patience(clock, everyMs, () => {
    // One at a time: the next waits until this one has been taken.
    if (client !== null && client.desiredSize === 0) client.enqueue(beat);
  });

  async function readFirst(): Promise<BodyChunk> {
    reader = await open();
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
        await (reader ?? (await open())).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
