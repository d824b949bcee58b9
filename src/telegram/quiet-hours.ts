/** When is somebody not to be woken? Minutes of the day, local time. Pure. */

export interface QuietHours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const MINUTES_A_DAY = 24 * 60;

function parseMinute(text: string): number | null {
  const match = /^(\d{1,2})(?::(\d{2}))?$/.exec(text);
  const minute = Number(match?.[1]) * 60 + Number(match?.[2] ?? 0);
  return match !== null && minute < MINUTES_A_DAY && Number(match[2] ?? 0) < 60 ? minute : null;
}

/** `22:00-07:00`, `22-7`; null for anything else. */
export function parseQuietHours(text: string): QuietHours | null {
  const [from, to, ...rest] = text.split(/\s*[-–]\s*/).map(parseMinute);
  if (rest.length > 0 || from === undefined || to === undefined || from === null || to === null || from === to)
    return null;
  return { fromMinute: from, toMinute: to };
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

export function quietText({ fromMinute, toMinute }: QuietHours): string {
  return `${clockText(fromMinute)}–${clockText(toMinute)}`;
}

/** The end is no part of them; they may go over midnight. */
export function isQuiet(quiet: QuietHours | null, minuteOfDay: number): boolean {
  if (quiet === null) return false;
  const { fromMinute, toMinute } = quiet;
  if (fromMinute < toMinute) return minuteOfDay >= fromMinute && minuteOfDay < toMinute;
  return minuteOfDay >= fromMinute || minuteOfDay < toMinute;
}
