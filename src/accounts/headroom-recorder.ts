/**
 * How does headroom move? Notes down, now and then, what is left of each account's windows, for whoever looks back at it.
 *
 * Only news is noted: a window that moved, or the same again after an hour, so that a line does not end where nothing
 * happens. Every runtime does this; the store takes one sample an account at most every few minutes.
 */
import { LIMITS } from "../limits.ts";
import type { Clock, HeadroomSample, SettingsStore } from "../ports.ts";
import { MAIN_LIMIT, type QuotaWindow } from "../router/rules/account-state.ts";
import { remainingPercent } from "../router/rules/quota.ts";
import type { Worker } from "./refresh-worker.ts";

type Doors = "profiles" | "accountState" | "latestHeadroomSample" | "addHeadroomSample" | "briefly";

export interface HeadroomRecorderOptions {
  readonly settings: Pick<SettingsStore, Doors>;
  readonly clock: Clock;
}

const LOOK_MS = 60_000;
const FIVE_HOURS_MINUTES = 300;
const WEEK_MINUTES = 7 * 24 * 60;
/** Less than this is not seen in a chart. */
const NEWS_PERCENT = 0.5;

/** The first look is at once. */
export function startHeadroomRecorder(options: HeadroomRecorderOptions): Worker {
  const state = { cancel: (): void => undefined };
  const round = (): void => {
    recordAll(options);
    state.cancel = options.clock.after(LOOK_MS, round);
  };
  round();
  return { stop: () => state.cancel() };
}

/** A store that fails now is asked again in the next round; a gap in a chart is no harm. */
function recordAll({ settings, clock }: HeadroomRecorderOptions): void {
  try {
    const nowMs = clock.now();
    for (const accountKey of new Set(settings.profiles().map((profile) => profile.accountKey))) {
      const sample = sampleOf(accountKey, settings.accountState(accountKey).windows, nowMs);
      if (sample === null || !isNews(sample, settings.latestHeadroomSample(accountKey, nowMs))) continue;
      settings.briefly(() => settings.addHeadroomSample(sample, LIMITS.headroomSampleMs));
    }
  } catch {
    return;
  }
}

/** Null for an account of which neither window is known. Windows count by their length, never by their place. */
function sampleOf(accountKey: string, windows: readonly QuotaWindow[], nowMs: number): HeadroomSample | null {
  const leftOf = (minutes: number): number | null => {
    const window = windows.find((entry) => entry.limit === MAIN_LIMIT && entry.minutes === minutes);
    return window === undefined ? null : remainingPercent(window, nowMs);
  };
  const fiveHourPercent = leftOf(FIVE_HOURS_MINUTES);
  const weeklyPercent = leftOf(WEEK_MINUTES);
  if (fiveHourPercent === null && weeklyPercent === null) return null;
  return { accountKey, atMs: nowMs, fiveHourPercent, weeklyPercent };
}

function isNews(sample: HeadroomSample, latest: HeadroomSample | null): boolean {
  if (latest === null || sample.atMs - latest.atMs >= LIMITS.headroomRepeatMs) return true;
  const hasMoved = (now: number | null, before: number | null): boolean =>
    now === null || before === null ? now !== before : Math.abs(now - before) >= NEWS_PERCENT;
  return (
    hasMoved(sample.fiveHourPercent, latest.fiveHourPercent) || hasMoved(sample.weeklyPercent, latest.weeklyPercent)
  );
}
