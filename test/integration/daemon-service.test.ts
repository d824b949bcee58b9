import { describe, expect, onTestFinished, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isAlive } from "../../src/daemon/process-age.ts";
import { listenForNotes } from "../support/notify-listener.ts";
import { bareEnvironment, expectExit, jsonOf, type ProcessRun, runProcess } from "../support/run-process.ts";
import { makeTempHome } from "../support/temp-home.ts";
import { waitUntil } from "../support/wait-until.ts";

const ROOT = join(import.meta.dir, "..", "..");
const PROGRAM = [process.execPath, join(ROOT, "src", "main.ts")];
const NOWHERE = "http://127.0.0.1:9";
const TOKEN = `123456789:${"A".repeat(35)}`;

interface Box {
  /** The owner's own folder, which holds everything else. */
  readonly folder: string;
  readonly home: string;
  readonly unit: string;
  readonly env: Record<string, string>;
  run(words: readonly string[], extra?: { env?: Record<string, string>; stdin?: string }): Promise<ProcessRun>;
  json(...words: readonly string[]): Promise<Record<string, unknown>>;
  asked(): string[];
}

/** A machine of one's own with a systemd that is pretended. Strange characters in its path are part of the test. */
function aBox(): Box {
  const { path, remove } = makeTempHome();
  const folder = join(path, 'odd %n $x "y');
  const [bin, systemd] = [join(path, "bin"), join(path, "systemd")];
  for (const place of [folder, bin, systemd]) mkdirSync(place, { recursive: true });
  const pretend = join(ROOT, "test", "support", "pretend-systemctl.ts");
  writeFileSync(join(bin, "systemctl"), `#!/bin/sh\nexec '${process.execPath}' '${pretend}' "$@"\n`);
  chmodSync(join(bin, "systemctl"), 0o755);
  const env = bareEnvironment(folder, {
    PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    PRETEND_SYSTEMD: systemd,
    CODEXUSE_HOME: join(folder, "home"),
    CODEXUSE_CHATGPT_URL: NOWHERE,
    CODEXUSE_AUTH_URL: NOWHERE,
    CODEXUSE_OPENAI_URL: NOWHERE,
  });
  const run: Box["run"] = (words, { env: extra = {}, ...rest } = {}) =>
    runProcess([...PROGRAM, ...words], { cwd: folder, env: { ...env, ...extra }, ...rest });
  onTestFinished(async () => {
    await run(["daemon", "uninstall", "--user"]);
    await run(["daemon", "stop"]);
    remove();
  });
  return {
    folder,
    home: join(folder, "home"),
    unit: join(folder, ".config", "systemd", "user", "codexuse.service"),
    env,
    run,
    json: async (...words) => jsonOf(expectExit(await run([...words, "--json"]), 0)),
    asked: () => readFileSync(join(systemd, "asked.txt"), "utf8").trim().split("\n"),
  };
}

/** Every file below the folder, but for the home and what Bun keeps for itself when it runs from source. */
function filesIn(box: Box): string[] {
  const all = readdirSync(box.folder, { recursive: true, encoding: "utf8", withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(box.home) && !path.startsWith(join(box.folder, ".bun")))
    .sort();
}

describe("a daemon that is installed as a service", () => {
  test("is up and answers as itself, is left alone the second time, and goes without a trace (trap 46)", async () => {
    const box = aBox();
    const done = await box.json("daemon", "install", "--user", "--port=0");
    expect(done).toMatchObject({ scope: "user", unit: box.unit, changed: true, running: true, runtime: "daemon" });
    expect(Number(readFileSync(join(box.home, "daemon.pid"), "utf8"))).toBe(Number(done["pid"]));
    const health = await fetch(`http://127.0.0.1:${done["port"]}/healthz`);
    expect(await health.json()).toMatchObject({ runtime: "daemon", pid: done["pid"] });
    expect(box.asked().filter((line) => !line.startsWith("show"))).toEqual([
      "daemon-reload",
      "enable codexuse.service",
      "restart codexuse.service",
    ]);

    const again = await box.json("daemon", "install", "--user", "--port=0");
    expect(again).toMatchObject({ changed: false, pid: done["pid"] });

    expect(await box.json("daemon", "uninstall")).toMatchObject({ scope: "user", changed: true });
    expect(isAlive(Number(done["pid"]))).toBe(false);
    expect([filesIn(box), existsSync(join(box.folder, ".config", "systemd"))]).toEqual([[], false]);
    expect(existsSync(join(box.home, "daemon.sqlite"))).toBe(true);
    expect(await box.json("daemon", "uninstall")).toMatchObject({ scope: null, changed: false });
  });

  test("is what start, stop and restart mean from then on", async () => {
    const box = aBox();
    const { pid, port } = await box.json("daemon", "install", "--user", "--port=0");
    expect(await box.json("daemon", "stop")).toMatchObject({ changed: true, forced: false });
    const asked = box.asked().length;
    const started = await box.json("daemon", "start");
    expect(started).toMatchObject({ changed: true, running: true });
    expect(started["pid"]).not.toBe(pid);
    const again = await box.json("daemon", "restart");
    expect([again["running"], again["pid"] === started["pid"]]).toEqual([true, false]);
    expect(
      box
        .asked()
        .slice(asked)
        .filter((line) => line.startsWith("start")),
    ).toEqual(["start codexuse.service", "start codexuse.service"]);
    expectExit(await box.run(["daemon", "restart", `--port=${port}`]), 6);
    expect(await box.json("daemon", "status")).toMatchObject({ pid: again["pid"] });
  });

  test("is taken back when systemd says that it runs and nobody answers (trap 46)", async () => {
    const box = aBox();
    const run = await box.run(["daemon", "install", "--user", "--port=1", "--json"], { env: { PRETEND_AS: "liar" } });
    expect(jsonOf(expectExit(run, 1))).toMatchObject({ error: { code: "failed" } });
    expect(filesIn(box)).toEqual([]);
    expect(box.asked()).toContain("disable --now codexuse.service");
  });

  test("is taken back when the daemon does not come up", async () => {
    const box = aBox();
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("mine") });
    onTestFinished(() => taken.stop(true));
    const run = await box.run(["daemon", "install", "--user", `--port=${taken.port}`, "--json"]);
    expect(jsonOf(expectExit(run, 6))).toMatchObject({ error: { code: "conflict" } });
    expect(filesIn(box)).toEqual([]);
  });

  test("does not take the place of a daemon that runs by itself, or of a unit of somebody else's", async () => {
    const box = aBox();
    await box.json("daemon", "start", "--port=0");
    const beside = await box.run(["daemon", "install", "--user", "--json"]);
    expect(jsonOf(expectExit(beside, 6))).toMatchObject({ error: { hint: expect.stringContaining("daemon stop") } });
    await box.json("daemon", "stop");
    mkdirSync(join(box.unit, ".."), { recursive: true });
    writeFileSync(box.unit, "[Service]\nExecStart=/bin/true\n");
    expectExit(await box.run(["daemon", "install", "--user", "--port=0"]), 6);
    expect(await box.json("daemon", "uninstall")).toMatchObject({ changed: false });
    expect(readFileSync(box.unit, "utf8")).toBe("[Service]\nExecStart=/bin/true\n");
  });

  test("can be left to the next boot", async () => {
    const box = aBox();
    expect(await box.json("daemon", "install", "--user", "--no-start")).toMatchObject({ running: false });
    expect(box.asked()).not.toContain("restart codexuse.service");
    expect(existsSync(box.unit)).toBe(true);
  });

  test("is printed without a trace", async () => {
    const box = aBox();
    const run = expectExit(await box.run(["daemon", "install", "--user", "--print", "--port=4000"]), 0);
    expect(run.stdout).toContain("\nType=notify\n");
    expect(run.stdout).toContain("daemon run --port=4000\n");
    expect(run.stderr).toContain(box.unit);
    expect([filesIn(box), existsSync(box.home)]).toEqual([[], false]);
  });

  test("gets a bot's token in a file that is its own, never in the unit, and loses it with the unit", async () => {
    const box = aBox();
    const words = ["daemon", "install", "--user", "--no-start", "--telegram-bot-token=-", "--json"];
    expectExit(await box.run(words, { stdin: `${TOKEN}\n` }), 0);
    const token = join(box.folder, ".config", "codexuse", "telegram-bot-token");
    expect([readFileSync(token, "utf8"), statSync(token).mode & 0o777]).toEqual([`${TOKEN}\n`, 0o600]);
    const unit = readFileSync(box.unit, "utf8");
    expect(unit).not.toContain(TOKEN);
    expect(unit).toContain(`LoadCredential=telegram-bot-token:${token.replaceAll("%", "%%")}\n`);
    await box.json("daemon", "uninstall");
    expect([existsSync(token), existsSync(join(token, ".."))]).toEqual([false, false]);
  });
});

describe("a daemon under a service manager", () => {
  test("says when it serves and when it stops, and gives signs of life", async () => {
    const box = aBox();
    const socket = join(box.folder, "notify");
    const listener = listenForNotes(socket);
    onTestFinished(listener.close);
    const child = Bun.spawn([...PROGRAM, "daemon", "run", "--port=0"], {
      env: { ...box.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "40000", BUN_CONFIG_MAX_HTTP_REQUESTS: "16384" },
      stdio: ["ignore", "ignore", "ignore"],
    });
    const heard: string[] = [];
    const listen = () => heard.push(...listener.heard());
    await waitUntil("readiness and a sign of life", () => listen() >= 2, 15_000);
    expect(heard[0]).toMatch(/^READY=1\nSTATUS=Serving at http:\/\/127\.0\.0\.1:\d+\/v1\n$/);
    expect(heard[1]).toBe("WATCHDOG=1\n");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    listen();
    expect(heard.filter((text) => text.startsWith("STOPPING=1"))).toHaveLength(1);
  });
});
