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

/** A day of five-hour windows and turns by the hour, or a week of weekly windows and turns by the day. */
export type Span = "day" | "week";

const HOUR_MS = 3_600_000;
const SPAN_HOURS: Readonly<Record<Span, number>> = { day: 24, week: 7 * 24 };

function leftOf(point: PageHeadroomPoint, span: Span): number | null {
  return span === "week" ? point.weekly_percent : point.five_hour_percent;
}

/** What was left, account by account. Accounts without such a window are left out. */
export function headroomData(
  lines: readonly PageHeadroomLine[],
  span: Span,
  nowMs: number,
  colours: ReadonlyMap<string, number>,
): ChartData {
  const sinceMs = nowMs - SPAN_HOURS[span] * HOUR_MS;
  const recent = lines.map((line) => ({ ...line, points: line.points.filter(({ at }) => Date.parse(at) >= sinceMs) }));
  const instants = new Set(recent.flatMap((line) => line.points.map(({ at }) => Date.parse(at))));
  const times = [...instants].sort((a, b) => a - b);
  const series = recent.map((line): Series => {
    const byTime = new Map(line.points.map((point) => [Date.parse(point.at), leftOf(point, span)]));
    const values = times.map((time) => byTime.get(time) ?? null);
    return { name: line.profile, colour: colours.get(line.account) ?? null, values };
  });
  return { times, series: series.filter((line) => line.values.some((value) => value !== null)) };
}

/** Where hours, or days of the owner's own time, begin; the last of them is running. */
export function bucketStarts(span: Span, nowMs: number): number[] {
  const now = new Date(nowMs);
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  if (span === "week") return Array.from({ length: 7 }, (_, index) => new Date(year, month, day - 6 + index).getTime());
  const hour = new Date(year, month, day, now.getHours()).getTime();
  return Array.from({ length: 24 }, (_, index) => hour - (23 - index) * HOUR_MS);
}

/** Turns in each hour of the day, or each day of the week; where nobody wrote any down, there were none. */
export function turnsData(
  lines: readonly PageTurnsLine[],
  span: Span,
  nowMs: number,
  coloursByName: ReadonlyMap<string, number>,
): ChartData {
  const times = bucketStarts(span, nowMs);
  const series = lines.map((line): Series => {
    const values = times.map(() => 0);
    for (const { at, turns } of line.buckets) {
      const index = times.findLastIndex((start) => start <= Date.parse(at));
      if (index !== -1) values[index] = (values[index] ?? 0) + turns;
    }
    return { name: line.profile, colour: coloursByName.get(line.profile) ?? null, values };
  });
  return { times, series: series.filter((line) => line.values.some((value) => value !== 0)) };
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
