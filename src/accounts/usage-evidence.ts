/** Which cooldowns does fresh usage disprove? Pure. */
import { LIMITS } from "../limits.ts";
import type { UsageReading } from "../protocol/quota.ts";
import { type Cooldown, MAIN_LIMIT, type QuotaWindow } from "../router/rules/account-state.ts";
import type { FailureKind } from "../router/rules/failure.ts";

/** Cooldowns that say "nothing left": the only ones that usage has anything to say about. */
const QUOTA_KINDS: ReadonlySet<string> = new Set<FailureKind>(["usage-limit", "workspace-limit"]);

/** Whether ordinary models may be used again. Silence is no evidence: windows have to be there and none of them full. */
export function hasRoom(usage: UsageReading): boolean {
  if (usage.credits?.unlimited === true || usage.credits?.available === true) return true;
  const windows = usage.windows.filter((window) => window.limit === MAIN_LIMIT);
  if (usage.allowed === false || usage.reachedType !== null) return false;
  return windows.length > 0 && windows.every((window) => window.usedPercent < 100);
}

/**
 * Cooldowns to clear, given usage that was asked for at `askedAtMs`. Only cooldowns for quota, set before that. One of a
 * single model goes when upstream says the model is available, or says nothing of it and the account has room.
 */
export function cooldownsDisproved(
  cooldowns: readonly Cooldown[],
  usage: UsageReading,
  askedAtMs: number,
): readonly Cooldown[] {
  return cooldowns.filter((cooldown) => {
    if (!QUOTA_KINDS.has(cooldown.reason) || cooldown.sinceMs > askedAtMs) return false;
    if (cooldown.model === null) return hasRoom(usage);
    return usage.modelsAvailable.get(cooldown.model) ?? hasRoom(usage);
  });
}

/** Upstream rounds: what it still allows is not quite used up, whatever the whole percents say. */
const NOT_QUITE_FULL_PERCENT = 99.9;

/**
 * The windows to write down, given those that are known. A usage answer is whole: a window that its limits no longer
 * have went with a change of plan and holds nothing back any more.
 */
export function windowsToWrite(known: readonly QuotaWindow[], usage: UsageReading): readonly QuotaWindow[] {
  const observedAtMs = usage.windows[0]?.observedAtMs;
  if (observedAtMs === undefined) return [];
  const limits = new Set(usage.windows.map((window) => window.limit));
  const isTold = (window: QuotaWindow) =>
    usage.windows.some((told) => told.limit === window.limit && told.minutes === window.minutes);
  const gone = known.filter((window) => limits.has(window.limit) && !isTold(window));
  const told = usage.windows.map((window) =>
    usage.allowed === true && window.limit === MAIN_LIMIT && window.usedPercent > NOT_QUITE_FULL_PERCENT
      ? { ...window, usedPercent: NOT_QUITE_FULL_PERCENT }
      : window,
  );
  return [...told, ...gone.map((window) => ({ ...window, usedPercent: 0, resetsAtMs: null, observedAtMs }))];
}

/** When an account is to be asked again: gently while turns flow, rarely while nobody asks for anything. */
export function usagePauseMs(isBusy: boolean, chance: number): number {
  const pauseMs = isBusy ? LIMITS.usagePollMs : LIMITS.usagePollIdleMs;
  return Math.round(pauseMs * (1 + chance / 4));
}
