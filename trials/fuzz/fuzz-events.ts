/** The reader of upstream's events: whatever the bytes and however they are cut. */
import type { Rng } from "../../src/ports.ts";
import { type SseFrame, SseFramer } from "../../src/protocol/sse.ts";
import { openEventReader } from "../../src/router/event-reader.ts";
import { observeStream } from "../../src/router/observe-stream.ts";
import { awaitCommit } from "../../src/router/stream-gate.ts";
import { createRealClock, createVirtualClock } from "../../src/simulator/clock.ts";
import { drawInteger } from "../../src/simulator/rng.ts";
import type { FuzzTarget } from "./fuzz.ts";

const EVENT_BYTES_MAX = 1024 * 1024;
/** Nothing in here waits for time. */
const STILL = createVirtualClock(0);

/** The input in pieces of any size, empty ones included. */
export function cut(input: Uint8Array, rng: Rng): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const most = rng() < 0.3 ? 3 : 400;
  for (let at = 0; at < input.length; ) {
    const length = drawInteger(rng, most + 1);
    pieces.push(input.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

export function streamOf(pieces: readonly Uint8Array[], onCancel: () => void): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[next];
        next += 1;
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}

function sayFrames(frames: readonly SseFrame[]): string {
  return JSON.stringify(frames.map(({ event, data }) => [event, data]));
}

/** Cut anywhere, the same events come out, and no byte is lost. */
function checkFraming(input: Uint8Array, pieces: readonly Uint8Array[]): string | null {
  const whole = new SseFramer(EVENT_BYTES_MAX);
  const frames = whole.push(input);
  const cutUp = new SseFramer(EVENT_BYTES_MAX);
  const cutFrames = pieces.flatMap((piece) => cutUp.push(piece));
  // A lone CR may be the first half of an end of line, which only the next piece tells.
  const bytes = Buffer.concat([...cutFrames.map((frame) => frame.bytes), cutUp.rest()]);
  if (!bytes.equals(input)) return "frames and rest are not the input";
  if (!Buffer.concat([...frames.map((frame) => frame.bytes), whole.rest()]).equals(input)) return "bytes are lost";
  return sayFrames(frames) === sayFrames(cutFrames) ? null : "cutting changes the events";
}

/** Through the gate and to the client: ends once, and upstream is always let go. */
async function checkDelivery(pieces: readonly Uint8Array[], rng: Rng): Promise<string | null> {
  let ends = 0;
  const reader = openEventReader(
    streamOf(pieces, () => undefined),
    rng() < 0.5 ? STILL : createRealClock(),
  );
  const gate = await awaitCommit(reader);
  if (gate.kind !== "committed") {
    reader.cancel("not committed");
    return null;
  }
  const body = observeStream({
    reader,
    held: gate.held,
    told: { model: '"public"' },
    isWithheld: () => false,
    onQuota: () => undefined,
    signal: new AbortController().signal,
    onEnd: () => {
      ends += 1;
    },
    onFinished: () => undefined,
  });
  const leavesAfter = rng() < 0.2 ? drawInteger(rng, 5) : Number.POSITIVE_INFINITY;
  const out = body.getReader();
  for (let read = 0; ; read += 1) {
    if (read >= leavesAfter) await out.cancel("left");
    if ((await out.read()).done) break;
  }
  return ends === 1 ? null : `the stream ended ${ends} times`;
}

export const EVENTS_TARGET: FuzzTarget = {
  name: "events of upstream",
  corpus: ["sse"],
  inputs: 100_000,
  shortInputs: 400,
  async check(input, rng) {
    const pieces = cut(input, rng);
    return checkFraming(input, pieces) ?? (await checkDelivery(pieces, rng));
  },
};
