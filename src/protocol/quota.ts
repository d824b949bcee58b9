/**
 * How much of an account is used, in upstream's own words? Pure: reads the three spellings (answer headers, the usage
 * answer, the stream's event) into one form.
 *
 * Windows are told apart by their length, never by the slot they came in. What is absent or absurd is left out: an
 * unknown quota is neither full nor empty.
 */
import { type Credits, MAIN_LIMIT, type QuotaWindow } from "../router/rules/account-state.ts";
import type { HeaderFields } from "./header-fields.ts";
import { isObject } from "./wire-event.ts";

/** What one answer says of the account that gave it. */
export interface QuotaReading {
  /** One entry for each (limit, minutes). */
  readonly windows: readonly QuotaWindow[];
  readonly credits: Credits | null;
  readonly plan: string | null;
  /** Why upstream says the limit is reached, such as `workspace_member_credits_depleted`; null while it is not. */
  readonly reachedType: string | null;
}

/** The usage endpoint says more than an answer's head does. */
export interface UsageReading extends QuotaReading {
  /** Upstream's own verdict on the ordinary limit; null when it gave none. */
  readonly allowed: boolean | null;
  /** By model id: whether that model may be used now. Only models that upstream speaks of. */
  readonly modelsAvailable: ReadonlyMap<string, boolean>;
  /** Limit resets the owner could spend; null when upstream does not say. */
  readonly resetCredits: number | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** Far beyond any quota period that upstream has: such a length is a misreading. */
const MINUTES_MAX = 366 * 24 * 60;
const MINUTE_MS = 60_000;

interface RawWindow {
  readonly limit: string;
  readonly used: number | null;
  readonly minutes: number | null;
  /** Unix seconds. */
  readonly resetAt: number | null;
  readonly resetAfterSeconds: number | null;
}

/** Null for a window that is not there. A reset outlasts no window, whatever the figure says. */
function toWindow(raw: RawWindow, nowMs: number): QuotaWindow | null {
  const minutes = raw.minutes === null ? 0 : Math.round(raw.minutes);
  if (raw.used === null || minutes < 1 || minutes > MINUTES_MAX) return null;
  return {
    limit: raw.limit,
    minutes,
    usedPercent: Math.min(100, Math.max(0, raw.used)),
    resetsAtMs: resetInstant(raw, minutes, nowMs),
    observedAtMs: nowMs,
  };
}

function resetInstant(raw: RawWindow, minutes: number, nowMs: number): number | null {
  const saidMs = raw.resetAt !== null && raw.resetAt > 0 ? raw.resetAt * 1000 : null;
  const afterMs = raw.resetAfterSeconds === null ? null : nowMs + Math.max(0, raw.resetAfterSeconds) * 1000;
  const atMs = saidMs ?? afterMs;
  return atMs === null ? null : Math.round(Math.min(atMs, nowMs + minutes * MINUTE_MS));
}

/** One entry for each (limit, minutes); of two, the fuller one. */
function uniqueWindows(windows: readonly (QuotaWindow | null)[]): readonly QuotaWindow[] {
  const unique: QuotaWindow[] = [];
  for (const window of windows) {
    if (window === null) continue;
    const at = unique.findIndex(({ limit, minutes }) => limit === window.limit && minutes === window.minutes);
    const before = unique[at];
    if (before === undefined) unique.push(window);
    else if (before.usedPercent < window.usedPercent) unique[at] = window;
  }
  return unique;
}

function numberOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

function booleanOf(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/**
 * The id of a limit. The ordinary one has its own; others go by the name of the model they meter, which upstream writes in
 * capitals, and by the name of their feature only where there is no other: nobody asks for a model by that.
 */
function limitIdOf(feature: string | null, name: string | null): string | null {
  return feature === MAIN_LIMIT ? MAIN_LIMIT : (name?.toLowerCase() ?? feature);
}

const USED_PERCENT = "-used-percent";
const MAIN_USED = `x-codex-primary${USED_PERCENT}`;

/** Names of the headers that tell of one window. */
interface WindowNames {
  readonly used: string;
  readonly resetAt: string;
  readonly resetAfter: string;
  readonly minutes: string;
  readonly limitName: string;
  /** The limit's own id, where no header names it. */
  readonly feature: string;
}

/** Null for what is no window's name, such as `x-codex-primary` is. */
function namesOf(window: string): WindowNames | null {
  const slot = ["-primary", "-secondary"].find((ending) => window.endsWith(ending));
  if (slot === undefined) return null;
  const family = window.slice(0, -slot.length);
  return {
    used: window + USED_PERCENT,
    resetAt: `${window}-reset-at`,
    resetAfter: `${window}-reset-after-seconds`,
    minutes: `${window}-window-minutes`,
    limitName: `${family}-limit-name`,
    feature: family.slice("x-".length).replaceAll("-", "_"),
  };
}

/** The windows that every answer tells of. */
const USUAL: ReadonlyMap<string, WindowNames | null> = new Map(
  ["x-codex-primary", "x-codex-secondary"].map((window) => [window + USED_PERCENT, namesOf(window)]),
);

/** Whether the head tells how much is used, as all but every answer's does: of such the later one is enough. */
export function tellsUse(head: { get(name: string): string | null }): boolean {
  return head.get(MAIN_USED) !== null;
}

/** Reads every family of `x-codex-…` headers. `nowMs` is when the answer came. */
export function parseQuotaHeaders(fields: HeaderFields, nowMs: number): QuotaReading {
  const windows: (QuotaWindow | null)[] = [];
  for (const name in fields) {
    if (!name.endsWith(USED_PERCENT) || !name.startsWith("x-codex-")) continue;
    const names = USUAL.get(name) ?? namesOf(name.slice(0, -USED_PERCENT.length));
    if (names !== null) windows.push(headerWindow(fields, names, nowMs));
  }
  return {
    windows: uniqueWindows(windows),
    credits: headerCredits(fields, nowMs),
    plan: textOf(fields["x-codex-plan-type"]),
    reachedType: textOf(fields["x-codex-rate-limit-reached-type"]),
  };
}

/** An absent window comes as a zero with an empty reset. */
function headerWindow(fields: HeaderFields, names: WindowNames, nowMs: number): QuotaWindow | null {
  const used = numberOf(fields[names.used]);
  const resetAt = numberOf(fields[names.resetAt]);
  if (used === 0 && resetAt === null) return null;
  const raw: RawWindow = {
    limit: limitIdOf(names.feature, textOf(fields[names.limitName])) ?? names.feature,
    used,
    minutes: numberOf(fields[names.minutes]),
    resetAt,
    resetAfterSeconds: numberOf(fields[names.resetAfter]),
  };
  return toWindow(raw, nowMs);
}

function headerCredits(fields: HeaderFields, nowMs: number): Credits | null {
  const has = fields["x-codex-credits-has-credits"] ?? null;
  const unlimited = fields["x-codex-credits-unlimited"] ?? null;
  if (has === null && unlimited === null) return null;
  return { available: isTrue(has), unlimited: isTrue(unlimited), observedAtMs: nowMs };
}

function isTrue(text: string | null): boolean {
  return text?.trim().toLowerCase() === "true";
}

/** Reads the answer of the usage endpoint; null when it is no object. Every field of it may be missing or null. */
export function parseUsage(json: unknown, nowMs: number): UsageReading | null {
  if (!isObject(json)) return null;
  const main = fieldsOf(json["rate_limit"]);
  const additional = listOf(json["additional_rate_limits"]);
  const limits = [
    ...usageWindows(MAIN_LIMIT, main, nowMs),
    ...usageWindows("code_review", fieldsOf(json["code_review_rate_limit"]), nowMs),
    ...additional.flatMap((limit) => additionalWindows(limit, nowMs)),
  ];
  const limitReached = booleanOf(main["limit_reached"]);
  return {
    windows: uniqueWindows(limits),
    credits: creditsOf(json["credits"], nowMs),
    plan: textOf(json["plan_type"]),
    reachedType: textOf(fieldsOf(json["rate_limit_reached_type"])["type"]),
    allowed: booleanOf(main["allowed"]) ?? (limitReached === null ? null : !limitReached),
    modelsAvailable: modelsAvailable(fieldsOf(json["model_usage"]), additional),
    resetCredits: numberOf(fieldsOf(json["rate_limit_reset_credits"])["available_count"]),
  };
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function additionalWindows(limit: Fields, nowMs: number): readonly (QuotaWindow | null)[] {
  const id = limitIdOf(textOf(limit["metered_feature"]), textOf(limit["limit_name"]));
  return id === null ? [] : usageWindows(id, fieldsOf(limit["rate_limit"]), nowMs);
}

function usageWindows(limit: string, part: Fields, nowMs: number): readonly (QuotaWindow | null)[] {
  return ["primary_window", "secondary_window"].map((slot) => {
    const window = fieldsOf(part[slot]);
    const seconds = numberOf(window["limit_window_seconds"]);
    return toWindow(
      {
        limit,
        used: numberOf(window["used_percent"]),
        minutes: seconds === null ? null : seconds / 60,
        resetAt: numberOf(window["reset_at"]),
        resetAfterSeconds: numberOf(window["reset_after_seconds"]),
      },
      nowMs,
    );
  });
}

function creditsOf(value: unknown, nowMs: number): Credits | null {
  if (!isObject(value)) return null;
  const [has, unlimited] = [booleanOf(value["has_credits"]), booleanOf(value["unlimited"])];
  if (has === null && unlimited === null) return null;
  const overLimit = value["overage_limit_reached"] === true;
  return { available: has === true && !overLimit, unlimited: unlimited === true, observedAtMs: nowMs };
}

function modelsAvailable(usage: Fields, additional: readonly Fields[]): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const limit of additional) {
    const model = textOf(limit["normal_model_slug"]) ?? textOf(limit["limit_name"])?.toLowerCase() ?? null;
    const allowed = booleanOf(fieldsOf(limit["rate_limit"])["allowed"]);
    if (model !== null && allowed !== null) found.set(model, allowed);
  }
  for (const [model, entry] of Object.entries(usage)) {
    const available = booleanOf(fieldsOf(entry)["available"]);
    if (available !== null) found.set(model, available);
  }
  return found;
}

/** Reads a `codex.rate_limits` event; null when it is none. */
export function parseRateLimitsEvent(json: unknown, nowMs: number): QuotaReading | null {
  if (!isObject(json) || json["type"] !== "codex.rate_limits") return null;
  const limits = fieldsOf(json["rate_limits"]);
  const limit = limitIdOf(textOf(json["metered_limit_name"]) ?? MAIN_LIMIT, textOf(json["limit_name"])) ?? MAIN_LIMIT;
  const windows = ["primary", "secondary"].map((slot) => {
    const window = fieldsOf(limits[slot]);
    return toWindow(
      {
        limit,
        used: numberOf(window["used_percent"]),
        minutes: numberOf(window["window_minutes"]),
        resetAt: numberOf(window["reset_at"]),
        resetAfterSeconds: numberOf(window["reset_after_seconds"]),
      },
      nowMs,
    );
  });
  return {
    windows: uniqueWindows(windows),
    credits: creditsOf(json["credits"], nowMs),
    plan: textOf(json["plan_type"]),
    reachedType: textOf(fieldsOf(json["rate_limit_reached_type"])["type"]),
  };
}
