import { expect, test } from "bun:test";
import { authorizeUrl, redirectUriFor } from "../../../src/accounts/authorize-url.ts";

test("the address has what upstream wants of our client, and no secret", () => {
  const redirectUri = redirectUriFor(1455);
  const url = new URL(authorizeUrl({ authUrl: "https://auth.openai.com", redirectUri, challenge: "ch", state: "st" }));
  expect(url.origin + url.pathname).toBe("https://auth.openai.com/oauth/authorize");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    response_type: "code",
    client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    redirect_uri: "http://127.0.0.1:1455/auth/callback",
    scope: "openid profile email offline_access api.connectors.read api.connectors.invoke",
    code_challenge: "ch",
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state: "st",
    originator: "codex_cli_rs",
  });
});
