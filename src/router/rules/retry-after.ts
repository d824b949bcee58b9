/** When does upstream say it ends? Reads every place a hint can stand; the answer is finite, in the future, bounded. */

export interface RetryHints {
  /** Unix seconds. */
  readonly resetsAt: number | null;
  readonly resetsInSeconds: number | null;
  /** The header's value: seconds, or an HTTP date. */
  readonly retryAfter: string | null;
  readonly message: string;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Long unit names first, so that `minutes` is not read as `m` followed by rubbish. */
const PART =
  /(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?![a-z])\s*(?:,|and)?\s*/iy;

function unitMs(name: string): number {
  const lower = name.toLowerCase();
  if (lower === "ms" || lower.startsWith("milli")) return 1;
  return UNIT_MS[lower.charAt(0)] ?? 0;
}

const PHRASE = /(?:try again|retry|available|resets?) (?:again )?(?:in|after) (?:about |approximately )?/gi;

/** The length that is spelled out from `start` on; null when there is none. */
function parseLengthMs(message: string, start: number): number | null {
  PART.lastIndex = start;
  let total: number | null = null;
  for (let part = PART.exec(message); part !== null; part = PART.exec(message)) {
    total = (total ?? 0) + Number(part[1]) * unitMs(part[2] ?? "");
  }
  return total;
}

/** `try again in 1h 2m 3.5s` and its relatives; null when the text has no such phrase. */
export function parseTryAgainMs(message: string): number | null {
  for (const phrase of message.matchAll(PHRASE)) {
    const lengthMs = parseLengthMs(message, phrase.index + phrase[0].length);
    if (lengthMs !== null) return lengthMs;
  }
  return null;
}

/** The three spellings of HTTP and the one of everybody else; `Date.parse` alone takes `-5` for a year. */
const DATE = /^(?:[A-Za-z]{3,9},? |\d{4}-\d\d-\d\dT)/;

/** `Retry-After` in milliseconds from now; null when it is neither a number of seconds nor a date. */
export function parseRetryAfterMs(value: string, nowMs: number): number | null {
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const instant = DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(instant) ? null : instant - nowMs;
}

/**
 * The instant upstream names, the most exact source first, kept between `now` and `now + boundMs`: a clock that is off
 * or an absurd figure must not lock an account away. A source that names the past yields to the next one. Null when
 * nothing was said.
 */
export function hintedUntilMs(hints: RetryHints, nowMs: number, boundMs: number): number | null {
  const waits: readonly (number | null)[] = [
    hints.resetsAt === null ? null : hints.resetsAt * 1_000 - nowMs,
    hints.resetsInSeconds === null ? null : hints.resetsInSeconds * 1_000,
    hints.retryAfter === null ? null : parseRetryAfterMs(hints.retryAfter, nowMs),
    parseTryAgainMs(hints.message),
  ];
  const known = waits.filter((wait) => wait !== null).filter((wait) => !Number.isNaN(wait));
  const waitMs = known.find((wait) => wait > 0) ?? known[0];
  return waitMs === undefined ? null : nowMs + Math.min(Math.max(waitMs, 0), boundMs);
}
