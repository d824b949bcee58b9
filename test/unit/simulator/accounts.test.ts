import { describe, expect, test } from "bun:test";
import { aGet, aTurn, at, aWorld, claimsOf, START_MS, TURN_URL, USAGE_URL } from "./ask.ts";

describe("addChatgptAccount()", () => {
  test("writes an auth.json as the newest Codex does", () => {
    const { anna } = aWorld();
    const auth = anna.authJson();
    expect(Object.keys(auth)).toEqual(["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"]);
    expect(auth.auth_mode).toBe("chatgpt");
    expect(auth.OPENAI_API_KEY).toBeNull();
    expect(at(auth, "tokens", "account_id")).toBe(anna.accountId);
    expect(at(auth, "tokens", "oauth_provenance", "issuer")).toBe("https://auth.openai.com");
    expect(String(at(auth, "tokens", "login_owner_id"))).toHaveLength(43);
    expect(auth["last_refresh"]).toBe(new Date(START_MS).toISOString());
  });

  test("puts every claim into the tokens; the access token lives ten days, the id token an hour", () => {
    const { anna, login } = aWorld();
    const auth = "https://api.openai.com/auth";
    const access = claimsOf(login.accessToken);
    const id = claimsOf(login.idToken);
    expect(access["exp"]).toBe(START_MS / 1000 + 10 * 86_400);
    expect(id["exp"]).toBe(START_MS / 1000 + 3600);
    for (const claims of [access, id]) {
      expect(at(claims, auth, "chatgpt_account_id")).toBe(anna.accountId);
      expect(at(claims, auth, "chatgpt_user_id")).toBe(anna.userId);
      expect(at(claims, auth, "chatgpt_plan_type")).toBe("plus");
      expect(at(claims, auth, "chatgpt_account_is_fedramp")).toBe(false);
    }
    expect(id["email"]).toBe(anna.email);
    expect(at(access, "https://api.openai.com/profile", "email")).toBe(anna.email);
    expect(at(id, auth, "organizations", 0, "id")).toBe(anna.orgId);
  });

  test("lets two seats share a workspace, and refuses the same seat twice", () => {
    const { sim, anna } = aWorld();
    const seat = sim.addChatgptAccount({ name: "seat", accountId: anna.accountId });
    expect(seat.userId).not.toBe(anna.userId);
    const again = { name: "again", accountId: anna.accountId, userId: anna.userId };
    expect(() => sim.addChatgptAccount(again)).toThrow('this seat is "anna" already');
    expect(() => sim.addApiKeyAccount({ name: "anna" })).toThrow("exists already");
  });

  test("closes a workspace for all its seats", async () => {
    const { sim, anna, login } = aWorld();
    const seat = sim.addChatgptAccount({ name: "seat", accountId: anna.accountId });
    seat.state = "workspace-deactivated";
    const answer = await sim.handle(aTurn(anna, login));
    expect(answer.status).toBe(402);
    expect(await answer.json()).toEqual({ detail: { code: "deactivated_workspace" } });
  });

  test("gives two logins of one account one quota and two chains", async () => {
    const { sim, anna, login } = aWorld();
    const second = anna.login();
    await (await sim.handle(aTurn(anna, login))).text();
    await (await sim.handle(aTurn(anna, second))).text();
    expect(anna.quota.windows.primary?.usedPercent).toBe(2);
    expect(anna.currentRefreshTokens()).toEqual([login.refreshToken, second.refreshToken]);
  });
});

describe("the login check", () => {
  test.each([
    ["deactivated", 401, "account_deactivated"],
    ["login-invalidated", 401, "token_invalidated"],
    ["workspace-deactivated", 402, "deactivated_workspace"],
  ] as const)("refuses an account that is %s with %d %s", async (state, status, code) => {
    const { sim, anna, login } = aWorld();
    anna.state = state;
    const answer = await sim.handle(aGet(USAGE_URL, anna, login));
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(code);
  });

  test("refuses an access token that ran out or was withdrawn", async () => {
    const { clock, sim, anna, login } = aWorld({ accessTokenTtlMs: 60_000 });
    expect((await sim.handle(aGet(USAGE_URL, anna, login))).status).toBe(200);
    await clock.advance(60_000);
    const expired = await sim.handle(aGet(USAGE_URL, anna, login));
    expect([expired.status, at(await expired.json(), "error", "code")]).toEqual([401, "token_expired"]);
    const fresh = anna.login();
    anna.expireAccessTokens();
    expect((await sim.handle(aGet(USAGE_URL, anna, fresh))).status).toBe(401);
  });

  test("notices a token that travels with another account's id", async () => {
    const { sim, anna, login } = aWorld();
    const ben = sim.addChatgptAccount({ name: "ben" });
    const answer = await sim.handle(aTurn(anna, login, {}, { headers: { "chatgpt-account-id": ben.accountId } }));
    expect(answer.status).toBe(401);
    expect(sim.violations.map((violation) => [violation.kind, violation.account])).toEqual([
      ["foreign-account-id", "anna"],
    ]);
  });

  test("notices a Bearer nobody issued", async () => {
    const { sim } = aWorld();
    const headers = { authorization: "Bearer cx-local-key" };
    const answer = await sim.handle(new Request(TURN_URL, { method: "POST", headers, body: "{}" }));
    expect([answer.status, await answer.json()]).toEqual([401, { detail: "Unauthorized" }]);
    expect(sim.violations[0]?.kind).toBe("unknown-token");
  });

  test("takes a personal access token, and says whose it is", async () => {
    const { sim, anna } = aWorld();
    const token = String(anna.personalAuthJson()["personal_access_token"]);
    expect(token).toStartWith("at-");
    const headers = { authorization: `Bearer ${token}`, "chatgpt-account-id": anna.accountId };
    const who = "https://auth.openai.com/api/accounts/v1/user-auth-credential/whoami";
    const answer = await sim.handle(new Request(who, { headers }));
    expect(await answer.json()).toEqual({
      email: anna.email,
      chatgpt_user_id: anna.userId,
      chatgpt_account_id: anna.accountId,
      chatgpt_plan_type: "plus",
      chatgpt_account_is_fedramp: false,
    });
    expect((await sim.handle(new Request(USAGE_URL, { headers }))).status).toBe(200);
  });

  test("shows foreign clients Cloudflare's page when told to", async () => {
    const { sim, anna, login } = aWorld({ requireCodexUserAgent: true });
    const answer = await sim.handle(aTurn(anna, login));
    expect([answer.status, answer.headers.get("cf-ray") !== null]).toEqual([403, true]);
    expect(await answer.text()).toContain("Just a moment");
    const agent = { "user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)" };
    expect((await sim.handle(aTurn(anna, login, undefined, { headers: agent }))).status).toBe(200);
  });
});
