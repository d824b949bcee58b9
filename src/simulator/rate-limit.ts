/**
 * Question: does this account call too often?
 * Owns the short-term limit: so many turns a minute.
 * Must not touch quota windows.
 */
import type { SimAccount } from "./account.ts";
import type { World } from "./world.ts";

const MINUTE_MS = 60_000;

/** Whole seconds to wait, or null when the turn may run; then it counts. */
export function rateLimitWaitSeconds(world: World, account: SimAccount): number | null {
  if (account.turnsPerMinute === null) return null;
  const nowMs = world.clock.now();
  const recent = (world.recentTurns.get(account.name) ?? []).filter((at) => at > nowMs - MINUTE_MS);
  world.recentTurns.set(account.name, recent);
  const oldest = recent[0];
  if (recent.length >= account.turnsPerMinute) {
    return Math.max(1, Math.ceil(((oldest ?? nowMs) + MINUTE_MS - nowMs) / 1000));
  }
  recent.push(nowMs);
  return null;
}

/** The `x-ratelimit-*` headers of the API platform. */
export function rateLimitHeaders(world: World, account: SimAccount): Record<string, string> {
  const limit = account.turnsPerMinute ?? 10_000;
  const used = world.recentTurns.get(account.name)?.length ?? 0;
  return {
    "x-ratelimit-limit-requests": String(limit),
    "x-ratelimit-remaining-requests": String(Math.max(0, limit - used)),
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-limit-tokens": "30000000",
    "x-ratelimit-remaining-tokens": "29999000",
    "x-ratelimit-reset-tokens": "2ms",
  };
}
