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
  const { windows, cooldowns, credits } = state;
  const isSound =
    cooldowns.every((cooldown) => cooldown.sinceMs <= latestMs) &&
    windows.every((window) => window.observedAtMs <= latestMs) &&
    (credits === null || credits.observedAtMs <= latestMs);
  if (isSound) return state;
  return {
    ...state,
    cooldowns: cooldowns.filter((cooldown) => cooldown.sinceMs <= latestMs),
    windows: windows.filter((window) => window.observedAtMs <= latestMs),
    credits: credits !== null && credits.observedAtMs <= latestMs ? credits : null,
  };
}

/** An observation this much older is no straggler: the clock has been set back, and the known one is of no time at all. */
export const STRAGGLER_MS = 60 * 60_000;

/** Whether what was seen at one instant is to replace what is known of another. */
export function replacesObservation(seenAtMs: number, knownAtMs: number): boolean {
  return seenAtMs >= knownAtMs || knownAtMs > seenAtMs + STRAGGLER_MS;
}
