/** Which cooldowns does fresh usage disprove? Pure. */
import { LIMITS } from "../limits.ts";
import type { UsageReading } from "../protocol/quota.ts";
import { type Cooldown, MAIN_LIMIT } from "../router/rules/account-state.ts";
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

/** When an account is to be asked again: gently while turns flow, rarely while nobody asks for anything. */
export function usagePauseMs(isBusy: boolean, chance: number): number {
  const pauseMs = isBusy ? LIMITS.usagePollMs : LIMITS.usagePollIdleMs;
  return Math.round(pauseMs * (1 + chance / 4));
}
