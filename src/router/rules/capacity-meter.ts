/**
 * How large is an account really? Measured as tokens that move its longest window by one percent. Each figure is rough:
 * upstream rounds, and the owner may use the account elsewhere; so samples are averaged and kept within bounds.
 */
import { MAIN_LIMIT, type QuotaWindow } from "./account-state.ts";

/** Tokens counted since the window was last seen at `percent`. */
export interface CapacityMeter {
  readonly minutes: number;
  readonly percent: number;
  readonly resetsAtMs: number | null;
  readonly tokens: number;
}

export interface MeterReading {
  readonly meter: CapacityMeter | null;
  /** The new average; null while there is nothing new to say. */
  readonly tokensPerPercent: number | null;
}

/** Upstream gives whole percents: smaller moves are its rounding. */
const MOVE_MIN_PERCENT = 1;
/** Weight of a new sample. */
const WEIGHT = 0.25;
/** Between a free plan and the largest one, with room to spare. */
const TOKENS_MIN = 500;
const TOKENS_MAX = 50_000_000;

function longestWindow(windows: readonly QuotaWindow[]): QuotaWindow | null {
  return windows.filter((window) => window.limit === MAIN_LIMIT).sort((a, b) => b.minutes - a.minutes)[0] ?? null;
}

function isSameWindow(meter: CapacityMeter, window: QuotaWindow): boolean {
  const hasReset = window.usedPercent < meter.percent;
  return meter.minutes === window.minutes && !hasReset;
}

/** Counts what a finished turn used. */
export function countTokens(meter: CapacityMeter | null, tokens: number): CapacityMeter | null {
  return meter === null ? null : { ...meter, tokens: meter.tokens + tokens };
}

/** Takes in a new observation of the account's windows. */
export function readMeter(
  meter: CapacityMeter | null,
  windows: readonly QuotaWindow[],
  average: number | null,
): MeterReading {
  const window = longestWindow(windows);
  if (window === null) return { meter, tokensPerPercent: null };
  const { minutes, usedPercent: percent, resetsAtMs } = window;
  const fresh = { minutes, percent, resetsAtMs, tokens: 0 };
  if (meter === null || !isSameWindow(meter, window)) return { meter: fresh, tokensPerPercent: null };
  const moved = percent - meter.percent;
  if (moved < MOVE_MIN_PERCENT) return { meter, tokensPerPercent: null };
  // Moved without us: the owner is at work elsewhere, and our next tokens must not be set against it.
  if (meter.tokens <= 0) return { meter: fresh, tokensPerPercent: null };
  const sample = Math.min(TOKENS_MAX, Math.max(TOKENS_MIN, meter.tokens / moved));
  return { meter: fresh, tokensPerPercent: average === null ? sample : average + (sample - average) * WEIGHT };
}
