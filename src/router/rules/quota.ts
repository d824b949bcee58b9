/** How much room has an account? Reads windows as they stand at `nowMs`; an unknown headroom stays unknown. */
import { type AccountState, MAIN_LIMIT, type QuotaWindow } from "./account-state.ts";

/** Known with its age, or unknown: a third state that is neither full nor empty. */
export type Headroom =
  | {
      readonly kind: "known";
      readonly percent: number;
      readonly observedAtMs: number;
      readonly resetsAtMs: number | null;
    }
  | { readonly kind: "unknown" };

/** When a window is over: as upstream said, and never later than its own length after it was seen. */
function endOf(window: QuotaWindow): number {
  return Math.min(window.resetsAtMs ?? Number.POSITIVE_INFINITY, window.observedAtMs + window.minutes * 60_000);
}

/** What is left of a window, 0–100. A window whose reset has passed is full again until somebody says otherwise. */
export function remainingPercent(window: QuotaWindow, nowMs: number): number {
  if (endOf(window) <= nowMs) return 100;
  return Math.min(100, Math.max(0, 100 - window.usedPercent));
}

/** The tightest window decides. `limit` picks which family meters the request; the ordinary one by default. */
export function headroomOf(state: AccountState, nowMs: number, limit: string = MAIN_LIMIT): Headroom {
  let tightest: QuotaWindow | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const window of state.windows) {
    if (window.limit !== limit) continue;
    const percent = remainingPercent(window, nowMs);
    if (percent > least || (percent === least && tightest !== null && !endsLater(window, tightest))) continue;
    tightest = window;
    least = percent;
  }
  if (tightest === null) return { kind: "unknown" };
  const { observedAtMs, resetsAtMs } = tightest;
  return { kind: "known", percent: least, observedAtMs, resetsAtMs };
}

function endsLater(window: QuotaWindow, other: QuotaWindow): boolean {
  return (window.resetsAtMs ?? 0) > (other.resetsAtMs ?? 0);
}

/** Credits let an account serve beyond its windows. */
export function hasCredits(state: AccountState): boolean {
  return state.credits !== null && (state.credits.unlimited || state.credits.available);
}

/** When every window of a limit has more than this left again; null where upstream did not say. */
export function backAtMs(state: AccountState, nowMs: number, limit: string, thresholdPercent: number): number | null {
  const low = state.windows.filter(
    (window) => window.limit === limit && remainingPercent(window, nowMs) <= thresholdPercent,
  );
  const resets = low.map((window) => window.resetsAtMs ?? 0).filter((resetsAtMs) => resetsAtMs > nowMs);
  return resets.length === 0 ? null : Math.max(...resets);
}
