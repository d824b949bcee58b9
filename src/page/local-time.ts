/** How is an instant said in the owner's own time? Pure, but for the browser's language and zone. */

const DAY_MS = 24 * 60 * 60_000;

/** `14:20` today and within a day, else with the day of the week: `Tue 14:20`. */
export function clockText(at: string, nowMs: number, zone?: { readonly locale: string; readonly timeZone: string }) {
  const atMs = Date.parse(at);
  const isNear = Math.abs(atMs - nowMs) < DAY_MS;
  const day = isNear ? {} : { weekday: "short" as const };
  const place = zone === undefined ? {} : { timeZone: zone.timeZone };
  return new Intl.DateTimeFormat(zone?.locale, { ...day, ...place, hour: "numeric", minute: "2-digit" }).format(atMs);
}

/** `Tue 14:20`. */
export function dayClockText(atMs: number): string {
  return new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "numeric", minute: "2-digit" }).format(atMs);
}

/** The whole instant. */
export function fullText(at: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(Date.parse(at));
}
