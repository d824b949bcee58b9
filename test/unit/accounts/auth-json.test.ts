/** Every shape of auth.json, and files that are none. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  AUTH_JSON_BYTES_MAX,
  AUTH_JSON_REFUSALS,
  type AuthJsonRefusal,
  parseAuthJson,
} from "../../../src/accounts/auth-json.ts";
import { aJwt } from "../../support/accounts-world.ts";

const EXPIRES_SECONDS = 1_800_000_000;
const AUTH = {
  chatgpt_account_id: "acc-1",
  chatgpt_user_id: "user-1",
  chatgpt_plan_type: "pro",
  chatgpt_account_is_fedramp: false,
};
const ACCESS = aJwt({
  exp: EXPIRES_SECONDS,
  "https://api.openai.com/auth": AUTH,
  "https://api.openai.com/profile": { email: "ann@example.test" },
});
const ID = aJwt({ exp: 1, email: "ann@example.test", "https://api.openai.com/auth": AUTH });
const TOKENS = { id_token: ID, access_token: ACCESS, refresh_token: "rt.1", account_id: "acc-1" };
const IDENTITY = { workspaceId: "acc-1", userId: "user-1", email: "ann@example.test", plan: "pro", fedramp: false };
const FULL = {
  auth_mode: "chatgpt",
  OPENAI_API_KEY: null,
  tokens: TOKENS,
  last_refresh: "2026-11-22T08:24:50.970513619Z",
};
const FULL_LOGIN = {
  kind: "chatgpt",
  accessToken: ACCESS,
  refreshToken: "rt.1",
  idToken: ID,
  expiresAtMs: EXPIRES_SECONDS * 1000,
  lastRefreshAtMs: Date.UTC(2026, 10, 22, 8, 24, 50, 970),
  identity: IDENTITY,
};

const GOOD: readonly { readonly what: string; readonly file: unknown; readonly saved: Record<string, unknown> }[] = [
  { what: "a ChatGPT login as it is written today", file: FULL, saved: FULL_LOGIN },
  {
    what: "a login with keys that nobody knows yet",
    file: { ...FULL, tokens: { ...TOKENS, login_owner_id: "x", oauth_provenance: {} }, new_key: 1 },
    saved: FULL_LOGIN,
  },
  { what: "a login without auth_mode", file: { ...FULL, auth_mode: undefined }, saved: FULL_LOGIN },
  {
    what: "a login without last_refresh",
    file: { ...FULL, last_refresh: undefined },
    saved: { ...FULL_LOGIN, lastRefreshAtMs: null },
  },
  {
    what: "a login without account_id: the token says it",
    file: { ...FULL, tokens: { ...TOKENS, account_id: undefined } },
    saved: FULL_LOGIN,
  },
  {
    what: "an account_id that differs from the token's: the file's is what Codex sends",
    file: { ...FULL, tokens: { ...TOKENS, account_id: "acc-2" } },
    saved: { ...FULL_LOGIN, identity: { ...IDENTITY, workspaceId: "acc-2" } },
  },
  {
    what: "a login with an exchanged API key beside it",
    file: { ...FULL, OPENAI_API_KEY: "sk-exchanged" },
    saved: FULL_LOGIN,
  },
  {
    what: "a very old file with claims for an id_token",
    file: {
      OPENAI_API_KEY: null,
      tokens: { ...TOKENS, id_token: { email: "ann@example.test", chatgpt_plan_type: "plus", raw_jwt: "a.b.c" } },
    },
    saved: { ...FULL_LOGIN, idToken: "a.b.c", lastRefreshAtMs: null, identity: { ...IDENTITY, plan: "plus" } },
  },
  {
    what: "an opaque access token: its expiry is unknown",
    file: { ...FULL, tokens: { ...TOKENS, access_token: "opaque" } },
    saved: { ...FULL_LOGIN, accessToken: "opaque", expiresAtMs: null },
  },
  {
    what: "a login without a refresh token",
    file: { ...FULL, tokens: { ...TOKENS, refresh_token: "" } },
    saved: { ...FULL_LOGIN, refreshToken: null },
  },
  {
    what: "an API key",
    file: { auth_mode: "apikey", OPENAI_API_KEY: "sk-1" },
    saved: { kind: "api-key", apiKey: "sk-1" },
  },
  {
    what: "an API key without auth_mode, which wins over tokens",
    file: { OPENAI_API_KEY: "sk-1", tokens: TOKENS },
    saved: { kind: "api-key", apiKey: "sk-1" },
  },
  {
    what: "a personal access token",
    file: { OPENAI_API_KEY: null, personal_access_token: "at-1" },
    saved: { kind: "personal-token", token: "at-1" },
  },
];

const REFUSED: readonly { readonly what: string; readonly file: unknown; readonly code: AuthJsonRefusal }[] = [
  { what: "an agent identity", file: { auth_mode: "agentIdentity", agent_identity: "x" }, code: "agent-identity" },
  { what: "an agent identity without a mode", file: { agent_identity: "x" }, code: "agent-identity" },
  {
    what: "tokens of a host application",
    file: { auth_mode: "chatgptAuthTokens", tokens: { ...TOKENS, refresh_token: "" } },
    code: "external-tokens",
  },
  { what: "a mode of the future", file: { auth_mode: "quantum", tokens: TOKENS }, code: "unknown-kind" },
  { what: "a mode that is no word", file: { auth_mode: 7, tokens: TOKENS }, code: "malformed" },
  { what: "a signed-out file", file: { OPENAI_API_KEY: null, tokens: null, last_refresh: null }, code: "empty" },
  { what: "an empty object, as with a keyring", file: {}, code: "empty" },
  { what: "a ChatGPT login without tokens", file: { auth_mode: "chatgpt" }, code: "empty" },
  { what: "empty tokens", file: { tokens: {} }, code: "empty" },
  { what: "a mode of API key without a key", file: { auth_mode: "apikey", OPENAI_API_KEY: null }, code: "empty" },
  { what: "a key that is no text", file: { OPENAI_API_KEY: 5 }, code: "malformed" },
  { what: "a key with a line break", file: { OPENAI_API_KEY: "sk-1\r\nx: y" }, code: "malformed" },
  { what: "a personal token of another form", file: { personal_access_token: "xx-1" }, code: "malformed" },
  { what: "tokens that are a list", file: { tokens: [TOKENS] }, code: "malformed" },
  { what: "an access token that is a number", file: { tokens: { ...TOKENS, access_token: 1 } }, code: "malformed" },
  { what: "an account id with a line break", file: { tokens: { ...TOKENS, account_id: "a\nb" } }, code: "malformed" },
  { what: "an id token that is a list", file: { tokens: { ...TOKENS, id_token: [1] } }, code: "malformed" },
  { what: "some other JSON", file: { models: [] }, code: "not-a-login" },
  { what: "a list", file: [FULL], code: "not-a-login" },
  { what: "null", file: null, code: "not-a-login" },
  {
    what: "a login hidden behind __proto__",
    file: JSON.parse('{"__proto__":{"OPENAI_API_KEY":"sk-1"}}'),
    code: "not-a-login",
  },
];

const RAW: readonly { readonly what: string; readonly content: Uint8Array | string; readonly code: AuthJsonRefusal }[] =
  [
    { what: "an empty file", content: "", code: "empty" },
    { what: "a file of blanks", content: " \n\t ", code: "empty" },
    { what: "text that is not JSON", content: "hello", code: "not-json" },
    { what: "a file cut off", content: JSON.stringify(FULL).slice(0, -20), code: "not-json" },
    { what: "a comment in it", content: `// mine\n${JSON.stringify(FULL)}`, code: "not-json" },
    { what: "invalid UTF-8", content: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), code: "not-text" },
    { what: "UTF-16", content: new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), code: "not-text" },
    { what: "a huge file", content: new Uint8Array(AUTH_JSON_BYTES_MAX + 1), code: "too-large" },
    { what: "brackets without end", content: "[".repeat(500_000), code: "not-json" },
    { what: "a very deep list", content: `${"[".repeat(400_000)}${"]".repeat(400_000)}`, code: "not-a-login" },
  ];

describe("parseAuthJson()", () => {
  for (const { what, file, saved } of GOOD) {
    test(`reads ${what}`, () => {
      const parsed = parseAuthJson(JSON.stringify(file));
      expect(parsed).toEqual({ kind: "ok", saved } as unknown as typeof parsed);
    });
  }

  for (const { what, file, code } of REFUSED) {
    test(`refuses ${what}`, () => {
      expect(parseAuthJson(JSON.stringify(file))).toMatchObject({ kind: "refused", code });
    });
  }

  for (const { what, content, code } of RAW) {
    test(`refuses ${what}`, () => {
      expect(parseAuthJson(content)).toMatchObject({ kind: "refused", code });
    });
  }

  test("reads bytes as it reads text, with and without a byte order mark", () => {
    const text = JSON.stringify(FULL);
    for (const content of [text, `\uFEFF${text}`, Buffer.from(text), Buffer.from(`\uFEFF${text}`)]) {
      expect(parseAuthJson(content)).toMatchObject({ kind: "ok", saved: { accessToken: ACCESS } });
    }
  });

  test("has a row for every refusal", () => {
    const seen = new Set([...REFUSED, ...RAW].map((row) => row.code));
    expect([...seen].sort()).toEqual([...AUTH_JSON_REFUSALS].sort());
  });

  test("never repeats anything of the file (trap 48)", () => {
    const canary = "CANARY-SECRET";
    const files = REFUSED.map(({ file }) => JSON.stringify(file).replace(/"(rt\.1|x|user-1)"/g, `"${canary}"`));
    for (const text of [...files, `{"OPENAI_API_KEY": ${canary}}`, canary]) {
      expect(JSON.stringify(parseAuthJson(text))).not.toContain(canary);
    }
  });

  test("answers for any bytes and any JSON, without throwing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => ["ok", "refused"].includes(parseAuthJson(bytes).kind)),
    );
    const key = fc.constantFrom("auth_mode", "OPENAI_API_KEY", "tokens", "personal_access_token", "last_refresh");
    const inner = fc.dictionary(fc.constantFrom("access_token", "id_token", "account_id"), fc.jsonValue());
    const file = fc.dictionary(key, fc.oneof(fc.jsonValue(), inner));
    fc.assert(fc.property(file, (value) => ["ok", "refused"].includes(parseAuthJson(JSON.stringify(value)).kind)));
  });
});
