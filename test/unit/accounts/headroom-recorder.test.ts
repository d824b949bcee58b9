import { describe, expect, onTestFinished, test } from "bun:test";
import { startHeadroomRecorder } from "../../../src/accounts/headroom-recorder.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { SettingsStore } from "../../../src/ports.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { aProfile, aWindow } from "../../support/records.ts";

const START_MS = Date.UTC(2026, 10, 22, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MINUTES = 10_080;

function aStore(): SettingsStore {
  const store = openSettingsStore(":memory:", { sealer: createSealer(new Uint8Array(32)) });
  onTestFinished(() => store.close());
  store.addProfile(aProfile({ accountKey: "a" }), { kind: "api-key", apiKey: "sk-x" });
  return store;
}

/** A recorder beside a store whose five-hour window the test moves. */
function aRecorder(store = aStore()) {
  const clock = createVirtualClock(START_MS);
  const observe = (usedPercent: number, minutes = 300, limit = "codex") => {
    const resetsAtMs = clock.now() + minutes * MINUTE_MS;
    store.mergeWindows("a", [aWindow({ limit, minutes, usedPercent, resetsAtMs, observedAtMs: clock.now() })]);
  };
  const begin = () => {
    const worker = startHeadroomRecorder({ settings: store, clock });
    onTestFinished(() => worker.stop());
    return worker;
  };
  const points = () => store.headroomSamples("a", 0).map((sample) => [sample.fiveHourPercent, sample.weeklyPercent]);
  return { store, clock, observe, begin, points };
}

describe("the record of headroom", () => {
  test("is what is left of the two windows, by their length and never by their place (trap 9)", () => {
    const { observe, begin, points } = aRecorder();
    observe(70, WEEK_MINUTES);
    observe(20);
    observe(99, 43_200);
    observe(99, 300, "another-limit");
    begin();
    expect(points()).toEqual([[80, 30]]);
  });

  test("has nothing of an account of which nothing is known", () => {
    const { observe, begin, points } = aRecorder();
    observe(10, 43_200);
    begin();
    expect(points()).toEqual([]);
  });

  test("has one sample an account in some minutes, whatever happens", async () => {
    const { clock, observe, begin, points } = aRecorder();
    observe(0);
    begin();
    for (let minute = 1; minute <= 60; minute += 1) {
      observe(minute);
      await clock.advance(MINUTE_MS);
    }
    expect(points().length).toBeLessThanOrEqual(1 + HOUR_MS / LIMITS.headroomSampleMs);
    expect(points().length).toBeGreaterThan(10);
  });

  test("repeats what does not move once an hour", async () => {
    const { clock, observe, begin, points } = aRecorder();
    observe(40, WEEK_MINUTES);
    begin();
    await clock.advance(3 * HOUR_MS + MINUTE_MS);
    expect(points()).toEqual([
      [null, 60],
      [null, 60],
      [null, 60],
      [null, 60],
    ]);
  });

  test("sees a window that is full again because its time has come", async () => {
    const { clock, observe, begin, points } = aRecorder();
    observe(90);
    begin();
    await clock.advance(5 * HOUR_MS + MINUTE_MS);
    expect(points().at(-1)).toEqual([100, null]);
  });

  test("is not doubled by a second runtime of the home", async () => {
    const { store, clock, observe, begin, points } = aRecorder();
    observe(1);
    begin();
    const second = startHeadroomRecorder({ settings: store, clock });
    onTestFinished(() => second.stop());
    await clock.advance(2 * HOUR_MS);
    expect(points()).toHaveLength(3);
  });

  test("goes with its account", () => {
    const { store, observe, begin, points } = aRecorder();
    observe(1);
    begin();
    for (const { id } of store.profiles()) store.removeProfile(id);
    expect(points()).toEqual([]);
  });
});

describe("the table of samples", () => {
  const sample = (atMs: number, accountKey = "a") => ({ accountKey, atMs, fiveHourPercent: 1, weeklyPercent: null });

  test("is bounded by age and by number (trap 44)", () => {
    const store = aStore();
    for (let atMs = 1; atMs <= 20; atMs += 1) store.addHeadroomSample(sample(atMs), 0);
    expect(store.pruneHeadroomSamples(6, 10)).toBe(10);
    expect(store.headroomSamples("a", 0).map(({ atMs }) => atMs)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  test("takes one sample within the gap, of each account", () => {
    const store = aStore();
    const taken = [sample(100), sample(104), sample(104, "b"), sample(105), sample(105)].map((one) =>
      store.addHeadroomSample(one, 5),
    );
    expect(taken).toEqual([true, false, true, true, false]);
  });

  test("is not held up by a sample of a clock that was set back since", () => {
    const store = aStore();
    store.addHeadroomSample(sample(1_000_000), 5);
    expect(store.addHeadroomSample(sample(100), 5)).toBe(true);
    expect(store.latestHeadroomSample("a", 100)?.atMs).toBe(100);
  });
});
