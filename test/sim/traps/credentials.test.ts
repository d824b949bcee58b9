/** Traps 26 and 27: sign-ins that fail, and what is said about it. */
import { describe, expect, test } from "bun:test";
import type { Upstream } from "../../../src/ports.ts";
import type { FailureName } from "../../../src/simulator/failures.ts";
import { aPool, aWindow, type TestPool } from "../a-pool.ts";
import { HOUR_MS, MINUTE_MS, START_MS } from "../clock-units.ts";
import { readObject } from "../read-sse.ts";

function reasonOf(pool: TestPool, name: string): string | null {
  const { signIn } = pool.profile(name);
  return signIn.state === "needed" ? signIn.reason : null;
}

describe("trap 26: permanent and passing refusals of a sign-in are told apart", () => {
  /** With every answer of the account being this one: whether the owner has to act, and the reason kept. */
  const permanent: readonly (readonly [FailureName, string])[] = [
    ["token-invalidated", "sign-in-refused"],
    ["token-revoked", "sign-in-refused"],
    ["invalid-authentication", "sign-in-refused"],
    ["account-deactivated", "account-deactivated"],
    ["deactivated-workspace", "workspace-deactivated"],
    ["workspace-deactivated-text", "workspace-deactivated"],
  ];
  for (const [name, reason] of permanent) {
    test(`${name}: signed out after at most one refresh, the turn served elsewhere`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      const home = (await pool.turn({ thread: "t" })).profile ?? "";
      await pool.clock.advance(5 * MINUTE_MS);
      pool.chatgpt(home).script.fail(name, { times: "always" });
      const outcome = await pool.turn({ thread: "t" });
      const next = await pool.turn({ thread: "t" });
      expect([outcome.status, next.status, reasonOf(pool, home)]).toEqual([200, 200, reason]);
      expect(pool.sim.callsTo("refresh", home).length).toBeLessThanOrEqual(1);
      expect(pool.attemptsOf(next.turnId)).toHaveLength(1);
    });
  }

  const passing: readonly FailureName[] = [
    "token-expired",
    "unauthorized",
    "codex-workspace-access-denied",
    "workspace-access-denied",
    "access-program-not-enabled",
  ];
  for (const name of passing) {
    test(`${name}: a good account is not signed out`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      const home = (await pool.turn({ thread: "t" })).profile ?? "";
      await pool.clock.advance(5 * MINUTE_MS);
      pool.chatgpt(home).script.fail(name, { times: 4 });
      const outcome = await pool.turn({ thread: "t" });
      pool.chatgpt(home).script.clear();
      await pool.clock.advance(HOUR_MS);
      const later = await pool.turn({ thread: "t" });
      expect([outcome.status, later.status, reasonOf(pool, home)]).toEqual([200, 200, null]);
    });
  }

  test("a challenge of the network in between is no account's fault", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail("cloudflare-challenge", { times: 2 });
    const refused = await pool.turn();
    const served = await pool.turn();
    expect([refused.status, served.status]).toEqual([502, 200]);
    for (const name of ["alpha", "beta"]) {
      expect(reasonOf(pool, name)).toBeNull();
      expect(pool.settings.accountState(pool.profile(name).accountKey).cooldowns).toEqual([]);
    }
  });

  for (const count of [1, 2, 3]) {
    test(`a challenge on the way out of ${count} of four accounts goes round them`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta", "gamma", "delta"] });
      const home = (await pool.turn({ thread: "t" })).profile ?? "";
      const blocked = [home, ...pool.sim.accounts.map(({ name }) => name).filter((name) => name !== home)];
      for (const name of blocked.slice(0, count)) {
        pool.chatgpt(name).script.fail("cloudflare-challenge", { times: "always" });
      }
      const outcome = await pool.turn({ thread: "t" });
      const asked = pool.attemptsOf(outcome.turnId).map((attempt) => attempt.record.account);
      expect([outcome.status, asked[0]]).toEqual([200, home]);
      expect(new Set(asked).size).toBe(asked.length);
      // Nobody was blamed: the session goes home as soon as its way is free.
      pool.chatgpt(home).script.clear();
      expect((await pool.turn({ thread: "t" })).profile).toBe(home);
    });
  }

  for (const [what, head, outcome] of [
    ["of something on the way", { "cf-ray": "8f0a-FRA" }, "network-blocked"],
    ["of upstream itself", {}, "access-denied"],
  ] as const) {
    test(`a bare refusal ${what} is told by its head`, async () => {
      let isFirst = true;
      const wrapUpstream = (upstream: Upstream): Upstream => ({
        send: (request, signal) => {
          if (!isFirst || !request.url.endsWith("/responses")) return upstream.send(request, signal);
          isFirst = false;
          return Promise.resolve({ status: 403, headers: new Headers(head), body: null });
        },
      });
      const pool = await aPool({ accounts: ["alpha", "beta"], wrapUpstream });
      const { status, turnId } = await pool.turn();
      const attempts = pool.runtime.turn(turnId ?? "")?.attempts.map((attempt) => attempt.outcome);
      expect([status, attempts]).toEqual([200, [outcome, "served"]]);
    });
  }

  test("a challenge on the only way out is tried once more, after a real pause", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.script.fail("cloudflare-challenge", { times: 1 });
    const before = pool.clock.now();
    const outcome = await pool.turn();
    expect([outcome.status, pool.attemptsOf(outcome.turnId).length]).toEqual([200, 2]);
    expect(outcome.endedAtMs - before).toBeGreaterThanOrEqual(500);
    pool.sim.script.fail("cloudflare-challenge", { times: "always" });
    const refused = await pool.turn();
    expect([refused.status, pool.attemptsOf(refused.turnId).length]).toEqual([502, 2]);
  });

  test("an expired token costs one refresh and no other account", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    const home = (await pool.turn({ thread: "t" })).profile ?? "";
    await pool.clock.advance(5 * MINUTE_MS);
    pool.chatgpt(home).expireAccessTokens();
    const outcome = await pool.turn({ thread: "t" });
    expect([outcome.status, outcome.profile]).toEqual([200, home]);
    expect(pool.sim.callsTo("refresh")).toHaveLength(1);
    expect(pool.attemptsOf(outcome.turnId)).toHaveLength(2);
  });

  test("a refused API key is signed out and never refreshed", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    const key = await pool.addApiKey({ name: "key" });
    key.state = "invalid-key";
    pool.chatgpt("alpha").setUsed(100);
    const outcome = await pool.turn();
    expect([outcome.status, reasonOf(pool, "key")]).toEqual([429, "key-refused"]);
    expect(pool.sim.callsTo("refresh")).toHaveLength(0);
  });

  const refreshes: readonly (readonly [FailureName, boolean])[] = [
    ["refresh-token-expired", true],
    ["refresh-token-reused", true],
    ["refresh-token-invalidated", true],
    ["refresh-app-session-terminated", true],
    ["refresh-account-session-expired", true],
    ["refresh-account-deactivated", true],
    ["refresh-unauthorized", true],
    ["refresh-invalid-grant", true],
    ["refresh-invalid-client", false],
    ["refresh-forbidden", false],
    ["refresh-too-many-requests", false],
    ["refresh-server-error", false],
  ];
  for (const [name, isPermanent] of refreshes) {
    test(`${name}: ${isPermanent ? "asked once, then left alone" : "tried again later"}`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"], upkeep: true });
      const home = (await pool.turn({ thread: "t" })).profile ?? "";
      await pool.clock.advance(5 * MINUTE_MS);
      pool.chatgpt(home).expireAccessTokens();
      pool.chatgpt(home).script.fail(name, { endpoint: "refresh", times: isPermanent ? "always" : 1 });
      const outcome = await pool.turn({ thread: "t" });
      await pool.clock.advance(2 * HOUR_MS);
      const asked = pool.sim.callsTo("refresh", home).length;
      expect(outcome.status).toBe(200);
      expect(outcome.profile).not.toBe(home);
      expect(reasonOf(pool, home) !== null).toBe(isPermanent);
      expect(asked).toBe(isPermanent ? 1 : 2);
    });
  }

  test("a refusal of the usage endpoint says nothing about the account", async () => {
    const pool = await aPool({ accounts: ["alpha"], upkeep: true });
    pool.sim.script.fail("codex-workspace-access-denied", { endpoint: "usage", times: "always" });
    await pool.clock.advance(HOUR_MS);
    const outcome = await pool.turn();
    expect([outcome.status, reasonOf(pool, "alpha")]).toEqual([200, null]);
  });
});

describe("trap 27: nobody is left without a reason", () => {
  test("the error names each account, what holds it, since when, until when, and what helps", async () => {
    const pool = await aPool({ accounts: ["gone", "denied"] });
    await pool.addChatgpt({ name: "spent", windows: { primary: aWindow(300, 100, HOUR_MS), secondary: null } });
    await pool.addChatgpt({ name: "small", models: ["gpt-6-luna"] });
    pool.chatgpt("gone").state = "deactivated";
    pool.chatgpt("denied").script.fail("codex-workspace-access-denied", { times: "always" });
    const outcome = await pool.turn();
    const accounts = readObject(outcome.text)["accounts"];
    expect(outcome.status).toBe(429);
    expect(accounts).toEqual([
      expect.objectContaining({ profile: "gone", reason: "sign-in-needed: account-deactivated" }),
      expect.objectContaining({ profile: "denied", reason: "cooling: access-denied" }),
      expect.objectContaining({ profile: "spent", until: new Date(START_MS + HOUR_MS).toISOString() }),
      expect.objectContaining({ profile: "small", reason: "cooling: model-not-offered" }),
    ]);
    for (const account of Array.isArray(accounts) ? accounts : []) {
      expect(account.remedy.length).toBeGreaterThan(0);
      expect(account.since).toBe(new Date(START_MS).toISOString());
    }
  });

  test("the record of a refused turn holds the same reasons", async () => {
    const pool = await aPool();
    await pool.addChatgpt({ name: "spent", windows: { primary: aWindow(300, 100, HOUR_MS), secondary: null } });
    const outcome = await pool.turn();
    expect(pool.runtime.turn(outcome.turnId)?.considered).toEqual([
      { profile: "spent", verdict: "excluded", reason: "cooling: usage-limit" },
    ]);
  });
});
