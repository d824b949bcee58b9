/** Durations and instants in words short enough for a table. Pure. */

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** The two largest units that count: `2 d 4 h`, `35 min`, `12 s`; with `units` 1, the largest alone. */
export function spanText(ms: number, units: 1 | 2 = 2): string {
  const start = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  if (start === -1) return "0 s";
  let restMs = ms;
  const parts: string[] = [];
  for (const [name, unitMs] of UNITS.slice(start, start + units)) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  // Seconds beside minutes are noise.
  return (start === 2 ? parts.slice(0, 1) : parts).join(" ");
}

/** `3 min ago`, `just now`; `never` for null. */
export function agoText(at: string | null, nowMs: number): string {
  if (at === null) return "never";
  const ms = nowMs - Date.parse(at);
  return ms < 1_000 ? "just now" : `${spanText(ms)} ago`;
}

/** `in 2 h`; `now` for what is past. */
export function inText(at: string, nowMs: number): string {
  const ms = Date.parse(at) - nowMs;
  return ms <= 0 ? "now" : `in ${spanText(ms)}`;
}

/** Length of a quota window: `5 h`, `7 d`. */
export function windowText(minutes: number): string {
  return spanText(minutes * 60_000);
}
