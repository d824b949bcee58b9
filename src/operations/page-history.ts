/** How did things come to be as they are? Headroom and turns over time, thinned to what a chart can show. */
import { LIMITS } from "../limits.ts";
import type { HeadroomSample, ProfileRecord, RuntimeStore, SettingsStore, TurnsOfHour } from "../ports.ts";
import type { PageHeadroomLine, PageHeadroomPoint, PageHistory, PageTurnsLine } from "./page-wire.ts";
import { wireTime } from "./shapes.ts";

const HOUR_MS = 60 * 60_000;
/** The last hours are shown as they were noted down; of an hour before that, the last sample. */
const FINE_MS = 6 * HOUR_MS;

/** Keeps the order. Pure. */
export function thinSamples(samples: readonly HeadroomSample[], nowMs: number): readonly HeadroomSample[] {
  const isFine = (sample: HeadroomSample): boolean => sample.atMs > nowMs - FINE_MS;
  const hourOf = (sample: HeadroomSample): number => Math.floor(sample.atMs / HOUR_MS);
  return samples.filter((sample, index) => {
    const next = samples[index + 1];
    return isFine(sample) || next === undefined || isFine(next) || hourOf(next) !== hourOf(sample);
  });
}

function pointOf({ atMs, fiveHourPercent, weeklyPercent }: HeadroomSample): PageHeadroomPoint {
  return { at: wireTime(atMs), five_hour_percent: fiveHourPercent, weekly_percent: weeklyPercent };
}

/** One of each account: its oldest. */
function namesakes(profiles: readonly ProfileRecord[]): readonly ProfileRecord[] {
  const oldestFirst = profiles.toSorted((one, other) => one.createdAtMs - other.createdAtMs);
  return [...new Map(oldestFirst.toReversed().map((profile) => [profile.accountKey, profile])).values()];
}

function headroomLines(settings: SettingsStore, sinceMs: number, nowMs: number): PageHeadroomLine[] {
  return namesakes(settings.profiles())
    .map(({ name, accountKey }) => {
      const samples = settings.headroomSamples(accountKey, sinceMs);
      return { profile: name, account: accountKey, points: thinSamples(samples, nowMs).map(pointOf) };
    })
    .toSorted((one, other) => one.profile.localeCompare(other.profile));
}

function turnsLines(hours: readonly TurnsOfHour[]): PageTurnsLine[] {
  const byProfile = Map.groupBy(hours, (hour) => hour.profile);
  return [...byProfile]
    .map(([profile, own]) => ({
      profile,
      buckets: own.map(({ hourStartMs, turns }) => ({ at: wireTime(hourStartMs), turns })),
    }))
    .toSorted((one, other) => one.profile.localeCompare(other.profile));
}

function startOfHour(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) * HOUR_MS;
}

/** All of it. Goes through the samples and turns of days: not for every snapshot. */
export function readHistory(settings: SettingsStore, store: RuntimeStore, nowMs: number): PageHistory {
  const sinceMs = nowMs - LIMITS.pageHistoryMs;
  return {
    since: wireTime(sinceMs),
    headroom: headroomLines(settings, sinceMs, nowMs),
    turns: turnsLines(store.turnsByHour(startOfHour(sinceMs))),
  };
}

/** The same with the turns of this hour counted anew, which is cheap. */
export function refreshHistory(history: PageHistory, store: RuntimeStore, nowMs: number): PageHistory {
  const hourMs = startOfHour(nowMs);
  const earlier = history.turns.flatMap(({ profile, buckets }) =>
    buckets
      .map(({ at, turns }) => ({ profile, hourStartMs: Date.parse(at), turns }))
      .filter(({ hourStartMs }) => hourStartMs < hourMs),
  );
  return { ...history, turns: turnsLines([...earlier, ...store.turnsByHour(hourMs)]) };
}
