/**
 * When is a token to be refreshed, and what does the token endpoint's answer mean? Pure: the whole of the knowledge about
 * refreshing, as rules over plain values.
 */
import { LIMITS } from "../limits.ts";
import type { Credential, StoredCredential } from "../ports.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { asFields, type JsonFields, readFields, readText } from "./json-fields.ts";
import { readClaims } from "./jwt.ts";
import type { SignInReason } from "./reasons.ts";

export type ChatgptCredential = Extract<Credential, { kind: "chatgpt" }>;

export const TOKEN_STATES = ["fresh", "due", "expired"] as const;
/** `due`: fit for use, but a refresh should begin. `expired`: not fit for use. */
export type TokenState = (typeof TOKEN_STATES)[number];

/**
 * A turn waits for a refresh only when the token is truly expired (or was refused): within the lead time the token still
 * serves and the refresh runs beside the turn. The id token's expiry never counts: it lives for an hour only.
 */
export function judgeToken(credential: ChatgptCredential, nowMs: number): TokenState {
  const { expiresAtMs, lastRefreshAtMs, refreshToken } = credential;
  if (expiresAtMs !== null) {
    if (expiresAtMs <= nowMs) return "expired";
    return refreshToken !== null && expiresAtMs - nowMs < LIMITS.refreshLeadMs ? "due" : "fresh";
  }
  if (refreshToken === null) return "fresh";
  return lastRefreshAtMs === null || nowMs - lastRefreshAtMs > LIMITS.refreshOpaqueAgeMs ? "due" : "fresh";
}

/**
 * Why somebody wants a refresh, and the generation that made them want it. `refused`: upstream answered 401 to it.
 * `asked`: by the owner, who may try a sign-in again that was given up.
 */
export interface RefreshNeed {
  readonly why: "due" | "refused" | "asked";
  readonly generation: number;
}

/**
 * Whether the stored credential meets the need as it is, because somebody else has renewed it meanwhile. A newer pair
 * counts even when it is short-lived; a newer login that was merely put there (an import) is judged by its own expiry.
 */
export function isMet(need: RefreshNeed, stored: StoredCredential, nowMs: number): boolean {
  if (stored.credential.kind !== "chatgpt") return true;
  const isNewer = stored.generation > need.generation;
  if (need.why !== "due") return isNewer;
  return judgeToken(stored.credential, nowMs) === "fresh" || (isNewer && isJustRenewed(stored.credential, nowMs));
}

/** A token refused this soon after it was made is not mended by making another: that loop has burned whole sign-ins. */
const JUST_RENEWED_MS = 60_000;

export function isJustRenewed(credential: ChatgptCredential, nowMs: number): boolean {
  const ageMs = credential.lastRefreshAtMs === null ? null : nowMs - credential.lastRefreshAtMs;
  return ageMs !== null && ageMs >= 0 && ageMs < JUST_RENEWED_MS;
}

/** What upstream is told about the cause; the words are its own. */
export function refreshReason(need: RefreshNeed, credential: ChatgptCredential): string {
  if (need.why === "refused") return "unauthorized_recovery";
  return need.why === "asked" || credential.expiresAtMs === null ? "scheduled" : "proactive_expiry";
}

/** What a successful answer brought; absent parts stay as they were. */
export interface TokenPair {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
}

export type RefreshAnswer =
  | { readonly kind: "renewed"; readonly pair: TokenPair }
  /** For good, for this refresh token. */
  | { readonly kind: "refused"; readonly reason: SignInReason }
  /** Not now. `unspent`: the refresh token is certainly still good. */
  | {
      readonly kind: "later";
      readonly reason: "refresh-failing" | "refresh-silent" | "refresh-empty";
      readonly retryAfterMs: number | null;
      readonly unspent: boolean;
    }
  /** No answer that can be read: the token may have been spent. Worth one more try with the same token. */
  | { readonly kind: "unknown" };

/** The closed list of codes that end a sign-in, whatever the status of the refusal. */
const FATAL_CODES: Readonly<Record<string, SignInReason>> = {
  refresh_token_expired: "refresh-token-expired",
  refresh_token_reused: "refresh-token-reused",
  refresh_token_invalidated: "refresh-token-invalidated",
};

/** Codes that come with a 401, which is final by itself; they only name the reason. */
const NAMED_CODES: Readonly<Record<string, SignInReason>> = {
  ...FATAL_CODES,
  token_expired: "refresh-token-expired",
  app_session_terminated: "session-ended",
  account_session_expired: "session-ended",
  account_deactivated: "account-deactivated",
};

/** Reasons that a lost earlier answer would explain: the token was spent by us, and we never saw its successor. */
const EXPLAINED_BY_LOSS: ReadonlySet<SignInReason> = new Set([
  "refresh-token-reused",
  "refresh-token-invalidated",
  "refresh-refused",
]);

/** The reason to show when an earlier exchange of this token had no known outcome. */
export function explainRefusal(reason: SignInReason, earlierAnswerLost: boolean): SignInReason {
  return earlierAnswerLost && EXPLAINED_BY_LOSS.has(reason) ? "refresh-cut-off" : reason;
}

/** Judges a whole answer of the token endpoint. `retryAfter` is the header as it came. */
export function judgeRefreshAnswer(status: number, text: string, retryAfter: string | null): RefreshAnswer {
  const body = asFields(parseJson(text));
  if (status >= 200 && status < 300) return judgeSuccess(body);
  const codes = codesOf(body);
  const isClientError = status >= 400 && status < 500;
  const fatal = isClientError
    ? codes.map((code) => FATAL_CODES[code]).find((reason) => reason !== undefined)
    : undefined;
  if (fatal !== undefined) return { kind: "refused", reason: fatal };
  if (status === 401) {
    const named = codes.map((code) => NAMED_CODES[code]).find((reason) => reason !== undefined);
    return { kind: "refused", reason: named ?? "refresh-refused" };
  }
  if (status === 400 && codes.includes("invalid_grant")) return { kind: "refused", reason: "refresh-refused" };
  // A gateway's error may hide an exchange that was carried out behind it.
  const retryAfterMs = parseRetryAfterMs(retryAfter);
  return { kind: "later", reason: "refresh-failing", retryAfterMs, unspent: isClientError };
}

/** A success that cannot be read has spent the token all the same; an empty one is no reason to ask again at once. */
function judgeSuccess(body: JsonFields | null): RefreshAnswer {
  if (body === null) return { kind: "unknown" };
  const pair = {
    accessToken: readToken(body, "access_token"),
    refreshToken: readToken(body, "refresh_token"),
    idToken: readToken(body, "id_token"),
  };
  if (pair.accessToken !== null || pair.refreshToken !== null) return { kind: "renewed", pair };
  return { kind: "later", reason: "refresh-empty", retryAfterMs: null, unspent: false };
}

/** Tokens travel in heads: anything that may not stand there counts as absent. */
function readToken(body: JsonFields, name: string): string | null {
  const token = readText(body, name);
  return token !== null && /^[\x21-\x7e]+$/.test(token) ? token : null;
}

function codesOf(body: JsonFields | null): readonly string[] {
  const error = readFields(body, "error");
  const found = [readText(error, "code"), readText(error, "type"), readText(body, "error"), readText(body, "code")];
  return found.filter((code) => code !== null);
}

const RETRY_AFTER_MAX_MS = 60 * 60_000;

function parseRetryAfterMs(header: string | null): number | null {
  if (header === null || !/^\d{1,9}(\.\d+)?$/.test(header.trim())) return null;
  return Math.min(Number(header) * 1000, RETRY_AFTER_MAX_MS);
}

/** The credential after an exchange: what the answer left out stays. */
export function applyPair(old: ChatgptCredential, pair: TokenPair, nowMs: number): ChatgptCredential {
  const accessToken = pair.accessToken ?? old.accessToken;
  return {
    kind: "chatgpt",
    accessToken,
    refreshToken: pair.refreshToken ?? old.refreshToken,
    idToken: pair.idToken ?? old.idToken,
    expiresAtMs: pair.accessToken === null ? old.expiresAtMs : readClaims(pair.accessToken).expiresAtMs,
    lastRefreshAtMs: pair.accessToken === null ? old.lastRefreshAtMs : nowMs,
  };
}

const BACKOFF_FIRST_MS = 5_000;
const BACKOFF_LONGEST_MS = 5 * 60_000;

/** Pause after the n-th failure in a row (from 1), with jitter; never shorter than upstream asked for. */
export function backoffMs(strikes: number, retryAfterMs: number | null, chance: number): number {
  const grown = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(strikes - 1, 16), BACKOFF_LONGEST_MS);
  return Math.max(Math.round(grown * (0.75 + chance / 2)), retryAfterMs ?? 0);
}

/** Pause to keep after the machine's last exchange: the spacing and up to as much again. */
export function spacingWithJitterMs(spacingMs: number, chance: number): number {
  return Math.round(spacingMs * (1 + chance));
}

/** How much of that pause is still to wait. A last exchange in the future (a clock set back) does not stretch it. */
export function spacingLeftMs(lastAtMs: number | null, pauseMs: number, nowMs: number): number {
  if (lastAtMs === null) return 0;
  return Math.min(pauseMs, Math.max(0, lastAtMs + pauseMs - nowMs));
}
