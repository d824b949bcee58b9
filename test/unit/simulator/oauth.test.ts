import { describe, expect, test } from "bun:test";
import { challengeOf } from "../../../src/simulator/oauth.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { aGet, aRefresh, at, aWorld, CLIENT_ID, claimsOf, failureOf, TOKEN_URL, USAGE_URL } from "./ask.ts";

const ISSUER = "https://auth.openai.com";

describe("the refresh grant", () => {
  test("rotates: a new pair, the old refresh token spent", async () => {
    const { sim, anna, login } = aWorld();
    const answer = await sim.handle(aRefresh(login.refreshToken, { refresh_reason: "proactive_expiry" }));
    const pair = await answer.json();
    expect(answer.status).toBe(200);
    expect(at(pair, "refresh_token")).not.toBe(login.refreshToken);
    expect(at(pair, "token_type")).toBe("bearer");
    expect(at(pair, "expires_in")).toBe(864_000);
    expect(anna.currentRefreshTokens()).toEqual([String(at(pair, "refresh_token"))]);
    const fresh = { ...login, accessToken: String(at(pair, "access_token")) };
    expect((await sim.handle(aGet(USAGE_URL, anna, fresh))).status).toBe(200);
    expect(sim.callsTo("refresh", "anna")).toHaveLength(1);
  });

  test("takes form encoding too", async () => {
    const { sim, login } = aWorld();
    const form = { client_id: CLIENT_ID, grant_type: "refresh_token", refresh_token: login.refreshToken };
    const answer = await sim.handle(new Request(TOKEN_URL, { method: "POST", body: new URLSearchParams(form) }));
    expect(answer.status).toBe(200);
  });

  test("refuses a spent token, notes it, and ends the whole chain (trap 21)", async () => {
    const { sim, login } = aWorld();
    const pair = await (await sim.handle(aRefresh(login.refreshToken))).json();
    const reused = await sim.handle(aRefresh(login.refreshToken));
    expect([reused.status, at(await reused.json(), "error", "code")]).toEqual([401, "refresh_token_reused"]);
    expect(sim.violations.map((violation) => violation.kind)).toEqual(["refresh-token-reused"]);
    const heir = await sim.handle(aRefresh(String(at(pair, "refresh_token"))));
    expect([heir.status, at(await heir.json(), "error", "code")]).toEqual([401, "refresh_token_invalidated"]);
  });

  test("keeps the chain alive after reuse when told to", async () => {
    const { sim, login } = aWorld({ reuseKillsFamily: false });
    const pair = await (await sim.handle(aRefresh(login.refreshToken))).json();
    await sim.handle(aRefresh(login.refreshToken));
    expect((await sim.handle(aRefresh(String(at(pair, "refresh_token"))))).status).toBe(200);
  });

  test("can lose the answer after the new pair was issued", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail("drop-after-commit", { endpoint: "refresh" });
    const lost = await failureOf(sim.handle(aRefresh(login.refreshToken)));
    expect(at(lost, "code")).toBe("ECONNRESET");
    expect(anna.currentRefreshTokens()).not.toContain(login.refreshToken);
    const again = await sim.handle(aRefresh(login.refreshToken));
    expect(at(await again.json(), "error", "code")).toBe("refresh_token_reused");
  });

  test.each([
    ["refresh-token-expired", 401, "refresh_token_expired"],
    ["refresh-app-session-terminated", 401, "app_session_terminated"],
    ["refresh-account-deactivated", 401, "account_deactivated"],
    ["refresh-server-error", 500, "server_error"],
    ["refresh-too-many-requests", 429, "rate_limit_exceeded"],
  ] as const)("fails as %s with %d, and the token is not spent", async (name, status, code) => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(name, { endpoint: "refresh" });
    const answer = await sim.handle(aRefresh(login.refreshToken));
    expect([answer.status, at(await answer.json(), "error", "code")]).toEqual([status, code]);
    expect((await sim.handle(aRefresh(login.refreshToken))).status).toBe(200);
  });

  test("refuses unknown tokens and clients", async () => {
    const { sim, login } = aWorld();
    const unknown = await sim.handle(aRefresh("rt.nobody"));
    expect([unknown.status, at(await unknown.json(), "error")]).toEqual([400, "invalid_grant"]);
    const client = await sim.handle(aRefresh(login.refreshToken, { client_id: "app_other" }));
    expect([client.status, at(await client.json(), "error")]).toEqual([400, "invalid_client"]);
  });

  test("issues tokens without a readable expiry for accounts set so", async () => {
    const { sim, anna, login } = aWorld();
    anna.opaqueTokens = true;
    const pair = await (await sim.handle(aRefresh(login.refreshToken))).json();
    expect(() => claimsOf(String(at(pair, "access_token")))).toThrow();
  });

  test("ends with the login: revoked by token, or ended for the account", async () => {
    const { sim, anna, login } = aWorld();
    const body = JSON.stringify({ token: login.refreshToken, token_type_hint: "refresh_token", client_id: CLIENT_ID });
    const headers = { "content-type": "application/json" };
    await sim.handle(new Request(`${ISSUER}/oauth/revoke`, { method: "POST", headers, body }));
    expect((await sim.handle(aRefresh(login.refreshToken))).status).toBe(401);
    const second = anna.login();
    anna.endLogins();
    expect((await sim.handle(aRefresh(second.refreshToken))).status).toBe(401);
  });
});

describe("signing in", () => {
  test("approves in the browser at once and exchanges the code with its verifier, once", async () => {
    const { sim } = aWorld();
    sim.addChatgptAccount({ name: "ben" });
    sim.settings.signInAs = "ben";
    const verifier = "v".repeat(64);
    const redirect = "http://localhost:1455/auth/callback";
    const url = new URL(`${ISSUER}/oauth/authorize`);
    const query = { client_id: CLIENT_ID, redirect_uri: redirect, state: "s1", code_challenge: challengeOf(verifier) };
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const sent = await sim.handle(new Request(url.href));
    const back = new URL(sent.headers.get("location") ?? "");
    expect([sent.status, back.origin + back.pathname, back.searchParams.get("state")]).toEqual([302, redirect, "s1"]);
    const code = back.searchParams.get("code") ?? "";
    expect((await exchange(sim, code, "wrong", redirect)).status).toBe(400);
    const again = await sim.handle(new Request(url.href));
    const secondCode = new URL(again.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const pair = await (await exchange(sim, secondCode, verifier, redirect)).json();
    expect(claimsOf(String(at(pair, "id_token")))["email"]).toBe("ben@example.com");
    expect((await exchange(sim, secondCode, verifier, redirect)).status).toBe(400);
  });

  test.each([403, 404] as const)("keeps a device code pending with %d, then hands out a code pair", async (status) => {
    const { sim } = aWorld({ device: { pendingPolls: 2, pendingStatus: status } });
    const opened = await post(sim, "/api/accounts/deviceauth/usercode", { client_id: CLIENT_ID });
    const device = await opened.json();
    expect(at(device, "interval")).toBe("5");
    expect(String(at(device, "user_code"))).toMatch(/^[0-9A-F]{4}-[0-9A-F]{5}$/);
    const poll = { device_auth_id: at(device, "device_auth_id"), user_code: at(device, "user_code") };
    expect((await post(sim, "/api/accounts/deviceauth/token", poll)).status).toBe(status);
    expect((await post(sim, "/api/accounts/deviceauth/token", poll)).status).toBe(status);
    const pair = await (await post(sim, "/api/accounts/deviceauth/token", poll)).json();
    const verifier = String(at(pair, "code_verifier"));
    expect(at(pair, "code_challenge")).toBe(challengeOf(verifier));
    const code = String(at(pair, "authorization_code"));
    const exchanged = await exchange(sim, code, verifier, "https://auth.openai.com/deviceauth/callback");
    expect(exchanged.status).toBe(200);
  });

  test("answers 404 where device codes are not enabled", async () => {
    const { sim } = aWorld({ device: { enabled: false } });
    expect((await post(sim, "/api/accounts/deviceauth/usercode", { client_id: CLIENT_ID })).status).toBe(404);
  });
});

function exchange(sim: Simulator, code: string, verifier: string, redirectUri: string): Promise<Response> {
  const form = { grant_type: "authorization_code", client_id: CLIENT_ID, code, code_verifier: verifier };
  const body = new URLSearchParams({ ...form, redirect_uri: redirectUri });
  return sim.handle(new Request(TOKEN_URL, { method: "POST", body }));
}

function post(sim: Simulator, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return sim.handle(new Request(ISSUER + path, { method: "POST", headers, body: JSON.stringify(body) }));
}
