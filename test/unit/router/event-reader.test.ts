import { expect, test } from "bun:test";
import { type EventReader, openEventReader } from "../../../src/router/event-reader.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

const READERS = 60;

test("a reader that waits for more holds nothing of the piece that it has given", async () => {
  const clock = createVirtualClock(0);
  const pieces: WeakRef<Uint8Array>[] = [];
  const readers: EventReader[] = [];
  for (let count = 0; count < READERS; count += 1) {
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = new TextEncoder().encode(`data: {"type":"a.done","x":"${"y".repeat(10_000)}"}\n\n`);
          pieces.push(new WeakRef(piece));
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    const reader = openEventReader(body, clock);
    expect((await reader.read()).kind).toBe("events");
    readers.push(reader);
  }
  // A weak reference that was looked at or made keeps its piece for the rest of that turn of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  Bun.gc(true);
  const alive = pieces.filter((piece) => piece.deref() !== undefined).length;
  expect([readers.length, pieces.length]).toEqual([READERS, READERS]);
  // The collector takes what looks like an address on the stack for one: a few may stay.
  expect(alive).toBeLessThan(READERS / 4);
});
