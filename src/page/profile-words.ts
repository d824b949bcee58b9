/** How does a profile stand, in the page's words and colours? Pure. */
import type { PageProfile, PageProfileState, PageWindow } from "../operations/page-wire.ts";

export type Tone = "good" | "info" | "warn" | "bad" | "quiet";

export const STATE_WORDS: Readonly<Record<PageProfileState, { readonly label: string; readonly tone: Tone }>> = {
  ready: { label: "Ready", tone: "good" },
  busy: { label: "Working", tone: "info" },
  low: { label: "Low", tone: "warn" },
  cooling: { label: "Cooling", tone: "warn" },
  "needs-sign-in": { label: "Signed out", tone: "bad" },
  disabled: { label: "Closed", tone: "bad" },
  unknown: { label: "Not read yet", tone: "quiet" },
};

const MAIN_LIMIT = "codex";

/** The account's own windows, shortest first; those of single models come after them, named. */
export function windowName(window: PageWindow): string {
  const hours = window.minutes / 60;
  const length =
    hours >= 48 && hours % 24 === 0 ? `${hours / 24} d` : hours >= 1 ? `${hours} h` : `${window.minutes} min`;
  return window.limit === MAIN_LIMIT ? length : `${length} · ${window.limit}`;
}

/** What is left, in whole percent. */
export function leftPercent(window: PageWindow): number {
  return Math.round(100 - window.used_percent);
}

export function roomTone(left: number): Tone {
  if (left <= 10) return "bad";
  return left <= 30 ? "warn" : "good";
}

/** `1 key`, `2 keys`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/** `usage limit`, from a code of ours. */
export function reasonText(code: string): string {
  return code.replaceAll("-", " ");
}

/** Whether its account could take a turn now. */
export function isAble(profile: PageProfile): boolean {
  switch (profile.state) {
    case "ready":
    case "busy":
    case "low":
    case "unknown":
      return true;
    case "cooling":
    case "needs-sign-in":
    case "disabled":
      return false;
  }
}

/** Two profiles of one account count as one. */
export function countAccounts(profiles: readonly PageProfile[]): number {
  return new Set(profiles.map((profile) => profile.account)).size;
}

const COLOURS = 8;

/** A colour for each account, by the order of the profiles; the same in lists and charts. */
export function accountColours(profiles: readonly PageProfile[]): ReadonlyMap<string, number> {
  const accounts = [...new Set(profiles.map((profile) => profile.account))];
  return new Map(accounts.map((account, index) => [account, index % COLOURS]));
}
