/**
 * How far is a sign-in with a device code? Pure: what the two endpoints' answers mean, and when to ask again.
 */

import { parseJson } from "../protocol/parse-json.ts";
import { asFields, readField, readText } from "./json-fields.ts";

/** A code that a person types at `verificationUrl`. */
export interface DeviceCode {
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly intervalMs: number;
  readonly expiresAtMs: number;
}

export type IssuedCode =
  | { readonly kind: "issued"; readonly code: DeviceCode }
  /** Upstream does not offer device sign-in to this client or region. */
  | { readonly kind: "disabled" }
  | { readonly kind: "refused"; readonly status: number };

export type DevicePoll =
  | { readonly kind: "pending" }
  /** Not an answer to the question: a gateway, a pause, a line that broke. Asking again may help. */
  | { readonly kind: "again" }
  | { readonly kind: "approved"; readonly code: string; readonly verifier: string }
  | { readonly kind: "refused"; readonly status: number };

const INTERVAL_MS = 5_000;
const INTERVAL_MIN_MS = 1_000;
const INTERVAL_MAX_MS = 60_000;
/** How long upstream keeps a code when it does not say. */
const LIFETIME_MS = 15 * 60_000;

/** Where the person types the code. */
export function deviceVerificationUrl(authUrl: string): string {
  return `${authUrl}/codex/device`;
}

/** What the exchange of a device sign-in's code names as the place it came back to: upstream's own, wherever it is asked. */
export const DEVICE_REDIRECT_URI = "https://auth.openai.com/deviceauth/callback";

export function readIssuedCode(status: number, text: string, nowMs: number): IssuedCode {
  if (status === 404) return { kind: "disabled" };
  const body = asFields(parseJson(text));
  const deviceAuthId = readText(body, "device_auth_id");
  const userCode = readText(body, "user_code");
  if (status !== 200 || deviceAuthId === null || userCode === null || !/^[\x21-\x7e]{1,64}$/.test(userCode)) {
    return { kind: "refused", status };
  }
  const intervalMs = readIntervalMs(readField(body, "interval"));
  const expiresAtMs = readExpiryMs(readText(body, "expires_at"), nowMs);
  return { kind: "issued", code: { deviceAuthId, userCode, intervalMs, expiresAtMs } };
}

/** Seconds, told as a string. */
function readIntervalMs(value: unknown): number {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^\d{1,6}(\.\d+)?$/.test(text)) return INTERVAL_MS;
  return Math.min(Math.max(Number(text) * 1_000, INTERVAL_MIN_MS), INTERVAL_MAX_MS);
}

/** An instant that is past or far away is of a clock that goes wrong: then the usual lifetime holds. */
function readExpiryMs(text: string | null, nowMs: number): number {
  const atMs = Date.parse(text ?? "");
  const isPlausible = Number.isFinite(atMs) && atMs > nowMs && atMs - nowMs <= LIFETIME_MS;
  return isPlausible ? atMs : nowMs + LIFETIME_MS;
}

/** `status` null: no answer. Upstream says "pending" with 403 and with 404. */
export function judgeDevicePoll(status: number | null, text: string): DevicePoll {
  if (status === 403 || status === 404) return { kind: "pending" };
  if (status === null || status === 429 || status > 500) return { kind: "again" };
  if (status !== 200) return { kind: "refused", status };
  const body = asFields(parseJson(text));
  const code = readText(body, "authorization_code");
  const verifier = readText(body, "code_verifier");
  return code === null || verifier === null ? { kind: "refused", status } : { kind: "approved", code, verifier };
}
