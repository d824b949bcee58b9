import { describe, expect, onTestFinished, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../src/daemon/process-age.ts";
import { bareEnvironment, expectExit, jsonOf, type ProcessRun, runProcess } from "../support/run-process.ts";
import { makeTempHome } from "../support/temp-home.ts";
import { waitUntil } from "../support/wait-until.ts";

const ROOT = join(import.meta.dir, "..", "..");
const PROGRAM = [process.execPath, join(ROOT, "src", "main.ts")];
const GONE_MS = 5_000;

interface House {
  readonly home: string;
  readonly env: Record<string, string>;
  run(line: string): Promise<ProcessRun>;
  /** With `--json`; the exit code has to be this one. */
  json(line: string, exitCode?: number): Promise<Record<string, unknown>>;
}

/** A home whose daemon, if any, ends with the test. Nothing upstream can be reached from it. */
function aHouse(): House {
  const { path, remove } = makeTempHome();
  const home = join(path, "home");
  const nowhere = "http://127.0.0.1:9";
  const env = bareEnvironment(path, {
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: nowhere,
    CODEXUSE_AUTH_URL: nowhere,
    CODEXUSE_OPENAI_URL: nowhere,
  });
  const run = (line: string) => runProcess([...PROGRAM, ...line.split(" ")], { cwd: path, env });
  onTestFinished(async () => {
    await run("daemon stop");
    remove();
  });
  return {
    home,
    env,
    run,
    json: async (line, exitCode = 0) => jsonOf(expectExit(await run(`${line} --json`), exitCode)),
  };
}

function pidIn(house: House): number {
  return Number(readFileSync(join(house.home, "daemon.pid"), "utf8"));
}

/** Somebody else's server at a port of its own. */
function aForeigner(answer: string): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(answer) });
  onTestFinished(() => server.stop(true));
  return server.port ?? 0;
}

function aFreePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port = 0 } = server;
  server.stop(true);
  return port;
}

describe("a daemon in the background", () => {
  test("is started, found, started once only, stopped, and then not found", async () => {
    const house = aHouse();
    expect(await house.json("daemon status", 3)).toMatchObject({ running: false, pid: null, port: 3773 });
    const started = await house.json("daemon start --port=0");
    expect(started).toMatchObject({ runtime: "daemon", running: true, pid: pidIn(house), changed: true });
    expect(started["log"]).toBe(join(house.home, "daemon.log"));
    const health = await fetch(`http://127.0.0.1:${started["port"]}/healthz`);
    expect(await health.json()).toMatchObject({ runtime: "daemon", version: started["version"] });

    const again = await house.json("daemon start");
    expect(again).toMatchObject({ changed: false, pid: started["pid"], port: started["port"] });
    expect(await house.json("daemon status")).toMatchObject({ pid: started["pid"], port: started["port"] });
    const pool = await house.json("account-pool status --runtime=daemon");
    expect(pool).toMatchObject({ running: true, pid: started["pid"], port: started["port"] });

    expect(await house.json("daemon stop")).toMatchObject({ running: false, changed: true, forced: false });
    expect(isAlive(Number(started["pid"]))).toBe(false);
    expect(existsSync(join(house.home, "daemon.pid"))).toBe(false);
    expect(await house.json("daemon stop")).toMatchObject({ changed: false });
    expect(await house.json("daemon status", 3)).toMatchObject({ running: false, port: 3773 });
  });

  test("leaves only files that nobody else may read", async () => {
    const house = aHouse();
    await house.json("daemon start --port=0");
    expect(statSync(house.home).mode & 0o777).toBe(0o700);
    for (const name of ["daemon.log", "daemon.pid", "daemon.sqlite", "settings.sqlite", "master.key"]) {
      expect([name, statSync(join(house.home, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  test("remembers the port it was told, and moves with restart", async () => {
    const house = aHouse();
    const first = aFreePort();
    expect(await house.json(`daemon start --port=${first}`)).toMatchObject({ port: first });
    expect(await house.json("daemon restart")).toMatchObject({ port: first });
    const second = aFreePort();
    const refused = await house.json(`daemon start --port=${second}`, 6);
    expect(refused).toMatchObject({ error: { code: "conflict" } });
    expect(await house.json(`daemon restart --port=${second}`)).toMatchObject({ port: second, running: true });
    await house.json("daemon stop");
    expect(await house.json("daemon status", 3)).toMatchObject({ port: second });
    expect(await house.json("daemon start")).toMatchObject({ port: second });
  });

  test("at any free port is found there while it serves, keeps it through a restart, and remembers nothing", async () => {
    const house = aHouse();
    const pinned = aFreePort();
    await house.json(`daemon start --port=${pinned}`);
    const moved = await house.json("daemon restart --port=0");
    expect(moved["port"]).not.toBe(pinned);
    const again = await house.json("daemon restart");
    expect([again["port"], again["pid"] === moved["pid"]]).toEqual([moved["port"], false]);
    for (const line of ["daemon status", "account-pool status --runtime=daemon"]) {
      expect(await house.json(line)).toMatchObject({ running: true, port: moved["port"] });
    }
    const key = await house.json("account-pool keys create --runtime=daemon");
    expect(key["base_url"]).toBe(`http://127.0.0.1:${moved["port"]}/v1`);
    await house.json("daemon stop");
    expect(await house.json("daemon status", 3)).toMatchObject({ port: pinned });
    expect(await house.json("daemon start")).toMatchObject({ port: pinned });
  });

  test("that was killed is not running, and the next start cleans up (trap 46)", async () => {
    const house = aHouse();
    const port = aFreePort();
    const { pid } = await house.json(`daemon start --port=${port}`);
    process.kill(Number(pid), "SIGKILL");
    await waitUntil("the daemon is gone", () => !isAlive(Number(pid)), GONE_MS);
    expect(existsSync(join(house.home, "daemon.pid"))).toBe(true);
    expect(await house.json("daemon status", 3)).toMatchObject({ running: false, pid: null });
    expect(existsSync(join(house.home, "daemon.pid"))).toBe(false);
    expect(await house.json("daemon start")).toMatchObject({ running: true, port });
  });

  test("that cannot come up says why, with the log's last lines, and leaves nothing behind", async () => {
    const house = aHouse();
    mkdirSync(house.home, { mode: 0o700 });
    writeFileSync(join(house.home, "settings.sqlite"), "this is no database, and it is long enough to be looked at");
    const { error } = await house.json("daemon start --port=0", 1);
    expect(error).toMatchObject({ code: "failed" });
    expect(JSON.stringify(error)).toContain("settings.sqlite is damaged");
    expect(existsSync(join(house.home, "daemon.pid"))).toBe(false);
  });

  test("is found by two starts at once, which make one daemon", async () => {
    const house = aHouse();
    const port = aFreePort();
    const runs = await Promise.all([
      house.run(`daemon start --port=${port} --json`),
      house.run(`daemon start --port=${port} --json`),
    ]);
    const reports = runs.map((run) => jsonOf(expectExit(run, 0)));
    expect(reports.map((report) => report["pid"])).toEqual([pidIn(house), pidIn(house)]);
    expect(reports.filter((report) => report["changed"] === true).length).toBe(1);
  });
});

describe("a port that somebody else has", () => {
  test("is a conflict that names the holder, for start and for run", async () => {
    const house = aHouse();
    const port = aForeigner("hello");
    for (const line of ["start", "run"]) {
      const { error } = await house.json(`daemon ${line} --port=${port}`, 6);
      expect(error).toMatchObject({ code: "conflict" });
      const names = process.platform === "linux" ? `(pid ${process.pid})` : "another program";
      expect(JSON.stringify(error)).toContain(names);
    }
    expect(existsSync(join(house.home, "daemon.pid"))).toBe(false);
    expect(await house.json(`daemon status --port=${port}`, 3)).toMatchObject({ running: false, pid: null });
  });

  test("is not ours even when the holder says that it is codexuse (trap 46)", async () => {
    const house = aHouse();
    const port = aForeigner('{"status":"ok","version":"9.9.9","runtime":"daemon"}');
    const status = await house.json(`daemon status --port=${port}`, 3);
    expect(status).toMatchObject({ running: false, version: null });
    expect(String(status["hint"])).toContain("another home");
    expect(await house.json("daemon stop")).toMatchObject({ changed: false });
  });

  test("is not remembered", async () => {
    const house = aHouse();
    await house.json(`daemon run --port=${aForeigner("hello")}`, 6);
    expect(await house.json("daemon status", 3)).toMatchObject({ port: 3773 });
  });
});

describe("the daemon's log", () => {
  test("is shown from its end, and followed until a signal", async () => {
    const house = aHouse();
    expect(await house.json("daemon logs", 5)).toMatchObject({ error: { code: "not-found" } });
    const log = join(house.home, "daemon.log");
    mkdirSync(house.home, { mode: 0o700 });
    writeFileSync(log, "one\ntwo\nthree\n", { mode: 0o600 });
    expect((await house.run("daemon logs -n 2")).stdout).toBe("two\nthree\n");
    expect(await house.json("daemon logs --lines=1")).toEqual({ log, lines: ["three"] });

    const child = Bun.spawn([...PROGRAM, "daemon", "logs", "-f", "-n", "1"], {
      env: house.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder();
    const next = async () => decoder.decode((await reader.read()).value);
    expect(await next()).toBe("three\n");
    appendFileSync(log, "four\n");
    expect(await next()).toBe("four\n");
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
  });
});
