/**
 * Question: how much of an account is used, and how does the upstream say so?
 * Owns windows, credits, their rise with each turn and roll-over with time, and the three spellings: headers, usage answer, event.
 * Must not decide whether a turn is served; it only says whether the quota is exhausted.
 */
import type { JsonObject } from "./content.ts";

export interface SimWindow {
  /** Length of the window. The upstream's slots mean nothing: a primary window may be weekly. */
  minutes: number;
  usedPercent: number;
  resetsAtMs: number;
}

export interface SimCredits {
  hasCredits: boolean;
  unlimited: boolean;
  balance: number;
}

/** A further limit, for models of its own. It never gates ordinary models. */
export interface SimExtraLimit {
  /** As in `metered_feature`, for instance `codex_bengalfox`. */
  id: string;
  name: string;
  /** Models that only this limit meters. */
  models: string[];
  primary: SimWindow | null;
  secondary: SimWindow | null;
}

export interface SimQuota {
  windows: { primary: SimWindow | null; secondary: SimWindow | null };
  credits: SimCredits;
  extraLimits: SimExtraLimit[];
  activeLimit: string;
  /** Named in the 429 and in the usage answer while exhausted; null means the plain `rate_limit_reached`. */
  reachedType: string | null;
  promoMessage: string | null;
  resetCredits: number;
}

const MINUTE_MS = 60_000;

/** The windows that meter `model`: those of its own limit if it has one, else the account's. */
export function windowsFor(quota: SimQuota, model: string): SimWindow[] {
  const extra = quota.extraLimits.find((limit) => limit.models.includes(model));
  const pair = extra ?? quota.windows;
  return [pair.primary, pair.secondary].filter((window) => window !== null);
}

/** Empties every window whose reset lies in the past and moves its reset on by whole window lengths. */
export function rollWindows(quota: SimQuota, nowMs: number): void {
  const all = [quota.windows.primary, quota.windows.secondary];
  for (const limit of quota.extraLimits) all.push(limit.primary, limit.secondary);
  for (const window of all) {
    if (window === null || window.resetsAtMs > nowMs) continue;
    const lengthMs = window.minutes * MINUTE_MS;
    window.usedPercent = 0;
    window.resetsAtMs += (Math.floor((nowMs - window.resetsAtMs) / lengthMs) + 1) * lengthMs;
  }
}

/** When the model can be used again (ms), or null while it can be used now. Credits lift an exhausted window. */
export function exhaustedUntil(quota: SimQuota, model: string): number | null {
  const full = windowsFor(quota, model).filter((window) => window.usedPercent >= 100);
  if (full.length === 0 || canSpendCredits(quota.credits)) return null;
  return Math.max(...full.map((window) => window.resetsAtMs));
}

export function consume(quota: SimQuota, model: string, percent: number): void {
  for (const window of windowsFor(quota, model)) {
    window.usedPercent = Math.min(100, roundPercent(window.usedPercent + percent));
  }
}

function roundPercent(percent: number): number {
  return Math.round(percent * 1e6) / 1e6;
}

function canSpendCredits(credits: SimCredits): boolean {
  return credits.unlimited || (credits.hasCredits && credits.balance > 0);
}

/** The `x-codex-*` headers of an answer. An absent window arrives as 0 with an empty reset. */
export function quotaHeaders(quota: SimQuota, plan: string, nowMs: number): Record<string, string> {
  const headers: Record<string, string> = {
    "x-codex-plan-type": plan,
    "x-codex-active-limit": quota.activeLimit,
    ...windowHeaders("x-codex-primary", quota.windows.primary, nowMs),
    ...windowHeaders("x-codex-secondary", quota.windows.secondary, nowMs),
    "x-codex-primary-over-secondary-limit-percent": "0",
    "x-codex-credits-has-credits": quota.credits.hasCredits ? "True" : "False",
    "x-codex-credits-unlimited": quota.credits.unlimited ? "True" : "False",
    "x-codex-credits-balance": quota.credits.hasCredits ? String(quota.credits.balance) : "",
  };
  if (quota.promoMessage !== null) headers["x-codex-promo-message"] = quota.promoMessage;
  for (const limit of quota.extraLimits) Object.assign(headers, extraHeaders(limit, nowMs));
  return headers;
}

function extraHeaders(limit: SimExtraLimit, nowMs: number): Record<string, string> {
  const prefix = `x-${limit.id.replaceAll("_", "-")}`;
  return {
    ...windowHeaders(`${prefix}-primary`, limit.primary, nowMs),
    ...windowHeaders(`${prefix}-secondary`, limit.secondary, nowMs),
    [`${prefix}-limit-name`]: limit.name,
  };
}

function windowHeaders(prefix: string, window: SimWindow | null, nowMs: number): Record<string, string> {
  return {
    [`${prefix}-used-percent`]: window === null ? "0" : String(window.usedPercent),
    [`${prefix}-window-minutes`]: window === null ? "0" : String(window.minutes),
    [`${prefix}-reset-at`]: window === null ? "" : String(toSeconds(window.resetsAtMs)),
    [`${prefix}-reset-after-seconds`]: window === null ? "0" : String(secondsUntil(window.resetsAtMs, nowMs)),
  };
}

export interface UsageIdentity {
  readonly accountId: string;
  readonly userId: string;
  readonly email: string;
  readonly plan: string;
  readonly models: readonly string[];
}

/** The answer of the usage endpoint, consistent with the headers. */
export function usageAnswer(quota: SimQuota, who: UsageIdentity, nowMs: number): JsonObject {
  const reached = exhaustedUntil(quota, "") !== null;
  return {
    user_id: who.userId,
    account_id: who.accountId,
    email: who.email,
    plan_type: who.plan,
    rate_limit: rateLimitPart(quota.windows, !reached, nowMs),
    code_review_rate_limit: null,
    additional_rate_limits: quota.extraLimits.map((limit) => extraPart(limit, nowMs)),
    model_usage: modelUsage(quota, who.models),
    credits: creditsPart(quota.credits),
    spend_control: { reached: false, individual_limit: null },
    rate_limit_reached_type: reached ? { type: quota.reachedType ?? "rate_limit_reached" } : null,
    promo: null,
    rate_limit_reset_credits: {
      available_count: quota.resetCredits,
      applicable_available_count: quota.resetCredits,
    },
  };
}

function modelUsage(quota: SimQuota, models: readonly string[]): JsonObject {
  const entries = models.map((model) => {
    const untilMs = exhaustedUntil(quota, model);
    const availableAt = untilMs === null ? null : toSeconds(untilMs);
    return [
      model,
      { available: untilMs === null, available_at: availableAt, credits_would_enable: untilMs !== null },
    ] as const;
  });
  return Object.fromEntries(entries);
}

function creditsPart(credits: SimCredits): JsonObject {
  return {
    has_credits: credits.hasCredits,
    unlimited: credits.unlimited,
    overage_limit_reached: false,
    balance: credits.hasCredits ? String(credits.balance) : null,
    approx_local_messages: null,
    approx_cloud_messages: null,
  };
}

function extraPart(limit: SimExtraLimit, nowMs: number): JsonObject {
  const full = [limit.primary, limit.secondary].some((window) => window !== null && window.usedPercent >= 100);
  return {
    limit_name: limit.name,
    metered_feature: limit.id,
    normal_model_slug: null,
    rate_limit: rateLimitPart(limit, !full, nowMs),
  };
}

interface WindowPair {
  readonly primary: SimWindow | null;
  readonly secondary: SimWindow | null;
}

function rateLimitPart(pair: WindowPair, allowed: boolean, nowMs: number): JsonObject {
  return {
    allowed,
    limit_reached: !allowed,
    primary_window: windowPart(pair.primary, nowMs),
    secondary_window: windowPart(pair.secondary, nowMs),
  };
}

function windowPart(window: SimWindow | null, nowMs: number): JsonObject | null {
  if (window === null) return null;
  return {
    used_percent: Math.round(window.usedPercent),
    limit_window_seconds: window.minutes * 60,
    reset_after_seconds: secondsUntil(window.resetsAtMs, nowMs),
    reset_at: toSeconds(window.resetsAtMs),
  };
}

/** Whole seconds since the epoch, never before the instant itself. */
export function toSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

export function secondsUntil(ms: number, nowMs: number): number {
  return Math.max(0, Math.ceil((ms - nowMs) / 1000));
}
