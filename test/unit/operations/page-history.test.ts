import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITS } from "../../../src/limits.ts";
import { readHistory, refreshHistory, thinSamples } from "../../../src/operations/page-history.ts";
import type { HeadroomSample } from "../../../src/ports.ts";
import { aDesk, DESK_NOW_MS } from "../../support/a-desk.ts";
import { aProfile, aTurn } from "../../support/records.ts";

const HOUR_MS = 3_600_000;

function aSample(atMs: number, change: Partial<HeadroomSample> = {}): HeadroomSample {
  return { accountKey: "a", atMs, fiveHourPercent: 50, weeklyPercent: null, ...change };
}

describe("the points of a chart", () => {
  test("are few whatever there was, in order, and end with the last one", () => {
    const weekMinutes = LIMITS.pageHistoryMs / 60_000;
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: weekMinutes }), { maxLength: 400 });
    fc.assert(
      fc.property(minutes, (given) => {
        const samples = given
          .toSorted((one, other) => one - other)
          .map((minute) => aSample(DESK_NOW_MS - LIMITS.pageHistoryMs + minute * 60_000));
        const points = thinSamples(samples, DESK_NOW_MS);
        expect(points.at(-1)).toEqual(samples.at(-1));
        expect(samples.filter((sample) => points.includes(sample))).toEqual([...points]);
        const old = points.filter(({ atMs }) => atMs <= DESK_NOW_MS - 6 * HOUR_MS);
        expect(old.length).toBeLessThanOrEqual(1 + LIMITS.pageHistoryMs / HOUR_MS);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the history", () => {
  test("has one line an account, named after its oldest profile, and turns by the names of then", () => {
    const { settingsStore, desktopStore } = aDesk();
    const add = (id: string, name: string, accountKey: string, createdAtMs: number) =>
      settingsStore.addProfile(aProfile({ id, name, accountKey, createdAtMs }), { kind: "api-key", apiKey: "sk-x" });
    add("1", "younger", "a", 20);
    add("2", "older", "a", 10);
    add("3", "beside", "b", 30);
    const hour = Math.floor(DESK_NOW_MS / HOUR_MS) * HOUR_MS;
    settingsStore.addHeadroomSample(aSample(DESK_NOW_MS - LIMITS.pageHistoryMs - 1), 0);
    settingsStore.addHeadroomSample(aSample(hour), 0);
    desktopStore.recordTurn(aTurn({ id: "1", startedAtMs: hour, profile: "older" }));
    desktopStore.recordTurn(aTurn({ id: "2", startedAtMs: hour + 1, profile: "gone since" }));
    desktopStore.recordTurn(aTurn({ id: "3", startedAtMs: hour - HOUR_MS, profile: "older" }));
    const at = new Date(hour).toISOString();
    const before = new Date(hour - HOUR_MS).toISOString();
    expect(readHistory(settingsStore, desktopStore, DESK_NOW_MS)).toEqual({
      since: new Date(DESK_NOW_MS - LIMITS.pageHistoryMs).toISOString(),
      headroom: [
        { profile: "beside", account: "b", points: [] },
        { profile: "older", account: "a", points: [{ at, five_hour_percent: 50, weekly_percent: null }] },
      ],
      turns: [
        { profile: "gone since", buckets: [{ at, turns: 1 }] },
        {
          profile: "older",
          buckets: [
            { at: before, turns: 1 },
            { at, turns: 1 },
          ],
        },
      ],
    });
  });

  test("is brought up to date for the hour that runs, and is then what it would be if it were read anew", () => {
    const { settingsStore, desktopStore } = aDesk();
    const hour = Math.floor(DESK_NOW_MS / HOUR_MS) * HOUR_MS;
    const record = (id: string, startedAtMs: number, profile: string) =>
      desktopStore.recordTurn(aTurn({ id, startedAtMs, profile }));
    record("1", hour - 1, "a");
    record("2", hour, "a");
    const before = readHistory(settingsStore, desktopStore, DESK_NOW_MS);
    record("3", hour + 1, "a");
    record("4", hour + 2, "b");
    const after = refreshHistory(before, desktopStore, DESK_NOW_MS);
    expect(after).toEqual(readHistory(settingsStore, desktopStore, DESK_NOW_MS));
    const nextHour = refreshHistory(after, desktopStore, DESK_NOW_MS + HOUR_MS);
    expect(nextHour.turns).toEqual(after.turns);
  });
});
