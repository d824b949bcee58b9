import { describe, expect, test } from "bun:test";
import { parseAuthJson } from "../../../src/accounts/auth-json.ts";
import { authJsonText } from "../../../src/accounts/auth-json-text.ts";
import type { Credential } from "../../../src/ports.ts";
import { aJwt } from "../../support/accounts-world.ts";
import { aCredential } from "../../support/records.ts";

const CLAIMS = { email: "anna@example.test", "https://api.openai.com/auth": { chatgpt_user_id: "user-1" } };

function readBack(credential: Credential, workspaceId: string | null = "workspace-1") {
  const parsed = parseAuthJson(authJsonText({ workspaceId }, credential));
  if (parsed.kind === "refused") throw new Error(parsed.reason);
  return parsed.saved;
}

describe("authJsonText()", () => {
  test("writes a login that reads back as the same one", () => {
    const credential = aCredential({
      accessToken: aJwt({ ...CLAIMS, exp: 9_000 }),
      idToken: aJwt(CLAIMS),
      lastRefreshAtMs: 1_000,
    });
    const { kind: _, ...secrets } = credential;
    expect(readBack(credential)).toMatchObject({
      kind: "chatgpt",
      ...secrets,
      identity: { workspaceId: "workspace-1" },
    });
    expect(JSON.parse(authJsonText({ workspaceId: null }, credential))).toMatchObject({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      last_refresh: "1970-01-01T00:00:01.000Z",
    });
  });

  test("has the access token stand in for an id token that was never saved: both tell whose they are", () => {
    const accessToken = aJwt(CLAIMS);
    expect(readBack(aCredential({ accessToken, idToken: null }))).toMatchObject({
      idToken: accessToken,
      identity: { userId: "user-1" },
    });
  });

  test("writes keys and personal access tokens in their own form", () => {
    expect(readBack({ kind: "api-key", apiKey: "sk-1" })).toEqual({ kind: "api-key", apiKey: "sk-1" });
    const personal = aCredential({ accessToken: "at-1", refreshToken: null, idToken: null, expiresAtMs: null });
    expect(readBack(personal)).toEqual({ kind: "personal-token", token: "at-1" });
  });
});
