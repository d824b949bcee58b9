/** Does an answer say anything new of an account? Most do not, and writing them down again would cost every turn. */
import type { AccountState, Credits, QuotaWindow } from "./account-state.ts";

/** What is known may be this old before the same figures are worth writing down again, as proof that they still hold. */
const PROOF_MS = 30_000;

function isSameWindow(known: QuotaWindow, seen: QuotaWindow): boolean {
  const isSameLimit = known.limit === seen.limit && known.minutes === seen.minutes;
  return isSameLimit && known.usedPercent === seen.usedPercent && known.resetsAtMs === seen.resetsAtMs;
}

export function isWindowNews(state: AccountState, seen: readonly QuotaWindow[]): boolean {
  return seen.some((window) => {
    const known = state.windows.find((entry) => isSameWindow(entry, window));
    return known === undefined || window.observedAtMs - known.observedAtMs >= PROOF_MS;
  });
}

export function isCreditNews(state: AccountState, seen: Credits): boolean {
  const known = state.credits;
  if (known === null || known.available !== seen.available || known.unlimited !== seen.unlimited) return true;
  return seen.observedAtMs - known.observedAtMs >= PROOF_MS;
}
