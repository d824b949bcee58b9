import { describe, expect, onTestFinished, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import type { PageSnapshot } from "../../../src/operations/page-wire.ts";
import { openPageFeed } from "../../../src/server/page/page-feed.ts";
import { openPageSessions } from "../../../src/server/page/page-sessions.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

const START_MS = Date.UTC(2026, 10, 22, 12);
const decoder = new TextDecoder();

/** As much of a snapshot as the feed looks at. */
function aSnapshot(keys: number, uptimeS = 0): PageSnapshot {
  const part = { at: "", keys, daemon: { uptime_s: uptimeS }, history: { since: "" } };
  return part as unknown as PageSnapshot;
}

/** A feed over one number, and how often it was read. */
function aFeed() {
  const clock = createVirtualClock(START_MS);
  const world = { keys: 0, uptimeS: 0, marks: 0, reads: 0, failing: false };
  const bugs: unknown[] = [];
  const feed = openPageFeed({
    clock,
    mark: () => String(world.marks),
    read: () => {
      world.reads += 1;
      if (world.failing) return Promise.reject(new Error("the disk is full"));
      return Promise.resolve(aSnapshot(world.keys, world.uptimeS));
    },
    onBug: (error) => void bugs.push(error),
  });
  onTestFinished(() => feed.stop());
  const change = (keys: number) => Object.assign(world, { keys, marks: world.marks + 1 });
  return { clock, world, bugs, feed, change };
}

/** Takes in whatever comes, as texts. */
function hear(stream: ReadableStream<Uint8Array> | null) {
  if (stream === null) throw new Error("nobody may listen");
  const reader = stream.getReader();
  const texts: string[] = [];
  const ended = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      texts.push(decoder.decode(value));
    }
  })();
  onTestFinished(() => reader.cancel());
  const keys = () => texts.flatMap((text) => /"keys":(\d+)/.exec(text)?.[1] ?? []).map(Number);
  return { texts, keys, ended, leave: () => reader.cancel() };
}

const ALWAYS = () => true;

describe("the feed of the page", () => {
  test("tells all at once to whoever comes, and nothing again while nothing changes", async () => {
    const { clock, feed, world } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(LIMITS.pageLookMs);
    expect(heard.keys()).toEqual([0]);
    await clock.advance(60_000);
    expect(heard.keys()).toEqual([0]);
    const other = hear(feed.listen(ALWAYS));
    await clock.advance(1);
    expect(other.keys()).toEqual([0]);
    expect(world.reads).toBeGreaterThan(20);
  });

  test("tells of a change within half a second when it was quiet before", async () => {
    const { clock, feed, change } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(LIMITS.pageNewsMs);
    change(1);
    await clock.advance(2 * LIMITS.pageLookMs);
    expect(heard.keys()).toEqual([0, 1]);
  });

  test("tells of what the page itself has changed with the next look, however lately it told", async () => {
    const { clock, feed, change } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(1);
    for (let number = 1; number <= 4; number += 1) {
      change(number);
      feed.hurry();
      await clock.advance(LIMITS.pageLookMs);
    }
    expect(heard.keys()).toEqual([0, 1, 2, 3, 4]);
    feed.hurry();
    await clock.advance(LIMITS.pageLookMs);
    expect(heard.keys()).toEqual([0, 1, 2, 3, 4]);
  });

  test("tells a storm of changes once a second at most, and its end", async () => {
    const { clock, feed, change } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    for (let number = 1; number <= 1_000; number += 1) {
      change(number);
      await clock.advance(10);
    }
    await clock.advance(LIMITS.pageNewsMs + 2 * LIMITS.pageLookMs);
    expect(heard.keys().at(-1)).toBe(1_000);
    expect(heard.keys().length).toBeGreaterThan(5);
    expect(heard.keys().length).toBeLessThanOrEqual(13);
  });

  test("finds what left no mark, but not what only grows older", async () => {
    const { clock, feed, world } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(1_000);
    world.uptimeS = 77;
    await clock.advance(LIMITS.pageRefreshMs);
    expect(heard.keys()).toEqual([0]);
    world.keys = 5;
    await clock.advance(LIMITS.pageRefreshMs);
    expect(heard.keys()).toEqual([0, 5]);
  });

  test("keeps quiet listeners with comments", async () => {
    const { clock, feed } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(3 * LIMITS.keepAliveMs + 1_000);
    expect(heard.texts.filter((text) => text.startsWith(":"))).toHaveLength(3);
  });

  test("reads nothing while nobody listens, and afresh for the next one", async () => {
    const { clock, feed, world, change } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(1_000);
    await heard.leave();
    const { reads } = world;
    await clock.advance(60_000);
    expect(world.reads).toBe(reads);
    change(9);
    const next = hear(feed.listen(ALWAYS));
    await clock.advance(LIMITS.pageLookMs);
    expect(next.keys()).toEqual([9]);
  });

  test("gives a listener that did not read the latest only", async () => {
    const { clock, feed, change } = aFeed();
    const slow = feed.listen(ALWAYS);
    for (let number = 1; number <= 5; number += 1) {
      change(number);
      await clock.advance(2 * LIMITS.pageNewsMs);
    }
    const heard = hear(slow);
    await clock.advance(1);
    expect(heard.keys()).toEqual([5]);
  });

  test("survives reads that fail: says so once, and goes on", async () => {
    const { clock, feed, world, bugs, change } = aFeed();
    world.failing = true;
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(10_000);
    expect([heard.keys(), bugs.length]).toEqual([[], 1]);
    world.failing = false;
    change(3);
    await clock.advance(LIMITS.pageRefreshMs);
    expect(heard.keys()).toEqual([3]);
  });

  test("ends with a farewell when the runtime stops; nobody may listen any more", async () => {
    const { clock, feed } = aFeed();
    const heard = hear(feed.listen(ALWAYS));
    await clock.advance(1_000);
    feed.stop();
    await heard.ended;
    expect(heard.texts.at(-1)).toStartWith("event: stopping\n");
    expect(feed.listen(ALWAYS)).toBeNull();
  });

  test("reads nothing any more once the runtime stops, whoever has not left yet", async () => {
    const { clock, feed, world, bugs } = aFeed();
    feed.listen(ALWAYS);
    await clock.advance(1_000);
    feed.stop();
    const { reads } = world;
    await clock.advance(60_000);
    expect([world.reads, bugs]).toEqual([reads, []]);
  });

  test("ends for a browser whose session is over", async () => {
    const { clock, feed, change } = aFeed();
    const state = { welcome: true };
    const heard = hear(feed.listen(() => state.welcome));
    await clock.advance(1_000);
    state.welcome = false;
    change(1);
    await clock.advance(2_000);
    await heard.ended;
    expect(heard.keys()).toEqual([0]);
  });
});

describe("sessions of the page", () => {
  const headersOf = (id: string) => new Headers({ cookie: `codexuse_page=${id}` });

  test("last as long as somebody uses them, and twelve hours more", async () => {
    const clock = createVirtualClock(START_MS);
    const sessions = openPageSessions(clock);
    const id = sessions.begin();
    for (let count = 0; count < 4; count += 1) {
      await clock.advance(LIMITS.pageSessionIdleMs - 1);
      expect(sessions.admit(headersOf(id))).toBe(true);
    }
    await clock.advance(LIMITS.pageSessionIdleMs);
    expect(sessions.admit(headersOf(id))).toBe(false);
  });

  test("are bounded: the one unused for longest makes room (trap 44)", async () => {
    const clock = createVirtualClock(START_MS);
    const sessions = openPageSessions(clock);
    const ids = Array.from({ length: LIMITS.pageSessionsMax }, () => sessions.begin());
    expect(sessions.admit(headersOf(ids[0] ?? ""))).toBe(true);
    const newest = sessions.begin();
    const isIn = (id: string | undefined) => sessions.admit(headersOf(id ?? ""));
    expect([isIn(ids[0]), isIn(ids[1]), isIn(ids[2]), isIn(newest)]).toEqual([true, false, true, true]);
  });
});
