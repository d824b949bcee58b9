/** Whoever has room serves: nothing that is over holds an account back, and nothing is left unused. */
import { describe, expect, test } from "bun:test";
import { aPool, aWindow, type TestPool } from "../a-pool.ts";
import type { Outcome } from "../ask.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../clock-units.ts";

/** Why the account that served was chosen. */
function whyServed(pool: TestPool, outcome: Outcome): string {
  return pool.runtime.turn(outcome.turnId)?.attempts.at(-1)?.reason ?? "";
}

describe("all headroom is used before anybody is refused", () => {
  for (const routing of ["least-used", "round-robin"] as const) {
    test(`${routing}: three accounts of unequal room are drained to the last percent`, async () => {
      const pool = await aPool({ routing });
      const used = [10, 55, 80];
      for (const [index, percent] of used.entries()) {
        const windows = { primary: aWindow(300, percent), secondary: aWindow(10_080, 5) };
        await pool.addChatgpt({ name: `acct-${index}`, windows, percentPerTurn: 5 });
      }
      const statuses: number[] = [];
      for (let turn = 0; turn < 40 && !statuses.includes(429); turn += 1) {
        statuses.push((await pool.turn({ thread: `t${turn}` })).status);
      }
      const room = used.reduce((sum, percent) => sum + (100 - percent) / 5, 0);
      expect(statuses.filter((status) => status === 200)).toHaveLength(room);
    });
  }

  test("least-used leaves the accounts about equally used", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta", "gamma"] });
    for (const name of ["alpha", "beta", "gamma"]) pool.chatgpt(name).percentPerTurn = 2;
    for (let turn = 0; turn < 90; turn += 1) await pool.turn({ thread: `t${turn}` });
    const shares = pool.sim.accounts.map((account) => pool.sim.turnsOf(account.name).length);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(6);
  });
});

describe("what is over holds nothing back", () => {
  test("a window that resets is used again within two seconds, without any poll", async () => {
    const pool = await aPool();
    for (const [index, resetsInMs] of [[0, 90 * SECOND_MS] as const, [1, HOUR_MS + 500] as const]) {
      const windows = { primary: aWindow(300, 100, resetsInMs), secondary: null };
      await pool.addChatgpt({ name: `acct-${index}`, windows, percentPerTurn: 60 });
    }
    const before = await pool.turn();
    await pool.clock.advance(92 * SECOND_MS);
    const first = await pool.turn();
    const second = await pool.turn();
    const spent = await pool.turn();
    await pool.clock.advance(HOUR_MS - 90 * SECOND_MS);
    const third = await pool.turn();
    expect([before, first, second, spent, third].map((outcome) => outcome.status)).toEqual([429, 200, 200, 429, 200]);
    expect(third.profile).toBe("acct-1");
    for (const outcome of [first, third]) expect(whyServed(pool, outcome)).toBe("most-room");
  });

  test("a window that a new plan no longer has", async () => {
    const pool = await aPool({ upkeep: true });
    const windows = { primary: aWindow(300, 97), secondary: aWindow(10_080, 30) };
    const account = await pool.addChatgpt({ name: "alpha", windows, percentPerTurn: 5 });
    await pool.turn();
    const refused = await pool.turn();
    account.quota.windows.primary = aWindow(10_080, 3);
    account.quota.windows.secondary = null;
    await pool.clock.advance(2 * MINUTE_MS);
    const served = await pool.turn();
    expect([refused.status, served.status]).toEqual([429, 200]);
    expect(whyServed(pool, served)).toBe("bound");
  });

  const lifted = [
    ["an access that was denied", "codex-workspace-access-denied"],
    ["a model that was not offered", "model-not-supported"],
    ["a plan that did not include it", "usage-not-included"],
    ["a bill that was not paid", "insufficient-quota"],
    ["a rate limit without an end", "too-many-requests"],
    ["a limit whose end upstream got wrong", "usage-limit"],
  ] as const;
  for (const [what, name] of lifted) {
    test(`${what}: proven by a turn within two minutes when nobody else is left`, async () => {
      const pool = await aPool({ accounts: ["alpha"] });
      pool.chatgpt("alpha").script.fail(name);
      const refused = await pool.turn();
      await pool.clock.advance(2 * MINUTE_MS);
      const served = await pool.turn();
      expect(refused.status).not.toBe(200);
      expect([served.status, pool.runtime.turn(served.turnId)?.attempts.length]).toEqual([200, 1]);
    });
  }

  test("a limit that still stands costs one proof a minute, however many ask", async () => {
    const pool = await aPool();
    await pool.addChatgpt({ name: "alpha", windows: { primary: aWindow(300, 100), secondary: null } });
    for (let minute = 0; minute < 10; minute += 1) {
      const asked = Array.from({ length: 20 }, (_, index) => pool.ask({ thread: `t${index}` }).done);
      await pool.clock.runUntil(Promise.all(asked));
      await pool.clock.advance(MINUTE_MS);
    }
    expect(pool.sim.turnsOf("alpha").length).toBeLessThanOrEqual(30);
  });

  test("a reset that was bought is seen soon by a pool somebody waits at, and late by an idle one", async () => {
    const pool = await aPool({ upkeep: true });
    const account = await pool.addChatgpt(
      { name: "alpha", windows: { primary: aWindow(43_200, 90), secondary: null }, percentPerTurn: 1 },
      { reservePercent: 30 },
    );
    await pool.clock.advance(HOUR_MS);
    account.setUsed(0);
    const refused = await pool.turn();
    await pool.clock.advance(90 * SECOND_MS);
    const served = await pool.turn();
    expect([refused.status, served.status]).toEqual([429, 200]);
  });

  test("what rounds to a full window although upstream allows more", async () => {
    const pool = await aPool({ upkeep: true });
    const windows = { primary: aWindow(300, 99.7), secondary: null };
    await pool.addChatgpt({ name: "alpha", windows, percentPerTurn: 0.1 });
    await pool.clock.advance(MINUTE_MS);
    const outcome = await pool.turn();
    expect(outcome.status).toBe(200);
  });
});

describe("an owner's reserve", () => {
  test("is kept back, also from credits and from proofs", async () => {
    const pool = await aPool({ upkeep: true });
    const windows = { primary: aWindow(300, 75), secondary: null };
    const credits = { hasCredits: true, unlimited: false, balance: 5 };
    await pool.addChatgpt({ name: "alpha", windows, credits, percentPerTurn: 2 }, { reservePercent: 20 });
    const statuses: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      statuses.push((await pool.turn()).status);
      await pool.clock.advance(2 * MINUTE_MS);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
  });
});

test("two profiles of one account are one account: one headroom, one pause, one place in the rotation", async () => {
  const pool = await aPool({ accounts: ["alpha", "beta"], routing: "round-robin" });
  await pool.save(pool.chatgpt("alpha").authJson(), "alpha-again");
  const starts: (string | null)[] = [];
  for (let turn = 0; turn < 6; turn += 1) starts.push((await pool.turn({ thread: `t${turn}` })).profile);
  expect(starts.filter((name) => name === "beta")).toHaveLength(3);
  pool.chatgpt("alpha").setUsed(100);
  pool.chatgpt("beta").setUsed(100);
  const refused = await pool.turn();
  expect(pool.attemptsOf(refused.turnId)).toHaveLength(2);
});

test("a day of idleness costs a poll now and then, and no token of a cooling account dies of it", async () => {
  const pool = await aPool({ upkeep: true, simulator: { accessTokenTtlMs: HOUR_MS } });
  const windows = { primary: aWindow(10_080, 100, DAY_MS), secondary: null };
  await pool.addChatgpt({ name: "alpha", windows });
  await pool.turn();
  await pool.clock.advance(DAY_MS + MINUTE_MS);
  const served = await pool.turn();
  expect(served.status).toBe(200);
  expect(pool.attemptsOf(served.turnId)).toHaveLength(1);
  expect(pool.sim.callsTo("usage").length).toBeLessThan(120);
});
