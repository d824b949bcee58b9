/** Outages, restarts, and people at work elsewhere. */
import { describe, expect, test } from "bun:test";
import type { Clock } from "../../../src/ports.ts";
import { functionCall, reasoning, text } from "../../../src/simulator/content.ts";
import { connectionFault } from "../../../src/simulator/fault.ts";
import { aPool, aWindow, type TestPool } from "../a-pool.ts";
import type { Outcome } from "../ask.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../clock-units.ts";

/** As many turns of one pool as asked for, every so often, until the clock says stop. */
async function askRegularly(pool: TestPool, everyMs: number, untilMs: number): Promise<Outcome[]> {
  const asked: Promise<Outcome>[] = [];
  for (let index = 0; pool.clock.now() < untilMs; index += 1) {
    asked.push(pool.ask({ thread: `t${index % 40}` }).done);
    await pool.clock.advance(everyMs);
  }
  return await pool.clock.runUntil(Promise.all(asked));
}

describe("the machine's clock", () => {
  /** How often a turn looks at the clock, and some more. */
  const LOOKS = 60;

  for (const jumpMs of [24 * HOUR_MS, -24 * HOUR_MS]) {
    test(`set ${jumpMs > 0 ? "forth" : "back"} by a day at any moment of a turn does not end it`, async () => {
      const statuses: number[] = [];
      for (let before = 0; before < LOOKS; before += 1) {
        let looksLeft = Number.POSITIVE_INFINITY;
        const wrapClock = ({ now, after }: Clock): Clock => ({
          now: () => {
            looksLeft -= 1;
            return now() + (looksLeft < 0 ? jumpMs : 0);
          },
          after,
        });
        const simulator = { accessTokenTtlMs: 240 * HOUR_MS };
        const pool = await aPool({ accounts: ["alpha"], wrapClock, simulator });
        pool.sim.script.pace({ headDelayMs: 10 });
        looksLeft = before;
        statuses.push((await pool.turn()).status);
      }
      expect(statuses).toEqual(Array.from({ length: LOOKS }, () => 200));
    });
  }
});

describe("an outage of upstream", () => {
  test("is not multiplied: retries stay within the budget, and all is well right after it", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta", "gamma", "delta"] });
    const untilMs = pool.clock.now() + MINUTE_MS;
    pool.sim.script.fail("unavailable", { times: "always", matching: () => pool.clock.now() < untilMs });
    const outcomes = await askRegularly(pool, 100, untilMs);
    const during = outcomes.filter((outcome) => outcome.endedAtMs < untilMs);
    const attempts = pool.sim.turnsOf().length;
    expect(during.map((outcome) => outcome.status)).toEqual(during.map(() => 502));
    expect(during.length).toBeGreaterThan(500);
    // A first try each, and of retries: 50 at once, two a second, and a fifth of one for each turn.
    expect(attempts).toBeLessThanOrEqual(outcomes.length * 1.2 + 50 + 2 * 60);
    await pool.clock.advance(10 * SECOND_MS);
    const after = await pool.turn();
    expect(after.status).toBe(200);
  }, 60_000);

  test("of one account costs its sessions a detour and no rollover", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    const home = (await pool.turn({ thread: "t" })).profile ?? "";
    const untilMs = pool.clock.now() + 3 * MINUTE_MS;
    pool.chatgpt(home).script.fail("bad-gateway", { times: "always", matching: () => pool.clock.now() < untilMs });
    const during: Outcome[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      during.push(await pool.turn({ thread: "t" }));
      await pool.clock.advance(15 * SECOND_MS);
    }
    await pool.clock.advance(MINUTE_MS);
    const after = await pool.turn({ thread: "t" });
    expect(during.map((outcome) => outcome.status)).toEqual(during.map(() => 200));
    expect(after.profile).toBe(home);
    expect(pool.runtime.sessions()[0]?.rollovers).toBe(0);
  });
});

describe("kill -9", () => {
  test("in the middle of streams: sessions stay at home and nothing is held", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.pace({ eventDelayMs: SECOND_MS });
    const homes = await Promise.all([0, 1, 2, 3].map((index) => pool.ask({ thread: `t${index}` }).done).map(drive));
    async function drive(done: Promise<Outcome>): Promise<string | null> {
      return (await pool.clock.runUntil(done)).profile;
    }
    const cut = [0, 1, 2, 3].map((index) => pool.ask({ thread: `t${index}` }));
    await pool.clock.advance(4 * SECOND_MS);
    pool.restart();
    const outcomes = await Promise.all(cut.map((asking) => asking.done));
    const again: (string | null)[] = [];
    for (let index = 0; index < 4; index += 1) again.push((await pool.turn({ thread: `t${index}` })).profile);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["killed", "killed", "killed", "killed"]);
    expect(again).toEqual(homes);
    expect(pool.engine().live.inFlightTotal()).toBe(0);
    expect(pool.sim.concurrency.now).toBe(0);
  });

  test("with a turn state in the client's hand: it is never sent to an account that did not issue it", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.reply([reasoning("thought"), functionCall("shell", { command: ["ls"] })]);
    const home = (await pool.turn({ thread: "t" })).profile ?? "";
    pool.chatgpt(home).script.fail("rate-limit-try-again-in");
    const detour = await pool.turn({ thread: "t" });
    await pool.clock.advance(MINUTE_MS);
    pool.restart();
    const state = detour.headers["x-codex-turn-state"] ?? "";
    const next = await pool.turn({ thread: "t", headers: { "x-codex-turn-state": state } });
    expect([next.status, next.profile]).toEqual([200, home]);
    expect(pool.sim.violations).toEqual([]);
  });

  test("between the answer of the token endpoint and the store: the sign-in is reported, the pool serves", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"], upkeep: true });
    pool.chatgpt("beta").setUsed(95);
    await pool.clock.advance(5 * MINUTE_MS);
    pool.chatgpt("alpha").expireAccessTokens();
    pool.killBefore((record) => record.endpoint === "refresh" && record.account === "alpha", 5 * SECOND_MS);
    const killed = await pool.turn();
    await pool.clock.advance(10 * SECOND_MS);
    const served = await pool.turn();
    const { signIn } = pool.profile("alpha");
    expect([killed.kind, served.status, served.profile]).toEqual(["killed", 200, "beta"]);
    expect(signIn).toMatchObject({ state: "needed", reason: "refresh-cut-off" });
  });
});

describe("an account that is used elsewhere too", () => {
  test("costs one refused try when it runs out, then nothing until its reset", async () => {
    const pool = await aPool();
    await pool.addChatgpt({ name: "alpha", windows: { primary: aWindow(300, 10, HOUR_MS), secondary: null } });
    await pool.addChatgpt({ name: "beta", windows: { primary: aWindow(300, 60, HOUR_MS), secondary: null } });
    const home = (await pool.turn({ thread: "t" })).profile ?? "";
    pool.chatgpt(home).setUsed(100);
    const tries: number[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      const outcome = await pool.turn({ thread: "t" });
      tries.push(pool.attemptsOf(outcome.turnId).length);
      await pool.clock.advance(MINUTE_MS);
    }
    expect(tries).toEqual([2, ...Array.from({ length: 9 }, () => 1)]);
  });
});

describe("turns of one session at the same time", () => {
  test("the first two bind it once, with no rollover", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"], routing: "round-robin" });
    pool.sim.script.pace({ headDelayMs: SECOND_MS });
    const asked = [pool.ask({ thread: "t" }).done, pool.ask({ thread: "t" }).done];
    const outcomes = await pool.clock.runUntil(Promise.all(asked));
    const [session] = pool.runtime.sessions();
    expect(outcomes.map((outcome) => outcome.status)).toEqual([200, 200]);
    expect(session?.rollovers).toBe(0);
    expect(pool.events.filter((event) => event.kind === "session-moved")).toEqual([]);
  });
});

test("an API key that two turns at once were refused with is not signed out by that one moment", async () => {
  const pool = await aPool();
  await pool.addApiKey({ name: "key" });
  pool.sim.script.pace({ headDelayMs: SECOND_MS });
  pool.sim.script.fail("unauthorized", { times: 2 });
  const asked = [pool.ask({ thread: "a" }).done, pool.ask({ thread: "b" }).done];
  await pool.clock.runUntil(Promise.all(asked));
  await pool.clock.advance(MINUTE_MS);
  const served = await pool.turn();
  expect(served.status).toBe(200);
  expect(pool.profile("key").signIn).toEqual({ state: "ok" });
});

test("an answer in one piece that tells of a failure is a failure", async () => {
  const pool = await aPool();
  await pool.addApiKey({ name: "one" });
  await pool.addApiKey({ name: "two" });
  pool.sim.script.fail("error-event");
  pool.sim.script.fail(connectionFault("truncated-json"));
  pool.sim.reply(text("done"));
  const outcome = await pool.turn({ body: { stream: false } });
  expect(outcome.status).toBe(200);
  expect(outcome.text).toContain("done");
  expect(pool.attemptsOf(outcome.turnId)).toHaveLength(3);
});
