/** What the charts draw. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bucketStarts, headroomData, stack, tableRows, turnsData } from "../../../src/page/chart-data.ts";

const NOW_MS = Date.parse("2026-03-04T12:34:56Z");
const HOUR_MS = 3_600_000;
const at = (hoursAgo: number) => new Date(NOW_MS - hoursAgo * HOUR_MS).toISOString();
const colours = new Map([
  ["a", 0],
  ["b", 1],
]);

describe("headroom", () => {
  const point = (hoursAgo: number, five: number | null, weekly: number | null) => ({
    at: at(hoursAgo),
    five_hour_percent: five,
    weekly_percent: weekly,
  });
  const lines = [
    { profile: "work", account: "a", points: [point(30, 90, 80), point(2, 50, 70), point(1, 40, 69)] },
    { profile: "free", account: "b", points: [point(2, null, 20)] },
  ];

  test("of a day are the five-hour windows of those who have them, over common instants", () => {
    expect(headroomData(lines, "day", NOW_MS, colours)).toEqual({
      times: [Date.parse(at(2)), Date.parse(at(1))],
      series: [{ name: "work", colour: 0, values: [50, 40] }],
    });
  });

  test("of a week are the weekly windows, with a gap where one account was not read", () => {
    const { series } = headroomData(lines, "week", NOW_MS, colours);
    expect(series.map(({ values }) => values)).toEqual([
      [80, 70, 69],
      [null, 20, null],
    ]);
  });
});

describe("turns", () => {
  const lines = [{ profile: "work", buckets: [25, 1, 0].map((hoursAgo) => ({ at: at(hoursAgo), turns: 3 })) }];

  test("are counted by the hour of the last day, hours without any included", () => {
    const { times, series } = turnsData(lines, "day", NOW_MS, new Map([["work", 4]]));
    expect(times).toHaveLength(24);
    expect(series).toMatchObject([{ name: "work", colour: 4 }]);
    expect(series[0]?.values.slice(-3)).toEqual([0, 3, 3]);
    expect(series[0]?.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(6);
  });

  test("are counted by the day of the last week", () => {
    const { times, series } = turnsData(lines, "week", NOW_MS, new Map());
    expect(times).toHaveLength(7);
    expect(series[0]?.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(9);
    expect(series[0]?.colour).toBeNull();
  });

  test("begin at whole hours and days, in order, the last of which runs", () => {
    for (const span of ["day", "week"] as const) {
      const starts = bucketStarts(span, NOW_MS);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      expect(starts.at(-1)).toBeLessThanOrEqual(NOW_MS);
      expect(starts.every((start) => start % 60_000 === 0)).toBe(true);
    }
  });
});

describe("bars on each other", () => {
  test("end at the sum of all", () => {
    const values = fc.array(fc.array(fc.nat(100), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(values, (rows) => {
        const series = rows.map((row, index) => ({ name: String(index), colour: null, values: row }));
        const sums = [0, 1, 2].map((column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0));
        expect([...(stack(series).at(-1)?.values ?? [])]).toEqual(sums);
      }),
    );
  });
});

describe("the table", () => {
  test("has at most a day's worth of rows, the newest first", () => {
    const times = Array.from({ length: 100 }, (_, index) => index);
    const rows = tableRows({ times, series: [{ name: "work", colour: 0, values: times }] });
    expect(rows.length).toBeLessThanOrEqual(24);
    expect(rows[0]).toEqual({ atMs: 99, values: [99] });
  });
});
