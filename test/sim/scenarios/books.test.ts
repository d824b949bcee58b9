/** What is written down, what if it cannot be, and what a bug of ours costs. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import type { RuntimeStore, SettingsStore } from "../../../src/ports.ts";
import { text } from "../../../src/simulator/content.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { aPool, aWindow } from "../a-pool.ts";
import { MINUTE_MS, SECOND_MS } from "../clock-units.ts";

/** The store with a full disk while `isFull` says so: what would write throws, what reads works. */
function onFullDisk<Store extends object>(store: Store, isFull: () => boolean): Store {
  const writes = /^(save|keep|record|update|set|clear|merge|write|add|remove|mark|touch|take|drop|prune)/;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || typeof name !== "string" || !writes.test(name)) return member;
      return (...words: unknown[]): unknown => {
        if (isFull()) throw new StoreError("disk-full", "The disk is full.", "Make room.");
        return Reflect.apply(member, target, words);
      };
    },
  });
}

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])("a record says when the turn ended, however late it is written (store: %p, stream: %p)", async (store, stream) => {
  const pool = await aPool({ accounts: ["alpha"] });
  pool.chatgpt("alpha").script.pace({ headDelayMs: 3 * SECOND_MS });
  const outcome = await pool.turn({ body: { store, stream } });
  await pool.clock.advance(LIMITS.afterwardsMs);
  const record = pool.runtime.turn(outcome.turnId);
  expect(record?.endedAtMs).toBe(outcome.endedAtMs);
  expect(record?.attempts).toMatchObject([{ profile: "alpha", outcome: "served", ms: 3 * SECOND_MS }]);
});

describe("a disk that is full", () => {
  for (const stream of [true, false]) {
    test(`costs no client its answer, ${stream ? "streaming" : "not streaming"}, and is said in the log`, async () => {
      let isFull = false;
      const pool = await aPool({
        accounts: ["alpha", "beta"],
        wrapRuntime: (store: RuntimeStore) => onFullDisk(store, () => isFull),
        wrapSettings: (store: SettingsStore) => onFullDisk(store, () => isFull),
      });
      const home = (await pool.turn({ thread: "t" })).profile ?? "";
      isFull = true;
      pool.chatgpt(home).script.fail("usage-limit");
      const moved = await pool.turn({ thread: "t", body: { stream } });
      const fresh = await pool.turn({ thread: "new", body: { stream } });
      expect([moved.status, fresh.status]).toEqual([200, 200]);
      expect(moved.profile).not.toBe(home);
      expect(moved.text).toContain("Echo: hello");
      expect(pool.events.some((event) => event.kind === "internal-error")).toBe(true);
      expect(pool.engine().live.inFlightTotal()).toBe(0);
      isFull = false;
      const after = await pool.turn({ thread: "t" });
      expect(after.status).toBe(200);
    });
  }
});

test("a bug of ours ends the turn once and holds nothing", async () => {
  let isBroken = false;
  const pool = await aPool({
    accounts: ["alpha"],
    wrapSettings: (store: SettingsStore) =>
      new Proxy(store, {
        get(target, name) {
          if (isBroken && name === "credential") throw new TypeError("undefined is not an object");
          return Reflect.get(target, name) as unknown;
        },
      }),
  });
  await pool.turn();
  // What was read of the settings is remembered until something is written.
  pool.settings.setInstant("a-change", 1);
  isBroken = true;
  const crashed = await pool.turn();
  isBroken = false;
  const served = await pool.turn();
  expect([crashed.kind, served.status]).toEqual(["crashed", 200]);
  expect(pool.runtime.turn(crashed.turnId)).toMatchObject({ end: "failed", status: 500 });
  expect(pool.engine().live.inFlightTotal()).toBe(0);
});

test("a turn that proves an account open again opens it for others at once, not when its stream has ended", async () => {
  const pool = await aPool({ accounts: ["alpha"] });
  pool.chatgpt("alpha").script.fail("codex-workspace-access-denied");
  await pool.turn();
  await pool.clock.advance(MINUTE_MS);
  pool.sim.reply(text("a long answer, in many pieces"));
  pool.sim.script.pace({ eventDelayMs: 10 * SECOND_MS, deltaChars: 2 });
  const proof = pool.ask({ thread: "proof" });
  await pool.clock.advance(40 * SECOND_MS);
  const others = [1, 2, 3].map((index) => pool.ask({ thread: `other-${index}` }).done);
  const outcomes = await pool.clock.runUntil(Promise.all([proof.done, ...others]));
  expect(outcomes.map((outcome) => outcome.status)).toEqual([200, 200, 200, 200]);
});

test("the record of a turn tells who was considered, who was tried and why, and what it cost", async () => {
  const pool = await aPool();
  await pool.addChatgpt({ name: "alpha", windows: { primary: aWindow(300, 30), secondary: null } });
  await pool.addChatgpt({ name: "beta", windows: { primary: aWindow(300, 100), secondary: null } });
  const first = await pool.turn({ thread: "t", body: { stream: false } });
  pool.chatgpt("alpha").script.fail("server-error");
  const second = await pool.turn({ thread: "t" });
  const record = pool.runtime.turn(second.turnId);
  expect(first.status).toBe(200);
  expect(record).toMatchObject({ end: "done", status: 200, profile: "alpha", model: "gpt-5.5" });
  expect(record?.attempts.map((attempt) => [attempt.profile, attempt.outcome])).toEqual([
    ["alpha", "server-error"],
    ["alpha", "served"],
  ]);
  expect(record?.considered).toEqual([
    { profile: "alpha", verdict: "chosen", reason: "only-paused, 70 % left" },
    { profile: "beta", verdict: "excluded", reason: "cooling: usage-limit" },
  ]);
  expect(record?.usage?.inputTokens).toBeGreaterThan(0);
  expect(record?.responseId).toStartWith("resp_");
});
