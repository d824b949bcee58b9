/** What do the charts draw? Lines and bars over common instants, from the history of the snapshots. Pure. */
import type { PageHeadroomLine, PageHeadroomPoint, PageTurnsLine } from "../operations/page-wire.ts";

export interface Series {
  readonly name: string;
  /** Number of an account's colour; null for a profile that is no more. */
  readonly colour: number | null;
  /** As long as the times; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

export interface ChartData {
  /** Milliseconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

export type WindowKind = "five-hour" | "weekly";

const HOUR_MS = 3_600_000;

function leftOf(point: PageHeadroomPoint, window: WindowKind): number | null {
  return window === "weekly" ? point.weekly_percent : point.five_hour_percent;
}

/** What was left, account by account. Accounts without such a window are left out. */
export function headroomData(
  lines: readonly PageHeadroomLine[],
  window: WindowKind,
  colours: ReadonlyMap<string, number>,
): ChartData {
  const instants = new Set(lines.flatMap((line) => line.points.map((point) => Date.parse(point.at))));
  const times = [...instants].sort((a, b) => a - b);
  const series = lines.map((line): Series => {
    const byTime = new Map(line.points.map((point) => [Date.parse(point.at), leftOf(point, window)]));
    const values = times.map((time) => byTime.get(time) ?? null);
    return { name: line.profile, colour: colours.get(line.account) ?? null, values };
  });
  return { times, series: series.filter((line) => line.values.some((value) => value !== null)) };
}

/** Turns by the hour; hours that nobody wrote down had none. Begins with the first hour that had some. */
export function turnsData(
  lines: readonly PageTurnsLine[],
  nowMs: number,
  coloursByName: ReadonlyMap<string, number>,
): ChartData {
  const starts = lines.flatMap((line) => line.buckets.map((bucket) => Date.parse(bucket.at)));
  if (starts.length === 0) return { times: [], series: [] };
  const [first, last] = [Math.min(...starts), Math.max(...starts, nowMs - (nowMs % HOUR_MS))];
  const times = Array.from({ length: Math.round((last - first) / HOUR_MS) + 1 }, (_, index) => first + index * HOUR_MS);
  const series = lines.map((line): Series => {
    const byTime = new Map(line.buckets.map((bucket) => [Date.parse(bucket.at), bucket.turns]));
    const values = times.map((time) => byTime.get(time) ?? 0);
    return { name: line.profile, colour: coloursByName.get(line.profile) ?? null, values };
  });
  return { times, series };
}

/** Each series on top of those before it, so that the last one is the sum of all. */
export function stack(series: readonly Series[]): Series[] {
  let below: readonly number[] = [];
  return series.map((line) => {
    const values = line.values.map((value, index) => (below[index] ?? 0) + (value ?? 0));
    below = values;
    return { ...line, values };
  });
}

const ROWS_MAX = 24;

/** At most a day's worth of rows for a table, newest first, evenly spread over the times. */
export function tableRows({
  times,
  series,
}: ChartData): { readonly atMs: number; readonly values: (number | null)[] }[] {
  const step = Math.max(1, Math.ceil(times.length / ROWS_MAX));
  const picked = times
    .map((atMs, index) => ({ atMs, index }))
    .filter(({ index }) => (times.length - 1 - index) % step === 0);
  return picked
    .reverse()
    .map(({ atMs, index }) => ({ atMs, values: series.map((line) => line.values[index] ?? null) }));
}
