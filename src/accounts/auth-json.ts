/**
 * Whose sign-in is in this auth.json? Pure.
 *
 * Knows every shape of file that Codex has written and says why it cannot use one. Never repeats anything of the file
 * in what it says, and never throws, whatever the file holds.
 */

import { parseJson } from "../protocol/parse-json.ts";
import type { LoginIdentity } from "./identity.ts";
import { asFields, type JsonFields, readField, readFields, readText } from "./json-fields.ts";
import { claimsOf, type LoginClaims, readClaims } from "./jwt.ts";

/** A sign-in as a file holds it, secrets included. */
export type SavedLogin =
  | {
      readonly kind: "chatgpt";
      readonly accessToken: string;
      /** Null when the login cannot be refreshed. */
      readonly refreshToken: string | null;
      readonly idToken: string | null;
      readonly expiresAtMs: number | null;
      readonly lastRefreshAtMs: number | null;
      readonly identity: LoginIdentity;
    }
  /** Its identity has to be asked of upstream. */
  | { readonly kind: "personal-token"; readonly token: string }
  | { readonly kind: "api-key"; readonly apiKey: string };

export const AUTH_JSON_REFUSALS = [
  "too-large",
  "not-text",
  "not-json",
  "not-a-login",
  "empty",
  "malformed",
  "agent-identity",
  "external-tokens",
  "unknown-kind",
] as const;
export type AuthJsonRefusal = (typeof AUTH_JSON_REFUSALS)[number];

export type ParsedAuthJson =
  | { readonly kind: "ok"; readonly saved: SavedLogin }
  | { readonly kind: "refused"; readonly code: AuthJsonRefusal; readonly reason: string; readonly hint: string };

/** A login is a few kilobytes; more is some other file. */
export const AUTH_JSON_BYTES_MAX = 1024 * 1024;
const SECRET_CHARACTERS_MAX = 64 * 1024;
const ACCOUNT_ID_CHARACTERS_MAX = 256;

const SIGN_IN_AGAIN = "Sign in with `codex login` and import the file again.";

const REFUSALS: Readonly<Record<AuthJsonRefusal, { readonly reason: string; readonly hint: string }>> = {
  "too-large": {
    reason: "The file is too large to be a saved sign-in.",
    hint: "Give the auth.json of a Codex home, such as ~/.codex/auth.json.",
  },
  "not-text": { reason: "The file is not UTF-8 text.", hint: "Copy auth.json as it is, without converting it." },
  "not-json": { reason: "The file is not valid JSON.", hint: "It may be cut off. Copy auth.json again." },
  "not-a-login": {
    reason: "The file does not hold a saved Codex sign-in.",
    hint: "Give the auth.json of a Codex home, such as ~/.codex/auth.json.",
  },
  empty: {
    reason: "The file holds no sign-in: it was signed out, or Codex keeps its sign-in in the system's keyring.",
    hint: 'Set cli_auth_credentials_store = "file" in Codex\'s config.toml, run `codex login`, and import the file again.',
  },
  malformed: { reason: "A field of the sign-in has a form that Codex does not write.", hint: SIGN_IN_AGAIN },
  "agent-identity": {
    reason: "The file holds an agent identity, which signs each request with a key of its own.",
    hint: "Only ChatGPT sign-ins, personal access tokens and API keys can be pooled.",
  },
  "external-tokens": {
    reason: "The sign-in belongs to a host application that supplies its tokens from memory.",
    hint: SIGN_IN_AGAIN,
  },
  "unknown-kind": {
    reason: "The file holds a kind of sign-in that is not known here.",
    hint: "Only ChatGPT sign-ins, personal access tokens and API keys can be pooled.",
  },
};

function refuse(code: AuthJsonRefusal): ParsedAuthJson {
  return { kind: "refused", code, ...REFUSALS[code] };
}

/** Reads the content of an auth.json, given as bytes (any bytes) or as text. */
export function parseAuthJson(content: Uint8Array | string): ParsedAuthJson {
  if (content.length > AUTH_JSON_BYTES_MAX) return refuse("too-large");
  const text = typeof content === "string" ? content.replace(/^\uFEFF/, "") : decodeText(content);
  if (text === null) return refuse("not-text");
  if (text.trim() === "") return refuse("empty");
  const value = parseJson(text);
  if (value === undefined) return refuse("not-json");
  const file = asFields(value);
  return file === null ? refuse("not-a-login") : parseFile(file);
}

/** Drops a byte order mark; null for anything that is not UTF-8. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parseFile(file: JsonFields): ParsedAuthJson {
  const mode = readField(file, "auth_mode") ?? null;
  if (mode !== null && typeof mode !== "string") return refuse("malformed");
  switch (mode?.toLowerCase() ?? null) {
    case null:
      return parseUnnamedMode(file);
    case "chatgpt":
      return parseChatgpt(file);
    case "apikey":
      return parseApiKey(file);
    case "personalaccesstoken":
      return parsePersonalToken(file);
    case "agentidentity":
      return refuse("agent-identity");
    case "chatgptauthtokens":
      return refuse("external-tokens");
    default:
      return refuse("unknown-kind");
  }
}

/** Files without `auth_mode`: a key that is there wins, as it does for Codex. */
function parseUnnamedMode(file: JsonFields): ParsedAuthJson {
  if (isPresent(file, "OPENAI_API_KEY")) return parseApiKey(file);
  if (isPresent(file, "personal_access_token")) return parsePersonalToken(file);
  if (isPresent(file, "tokens")) return parseChatgpt(file);
  if (isPresent(file, "agent_identity")) return refuse("agent-identity");
  const isEmptyLogin = ["OPENAI_API_KEY", "personal_access_token", "tokens"].some((name) => Object.hasOwn(file, name));
  return refuse(isEmptyLogin || Object.keys(file).length === 0 ? "empty" : "not-a-login");
}

function isPresent(file: JsonFields, name: string): boolean {
  const value = readField(file, name);
  return value !== undefined && value !== null && value !== "";
}

/** A secret that may stand in a header; `null` when absent, `"malformed"` when it may not. */
function readSecret(fields: JsonFields, name: string): { readonly secret: string } | "absent" | "malformed" {
  if (!isPresent(fields, name)) return "absent";
  const value = readField(fields, name);
  if (typeof value !== "string" || value.length > SECRET_CHARACTERS_MAX) return "malformed";
  return /^[\x21-\x7e]+$/.test(value) ? { secret: value } : "malformed";
}

function parseApiKey(file: JsonFields): ParsedAuthJson {
  const key = readSecret(file, "OPENAI_API_KEY");
  if (key === "absent") return refuse("empty");
  if (key === "malformed") return refuse("malformed");
  return { kind: "ok", saved: { kind: "api-key", apiKey: key.secret } };
}

function parsePersonalToken(file: JsonFields): ParsedAuthJson {
  const token = readSecret(file, "personal_access_token");
  if (token === "absent") return refuse("empty");
  if (token === "malformed" || !token.secret.startsWith("at-")) return refuse("malformed");
  return { kind: "ok", saved: { kind: "personal-token", token: token.secret } };
}

function parseChatgpt(file: JsonFields): ParsedAuthJson {
  if (!isPresent(file, "tokens")) return refuse("empty");
  const tokens = readFields(file, "tokens");
  if (tokens === null) return refuse("malformed");
  const access = readSecret(tokens, "access_token");
  const refresh = readSecret(tokens, "refresh_token");
  const accountId = readAccountId(tokens);
  const id = readIdToken(tokens);
  if (access === "malformed" || refresh === "malformed" || accountId === "malformed" || id === "malformed") {
    return refuse("malformed");
  }
  if (access === "absent") return refuse("empty");
  const accessClaims = readClaims(access.secret);
  return {
    kind: "ok",
    saved: {
      kind: "chatgpt",
      accessToken: access.secret,
      refreshToken: refresh === "absent" ? null : refresh.secret,
      idToken: id.token,
      expiresAtMs: accessClaims.expiresAtMs,
      lastRefreshAtMs: readInstant(file, "last_refresh"),
      identity: identityFrom(accountId, accessClaims, id.claims),
    },
  };
}

/** The workspace goes into a header, so it has to be fit for one. */
function readAccountId(tokens: JsonFields): string | null | "malformed" {
  if (!isPresent(tokens, "account_id")) return null;
  const value = readText(tokens, "account_id");
  return value !== null && isHeaderWord(value) ? value : "malformed";
}

function isHeaderWord(value: string): boolean {
  return value.length <= ACCOUNT_ID_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(value);
}

/** A JWT, or, in very old files, the claims themselves. */
function readIdToken(
  tokens: JsonFields,
): { readonly token: string | null; readonly claims: LoginClaims } | "malformed" {
  const claims = readFields(tokens, "id_token");
  if (claims !== null) return { token: readText(claims, "raw_jwt"), claims: claimsOf(claims) };
  const token = readSecret(tokens, "id_token");
  if (token === "malformed") return "malformed";
  const text = token === "absent" ? null : token.secret;
  return { token: text, claims: readClaims(text) };
}

/** The file's own `account_id` is what Codex sends, so it outranks what the tokens say. */
function identityFrom(accountId: string | null, access: LoginClaims, id: LoginClaims): LoginIdentity {
  const claimed = [access.accountId, id.accountId].find((value) => value !== null && isHeaderWord(value)) ?? null;
  return {
    workspaceId: accountId ?? claimed,
    userId: access.userId ?? id.userId,
    email: id.email ?? access.email,
    plan: id.plan ?? access.plan,
    fedramp: access.fedramp || id.fedramp,
  };
}

function readInstant(file: JsonFields, name: string): number | null {
  const atMs = Date.parse(readText(file, name) ?? "");
  return Number.isFinite(atMs) ? atMs : null;
}
