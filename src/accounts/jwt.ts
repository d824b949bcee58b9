/**
 * What does a token say of itself? Pure.
 *
 * Decodes claims and verifies nothing: they describe our own sign-in to ourselves and grant nobody anything. A token that
 * cannot be read is opaque, which is no error.
 */

import { parseJson } from "../protocol/parse-json.ts";
import { asFields, type JsonFields, readField, readFields, readNumber, readText } from "./json-fields.ts";

/** What upstream's id and access tokens tell about the person and the workspace behind them. */
export interface LoginClaims {
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly fedramp: boolean;
  readonly expiresAtMs: number | null;
}

const NO_CLAIMS: LoginClaims = {
  accountId: null,
  userId: null,
  email: null,
  plan: null,
  fedramp: false,
  expiresAtMs: null,
};

const TOKEN_CHARACTERS_MAX = 64 * 1024;
/** Date can hold no later instant. */
const LATEST_SECONDS = 8.64e12;
const AUTH_CLAIM = "https://api.openai.com/auth";
const PROFILE_CLAIM = "https://api.openai.com/profile";

/** The payload of a JWT as an object; null when the token is not one. */
export function decodeJwt(token: string): JsonFields | null {
  if (token.length > TOKEN_CHARACTERS_MAX) return null;
  const parts = token.split(".");
  const payload = parts[1];
  if (parts.length !== 3 || payload === undefined || !/^[A-Za-z0-9_-]+={0,2}$/.test(payload)) return null;
  return asFields(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
}

/** The claims we know, out of an already decoded payload. Very old files hold them flat, without the auth object. */
export function claimsOf(payload: JsonFields | null): LoginClaims {
  if (payload === null) return NO_CLAIMS;
  const auth = readFields(payload, AUTH_CLAIM) ?? payload;
  const seconds = readNumber(payload, "exp");
  return {
    accountId: readText(auth, "chatgpt_account_id"),
    userId: readText(auth, "chatgpt_user_id") ?? readText(auth, "user_id"),
    email: readText(payload, "email") ?? readText(readFields(payload, PROFILE_CLAIM), "email"),
    plan: readText(auth, "chatgpt_plan_type"),
    fedramp: readField(auth, "chatgpt_account_is_fedramp") === true,
    expiresAtMs: seconds !== null && seconds > 0 && seconds < LATEST_SECONDS ? seconds * 1000 : null,
  };
}

/** The claims of a token; all unknown when it is opaque or null. */
export function readClaims(token: string | null): LoginClaims {
  return claimsOf(token === null ? null : decodeJwt(token));
}
