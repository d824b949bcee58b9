/**
 * What of an account's state can be true now? A clock that was set back leaves behind what was seen "later" than now: pauses
 * that would hold for as long as it was set back, and windows that nothing newer could replace. Pure.
 */
import type { AccountState } from "./account-state.ts";

/** Clocks are put right by seconds all the time. */
const SLACK_MS = 5 * 60_000;

/** The state without what was seen in the future. The same object when there is nothing of that kind, as nearly always. */
export function believableState(state: AccountState, nowMs: number): AccountState {
  const latestMs = nowMs + SLACK_MS;
  if (isSeenBy(state, latestMs)) return state;
  const { windows, cooldowns, credits } = state;
  return {
    ...state,
    cooldowns: cooldowns.filter((cooldown) => cooldown.sinceMs <= latestMs),
    windows: windows.filter((window) => window.observedAtMs <= latestMs),
    credits: credits !== null && credits.observedAtMs <= latestMs ? credits : null,
  };
}

/** Every choice asks this of every account. */
function isSeenBy({ windows, cooldowns, credits }: AccountState, latestMs: number): boolean {
  for (const cooldown of cooldowns) if (cooldown.sinceMs > latestMs) return false;
  for (const window of windows) if (window.observedAtMs > latestMs) return false;
  return credits === null || credits.observedAtMs <= latestMs;
}

/** An observation this much older is no straggler: the clock has been set back, and the known one is of no time at all. */
export const STRAGGLER_MS = 60 * 60_000;

/** Whether what was seen at one instant is to replace what is known of another. */
export function replacesObservation(seenAtMs: number, knownAtMs: number): boolean {
  return seenAtMs >= knownAtMs || knownAtMs > seenAtMs + STRAGGLER_MS;
}
