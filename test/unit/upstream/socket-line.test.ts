import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/simulator/clock.ts";
import { type OpenRaw, openLine, type RawSocket, SocketLine } from "../../../src/upstream/socket-line.ts";

const NOON_MS = Date.UTC(2026, 10, 22, 12);

/** A WebSocket whose other end is the test. */
class FakeSocket extends EventTarget {
  readyState = 1;
  readonly sent: string[] = [];
  readonly did: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  ping(): void {
    this.did.push("ping");
  }
  pause(): void {
    this.did.push("pause");
  }
  resume(): void {
    this.did.push("resume");
  }
  terminate(): void {
    this.did.push("terminate");
  }
  close(): void {
    this.did.push("close");
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

interface Scene {
  readonly clock: VirtualClock;
  readonly fake: FakeSocket;
  readonly line: SocketLine;
}

function asRaw(fake: FakeSocket): RawSocket {
  return fake as unknown as RawSocket;
}

function openScene(): Scene {
  const clock = createVirtualClock(NOON_MS);
  const fake = new FakeSocket();
  return { clock, fake, line: new SocketLine(asRaw(fake), clock) };
}

describe("frames", () => {
  test("are read in order, then how it ended", async () => {
    const { fake, line } = openScene();
    const first = line.read();
    fake.say("one");
    fake.say("two");
    fake.dispatchEvent(new CloseEvent("close", { code: 1011 }));
    expect([await first, await line.read(), await line.read()]).toEqual([
      { kind: "frame", text: "one" },
      { kind: "frame", text: "two" },
      { kind: "closed", code: 1011 },
    ]);
  });

  test("that nobody reads make the other end wait, until half of them are read (trap 40)", async () => {
    const { fake, line } = openScene();
    const piece = "x".repeat(LIMITS.socketWaitingBytesMax / 4);
    for (let count = 0; count < 5; count += 1) fake.say(piece);
    expect(fake.did).toEqual(["pause"]);
    for (let count = 0; count < 2; count += 1) await line.read();
    expect(fake.did).toEqual(["pause"]);
    await line.read();
    expect(fake.did).toEqual(["pause", "resume"]);
  });

  test("that are no text end it", async () => {
    const { fake, line } = openScene();
    fake.say(new Uint8Array([1]));
    expect(await line.read()).toEqual({ kind: "closed", code: 1003 });
    expect(fake.did).toEqual(["terminate"]);
  });

  test("while it rests go to whoever let it rest", () => {
    const { fake, line } = openScene();
    fake.say("late");
    const heard: string[] = [];
    line.rest((text) => void heard.push(text));
    fake.say("stray");
    expect(heard).toEqual(["late", "stray"]);
  });
});

describe("life", () => {
  test("is taken for granted a moment after it spoke, and asked for later (trap 32)", async () => {
    const { clock, fake, line } = openScene();
    expect(await line.isAlive()).toBe(true);
    expect(fake.did).toEqual([]);
    await clock.advance(LIMITS.socketFreshMs);
    const asked = line.isAlive();
    expect(fake.did).toEqual(["ping"]);
    fake.dispatchEvent(new MessageEvent("pong"));
    expect(await asked).toBe(true);
  });

  test("is over when no pong comes in time (trap 32)", async () => {
    const { clock, line } = openScene();
    await clock.advance(LIMITS.socketFreshMs);
    const asked = line.isAlive();
    await clock.advance(LIMITS.socketPongMs);
    expect(await asked).toBe(false);
  });

  test("pings keep the way open while it rests, and only then", async () => {
    const { clock, fake, line } = openScene();
    line.rest(() => undefined);
    await clock.advance(3 * LIMITS.socketPingMs);
    expect(fake.did).toEqual(["ping", "ping", "ping"]);
    line.send("work");
    await clock.advance(3 * LIMITS.socketPingMs);
    expect(fake.did.length).toBe(3);
  });

  test("it says goodbye, and is cut when that is not answered", async () => {
    const { clock, fake, line } = openScene();
    line.leave();
    line.leave();
    await clock.advance(LIMITS.socketPongMs);
    expect(fake.did).toEqual(["close", "terminate"]);
    expect(line.isOpen).toBe(false);
  });
});

describe("opening", () => {
  const to = { url: "ws://upstream.test", headers: { a: "b" } };

  function attempt(clock: VirtualClock, signal = new AbortController().signal) {
    const fake = new FakeSocket();
    const asked: unknown[] = [];
    const open: OpenRaw = (url, headers) => {
      asked.push({ url, headers });
      return asRaw(fake);
    };
    return { fake, asked, opened: openLine(open, clock, to, signal) };
  }

  test("gives a line", async () => {
    const { fake, asked, opened } = attempt(createVirtualClock(NOON_MS));
    fake.dispatchEvent(new Event("open"));
    expect(await opened).toMatchObject({ kind: "open" });
    expect(asked).toEqual([to]);
  });

  test.each([
    ["WebSocket connection to 'ws://x' failed: Expected 101 status code: 426", 426],
    ["WebSocket connection to 'ws://x' failed: Failed to connect", null],
  ])("that is refused says with what: %s", async (message, status) => {
    const { fake, opened } = attempt(createVirtualClock(NOON_MS));
    fake.dispatchEvent(new ErrorEvent("error", { message }));
    expect(await opened).toEqual({ kind: "refused", status });
    expect(fake.did).toEqual(["terminate"]);
  });

  test("that takes too long is given up", async () => {
    const clock = createVirtualClock(NOON_MS);
    const { fake, opened } = attempt(clock);
    await clock.advance(LIMITS.socketOpenMs);
    expect(await opened).toEqual({ kind: "refused", status: null });
    expect(fake.did).toEqual(["terminate"]);
  });

  test("ends with its client", async () => {
    const leaving = new AbortController();
    const { fake, opened } = attempt(createVirtualClock(NOON_MS), leaving.signal);
    leaving.abort("client left");
    const outcome = await opened.catch((reason: unknown) => reason);
    expect(outcome).toBe("client left");
    expect(fake.did).toContain("terminate");
  });
});
