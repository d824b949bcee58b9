/** What the page is told: everything at once, again whenever something has changed, whoever changed it. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRuntime } from "../../src/app.ts";
import { claimPidFile, releasePidFile } from "../../src/daemon/pid-file.ts";
import { LIMITS } from "../../src/limits.ts";
import { connectionFault } from "../../src/simulator/fault.ts";
import { browserWith, cookieOf, letIn, linkTo } from "../support/page-browser.ts";
import { bareEnvironment, expectExit, runProcess } from "../support/run-process.ts";
import { type Pool, startPool } from "../support/start-pool.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
const ANYTHING = () => true;
const TURN = { model: "gpt-5.5", input: "x" };

async function aPage(options: Parameters<typeof startPool>[0] = {}) {
  const pool = await startPool({ runtime: "desktop", ...options });
  const browser = await letIn(pool);
  const events = await browser.events();
  const first = await events.until("anything", ANYTHING);
  return { pool, browser, events, first };
}

/** A daemon of the same home, as another process would find it. */
async function aDaemonBeside({ home, env, desk }: Pool) {
  const { port, baseUrl, stop } = await startRuntime({ runtime: "daemon", home, port: 0, env });
  desk.runtime("daemon").setPort(port);
  claimPidFile(home, "daemon", process.pid, Date.now());
  return {
    port,
    baseUrl,
    stop: async () => {
      releasePidFile(home, "daemon", process.pid);
      await stop("test over");
    },
  };
}

async function runCli(pool: Pool, line: string): Promise<void> {
  const env = bareEnvironment(pool.home, pool.env);
  expectExit(await runProcess([process.execPath, MAIN, ...line.split(" ")], { cwd: import.meta.dir, env }), 0);
}

describe("the events of the page", () => {
  test("begin with all there is", async () => {
    const { pool, first } = await aPage({ accounts: ["alpha", "beta"] });
    expect(Object.keys(first).sort()).toEqual(
      ["at", "daemon", "history", "keys", "models", "pool", "sessions", "sign_in", "turns"].sort(),
    );
    expect(first.pool).toMatchObject({ enabled: true, runtime: "desktop", running: true, pid: process.pid, keys: 1 });
    expect(first.pool.base_url).toBe(pool.baseUrl);
    expect(first.pool.profiles.map(({ name, in_flight }) => [name, in_flight])).toEqual([
      ["alpha", 0],
      ["beta", 0],
    ]);
    expect(first.keys.map(({ name, runtime }) => [name, runtime])).toEqual([["test", "desktop"]]);
    expect(first.models.length).toBeGreaterThan(0);
    expect([first.sessions, first.turns, first.sign_in]).toEqual([[], [], null]);
    expect(first.daemon).toMatchObject({ runtime: "daemon", running: false, keys: 0, sessions: 0 });
  });

  test("tell of what the page itself has changed", async () => {
    const { browser, events } = await aPage();
    const done = await browser.run("account-pool.routing", { routing: "round-robin" });
    expect([done.before, done.after]).toEqual([{ routing: "least-used" }, { routing: "round-robin" }]);
    await events.until("the new routing", ({ pool }) => pool.routing === "round-robin");
    await browser.run("account-pool.profiles.remove", { profiles: ["alpha"] });
    const { id } = await browser.run("account-pool.keys.create", { runtime: "desktop", name: "mine" });
    const { pool } = await events.until("the key", ({ keys }) => keys.some((key) => key.id === id));
    expect(pool.profiles.map(({ selected }) => selected)).toEqual([false]);
  });

  test("tell of what another process has changed", async () => {
    const { pool, events } = await aPage();
    await runCli(pool, "account-pool aliases add mine --model=gpt-5.5 --effort=high");
    const { models } = await events.until("the alias", (snapshot) => snapshot.models.some(({ id }) => id === "mine"));
    expect(models.find(({ id }) => id === "mine")).toMatchObject({ kind: "alias", model: "gpt-5.5", effort: "high" });
  });

  test("tell of turns while they run and when they are over, and why that account", async () => {
    const { pool, browser, events } = await aPage();
    pool.chatgpt("alpha").script.fail(connectionFault("hang-mid-stream", { afterEvent: 5 }), { times: 1 });
    const leaving = new AbortController();
    const response = await pool.post("/v1/responses", { ...TURN, stream: true }, { signal: leaving.signal });
    const running = await events.until("a turn in flight", (snapshot) => snapshot.pool.profiles[0]?.in_flight === 1);
    expect(running.turns).toEqual([]);
    leaving.abort();
    await response.body?.cancel().catch(() => undefined);
    await (await pool.post("/v1/responses", TURN)).text();
    const { turns, sessions, history } = await events.until("two turns", (snapshot) => snapshot.turns.length === 2);
    expect(turns.map(({ ended, profile }) => [ended, profile])).toEqual([
      ["done", "alpha"],
      ["client-left", "alpha"],
    ]);
    expect(turns[0]).toMatchObject({ key: "test", model: "gpt-5.5", status: 200, attempts: 1 });
    expect(turns[0]?.why).toContain("chosen: ");
    expect(sessions.length).toBeGreaterThan(0);
    expect(history.headroom.map(({ profile }) => profile)).toEqual(["alpha"]);
    const { turn } = await browser.run("account-pool.explain", { runtime: "desktop", id: turns[0]?.id ?? "" });
    expect(turn.considered.map(({ profile, verdict }) => [profile, verdict])).toEqual([["alpha", "chosen"]]);
  });

  test("tell of the daemon beside", async () => {
    const { pool, browser, events } = await aPage();
    const daemon = await aDaemonBeside(pool);
    const { id } = await browser.run("account-pool.keys.create", { runtime: "daemon", name: "headless" });
    const told = await events.until("the daemon and its key", (snapshot) => {
      return snapshot.daemon.running && snapshot.daemon.keys === 1;
    });
    expect(told.daemon).toMatchObject({ pid: process.pid, port: daemon.port, base_url: daemon.baseUrl });
    expect(told.daemon.uptime_s).toBeGreaterThanOrEqual(0);
    expect(told.keys.map((key) => [key.id, key.runtime])).toContainEqual([id, "daemon"]);
    expect(told.pool).toMatchObject({ runtime: "desktop", keys: 1, base_url: pool.baseUrl });
    await daemon.stop();
    await events.until("no daemon", (snapshot) => !snapshot.daemon.running);
  });

  test("go on without a daemon whose file cannot be used", async () => {
    const { pool, browser, events } = await aPage();
    writeFileSync(join(pool.home, "daemon.sqlite"), "not ours ".repeat(1_000));
    await browser.run("account-pool.disable", {});
    const told = await events.until("the change", (snapshot) => !snapshot.pool.enabled);
    expect(told.daemon).toMatchObject({ running: false, keys: 0, sessions: 0, port: 3773 });
    const refused = await browser.post("account-pool.keys.create", { runtime: "daemon", name: null });
    expect([refused.status, await refused.json()]).toMatchObject([422, { error: { reason: "failed" } }]);
  });

  test("carry what people have called things as data, and nothing as a page (trap 43)", async () => {
    const { browser, events } = await aPage();
    const name = `<img src=x onerror=alert(1)>"'&</script>\u2028`;
    const made = await browser.post("account-pool.keys.create", { runtime: "desktop", name });
    expect(made.headers.get("content-type")).toBe("application/json");
    expect(made.headers.get("x-content-type-options")).toBe("nosniff");
    const { keys } = await events.until("the key", (snapshot) => snapshot.keys.length === 2);
    expect(keys.map((key) => key.name)).toContain(name.trim());
    const refused = await browser.post("profile.rename", { name: "<b>nobody</b>", new_name: "x" });
    expect([refused.status, refused.headers.get("content-type")]).toEqual([404, "application/json"]);
    const stream = await browser.get("/operations/events");
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(stream.headers.get("x-content-type-options")).toBe("nosniff");
    await stream.body?.cancel();
  });

  test("are for a bounded number of listeners, and those who leave make room (trap 44)", async () => {
    const { browser, events } = await aPage();
    const more = await Promise.all(Array.from({ length: LIMITS.pageListenersMax - 1 }, () => browser.events()));
    const surplus = await browser.get("/operations/events");
    expect([surplus.status, await surplus.json()]).toMatchObject([409, { error: { reason: "conflict" } }]);
    for (const listener of [events, ...more]) listener.leave();
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const again = await browser.get("/operations/events");
      await again.body?.cancel();
      if (again.status === 200) return;
    }
    throw new Error("nobody made room");
  });

  test("end when the runtime stops, and hold nothing up", async () => {
    const { pool, events } = await aPage();
    await pool.stop();
    await events.ended;
    expect(events.names.at(-1)).toBe("stopping");
  });
});

describe("a session of the page", () => {
  test("is of one runtime: another start of it knows it no more", async () => {
    const one = await startPool({ runtime: "desktop" });
    const { cookie } = await letIn(one);
    const other = await startPool({ runtime: "desktop" });
    expect((await browserWith(other, cookie).get("/operations/session")).status).toBe(401);
    expect(cookieOf(await fetch(linkTo(one), { redirect: "manual" }))).not.toBe(cookie);
  });
});
