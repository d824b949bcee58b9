import { describe, expect, test } from "bun:test";
import type { BodyChunk, PulledBody } from "../../../src/router/turn.ts";
import { type Beats, bodyOf, keepAlive } from "../../../src/server/keep-alive.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/simulator/clock.ts";

const EVERY_MS = 100;
const BEAT = new Uint8Array([7]);

/** A body whose pieces come when the test gives them. */
function aBody() {
  const asked: PromiseWithResolvers<BodyChunk>[] = [];
  const body: PulledBody = {
    getReader: () => ({
      read: () => {
        const next = Promise.withResolvers<BodyChunk>();
        asked.push(next);
        return next.promise;
      },
      cancel: () => Promise.resolve(),
    }),
  };
  return { asked, body };
}

function beatsOf(clock: VirtualClock): Beats {
  return { beat: BEAT, everyMs: EVERY_MS, clock };
}

function open(source: Promise<PulledBody>) {
  const clock = createVirtualClock(0);
  return { clock, reader: keepAlive(source, beatsOf(clock)).getReader() };
}

function openKnown(source: PulledBody) {
  const clock = createVirtualClock(0);
  const body = bodyOf(source, beatsOf(clock));
  if (!(body instanceof ReadableStream)) throw new Error("it went out in one piece");
  return { clock, reader: body.getReader() };
}

describe("keepAlive()", () => {
  test("beats while a reader waits, and gives it the piece when it comes", async () => {
    const { asked, body } = aBody();
    const { clock, reader } = open(Promise.resolve(body));
    for (let beat = 0; beat < 3; beat += 1) {
      const read = reader.read();
      await clock.advance(EVERY_MS);
      expect((await read).value).toEqual(BEAT);
    }
    const read = reader.read();
    asked[0]?.resolve({ done: false, value: new Uint8Array([1]) });
    expect((await read).value).toEqual(new Uint8Array([1]));
  });

  test("keeps one beat at most for a reader that stays away", async () => {
    const { asked, body } = aBody();
    const { clock, reader } = open(Promise.resolve(body));
    const first = reader.read();
    await clock.advance(10 * EVERY_MS);
    expect((await first).value).toEqual(BEAT);
    asked[0]?.resolve({ done: false, value: new Uint8Array([1]) });
    await clock.settle();
    const seen = [(await reader.read()).value, (await reader.read()).value];
    expect(seen).toEqual([BEAT, new Uint8Array([1])]);
  });

  test("gives what is there before anybody reads, and then goes on reading", async () => {
    const { asked, body } = aBody();
    let asks = 0;
    const ready = () => {
      asks += 1;
      return new Uint8Array([1, 2]);
    };
    const { clock, reader } = openKnown({ getReader: () => ({ ...body.getReader(), ready }) });
    expect([asks, asked.length]).toEqual([1, 0]);
    expect((await reader.read()).value).toEqual(new Uint8Array([1, 2]));
    const read = reader.read();
    await clock.settle();
    asked[0]?.resolve({ done: false, value: new Uint8Array([3]) });
    expect((await read).value).toEqual(new Uint8Array([3]));
  });

  for (const [what, ready] of [
    ["bytes", new Uint8Array([1])],
    ["text", "1"],
  ] as const) {
    test(`gives all of it in one piece when it was there to its end, as ${what}`, () => {
      const { asked, body } = aBody();
      const clock = createVirtualClock(0);
      const source = { getReader: () => ({ ...body.getReader(), ready: () => ready, isOver: true }) };
      expect(bodyOf(source, beatsOf(clock))).toEqual(ready);
      expect([asked.length, clock.pendingTimers()]).toEqual([0, 0]);
    });
  }

  test("ends with the last bytes of a source that tells that they are", async () => {
    const { asked, body } = aBody();
    const known = { ...body.getReader(), isOver: false };
    const { clock, reader } = openKnown({ getReader: () => known });
    const read = reader.read();
    await clock.settle();
    known.isOver = true;
    asked[0]?.resolve({ done: false, value: new Uint8Array([1]) });
    expect((await read).value).toEqual(new Uint8Array([1]));
    expect((await reader.read()).done).toBe(true);
    expect([asked.length, clock.pendingTimers()]).toEqual([1, 0]);
  });

  test("holds no timer once its source has failed, at its beginning or later", async () => {
    const { asked, body } = aBody();
    const later = open(Promise.resolve(body));
    const read = later.reader.read();
    await later.clock.settle();
    asked[0]?.reject(new Error("broken"));
    expect(read).rejects.toThrow("broken");
    await later.clock.settle();
    const never = open(Promise.reject(new Error("never there")));
    expect(never.reader.read()).rejects.toThrow("never there");
    await never.clock.settle();
    expect([later.clock.pendingTimers(), never.clock.pendingTimers()]).toEqual([0, 0]);
  });

  test("holds no timer once its source has thrown, and ends what cannot give its beginning", async () => {
    const thrown = () => {
      throw new Error("thrown");
    };
    const { clock, reader } = openKnown({ getReader: () => ({ ...aBody().body.getReader(), read: thrown }) });
    expect(reader.read()).rejects.toThrow("thrown");
    await clock.settle();
    expect(clock.pendingTimers()).toBe(0);
    let isCancelled = false;
    const cancel = () => {
      isCancelled = true;
      return Promise.resolve();
    };
    const unready = { getReader: () => ({ ...aBody().body.getReader(), ready: thrown, cancel }) };
    expect(() => bodyOf(unready, beatsOf(clock))).toThrow("thrown");
    expect(isCancelled).toBe(true);
  });

  test("holds no timer once the reader has gone", async () => {
    const { body } = aBody();
    const { clock, reader } = open(Promise.resolve(body));
    const read = reader.read();
    await clock.settle();
    await reader.cancel();
    expect((await read).done).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });
});
