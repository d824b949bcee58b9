/** The compiled program as a process: what it says, how it ends, and what it takes from the folder it is called in. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readUntil } from "../support/run-curl.ts";
import { bareEnvironment, describeRun, expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { createKey, type Installation, installBinary, runDaemon, startBinary } from "../support/start-binary.ts";

setDefaultTimeout(60_000);

const ASK = JSON.stringify({ model: "gpt-5.5", input: "Say hello" });

/** A daemon in the background outlives the command that started it, so it is stopped with the test. */
async function startInBackground(program: Installation, ...words: string[]): Promise<Record<string, unknown>> {
  program.atEnd(async () => {
    expectExit(await program.run("daemon", "stop"), 0);
  });
  return program.json("daemon", "start", ...words);
}

function askModels(baseUrl: unknown, key: string): Promise<Response> {
  return fetch(`${baseUrl}/models`, { headers: { authorization: `Bearer ${key}` } });
}

describe("daemon start, status, restart, stop", () => {
  test("say the same about one daemon, which keeps its address", async () => {
    const program = await installBinary();
    const before = await program.run("daemon", "status", "--json");
    expect(jsonOf(expectExit(before, 3))).toMatchObject({ running: false, pid: null });
    const started = await startInBackground(program, "--port=0");
    expect(started).toMatchObject({ running: true, changed: true });
    const { pid, port, base_url, version } = started;
    expect(await program.json("daemon", "start")).toMatchObject({ pid, port, changed: false });
    expect(await program.json("daemon", "status")).toMatchObject({ running: true, pid, port, base_url, version });
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()).toMatchObject({ status: "ok", version });
    const { key } = await createKey(program, "daemon");
    expect((await askModels(base_url, key)).status).toBe(200);

    const restarted = await program.json("daemon", "restart");
    expect(restarted).toMatchObject({ running: true, port, base_url });
    expect(restarted["pid"]).not.toBe(pid);
    expect((await askModels(base_url, key)).status).toBe(200);

    expect(await program.json("daemon", "stop")).toMatchObject({
      running: false,
      pid: null,
      changed: true,
      forced: false,
    });
    const after = await program.run("daemon", "status", "--json");
    expect(jsonOf(expectExit(after, 3)), describeRun(after)).toMatchObject({ running: false, pid: null });
  });

  test("SIGTERM lets a running answer finish", async () => {
    const pool = await startBinary();
    const said = "A long story. ".repeat(60);
    pool.chatgpt("alpha").script.reply(said).pace({ eventDelayMs: 10 });
    const body = JSON.stringify({ model: "gpt-5.5", input: "Tell me a story", stream: true });
    const response = await pool.ask("/v1/responses", { method: "POST", body });
    const stream = response.body ?? new Blob([]).stream();
    await readUntil(stream, "response.output_text.delta");
    const stopped = pool.daemon.stop();
    await readUntil(stream, "event: response.completed");
    expect(await stopped).toBe(0);
  });
});

describe("a second signal", () => {
  test("ends the daemon at once, in the middle of an answer", async () => {
    const pool = await startBinary();
    pool.chatgpt("alpha").script.reply("A long story. ".repeat(600)).pace({ eventDelayMs: 20 });
    const body = JSON.stringify({ model: "gpt-5.5", input: "Tell me a story", stream: true });
    const second = Bun.spawn([pool.executable, "desktop", "--port=0", "--json", "--no-alerts"], {
      cwd: pool.folder,
      env: { ...pool.env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { base_url: baseUrl } = JSON.parse(new TextDecoder().decode((await second.stdout.getReader().read()).value));
    const { key } = await createKey(pool, "desktop");
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(`${baseUrl}/responses`, { method: "POST", headers, body });
    const stream = response.body ?? new Blob([]).stream();
    await readUntil(stream, "response.output_text.delta");
    second.kill("SIGTERM");
    // The first is heard when no new connection is taken any more.
    const isClosed = () =>
      fetch(`${new URL(String(baseUrl)).origin}/healthz`).then(
        () => false,
        () => true,
      );
    for (let tries = 0; !(await isClosed()); tries += 1) if (tries > 1_000) throw new Error("it goes on serving");
    second.kill("SIGTERM");
    expect(await second.exited).toBe(143);
    expect(existsSync(join(pool.home, "desktop.pid"))).toBe(false);
  });
});

describe("keys", () => {
  test("are checked anew at every request: made, revoked and of the other runtime, without a restart", async () => {
    const pool = await startBinary();
    const made = await createKey(pool, "daemon");
    const desktop = await createKey(pool, "desktop");
    const codeFor = async (key: string): Promise<string> => {
      const response = await pool.ask("/v1/responses", {
        method: "POST",
        body: ASK,
        headers: { authorization: `Bearer ${key}` },
      });
      const body = (await response.json()) as { error: { code: string } | null };
      return body.error === null ? "served" : `${response.status} ${body.error.code}`;
    };
    expect(await codeFor(made.key)).toBe("served");
    expect(await codeFor(desktop.key)).toBe("401 wrong_runtime");
    await pool.json("account-pool", "keys", "revoke", made.id, "--runtime=daemon", "--yes");
    expect(await codeFor(made.key)).toBe("401 revoked_key");
    expect(await codeFor(pool.key)).toBe("served");
  });
});

describe("a hostile folder (trap 42)", () => {
  test("cannot run code in the program, nor set its variables", async () => {
    const program = await installBinary();
    const { folder, home } = program;
    mkdirSync(home, { mode: 0o700 });
    const trace = join(folder, "trace");
    const evil = `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "was here");`;
    const files: Readonly<Record<string, string>> = {
      "evil.ts": evil,
      "bunfig.toml": 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n[test]\npreload = ["./evil.ts"]\n',
      ".env": `CODEXUSE_HOME=${folder}/stolen\nBUN_OPTIONS=--preload=./evil.ts\n`,
      "package.json": '{"imports": {"#*": "./evil.ts"}, "main": "./evil.ts"}',
      "tsconfig.json": '{"compilerOptions": {"paths": {"*": ["./evil.ts"]}}}',
    };
    for (const name of [".env.local", ".env.production"]) writeFileSync(join(folder, name), files[".env"] ?? "");
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const present = readdirSync(folder).sort();

    const own = { cwd: folder, env: bareEnvironment(home) };
    expectExit(await runProcess([program.executable, "account-pool", "status", "--json"], own), 0);
    expect(existsSync(join(home, ".codexuse", "settings.sqlite"))).toBe(true);
    const { key } = await createKey(program, "daemon");
    const daemon = await runDaemon(program);
    expect((await askModels(`http://127.0.0.1:${daemon.port}/v1`, key)).status).toBe(200);
    expect(await daemon.stop()).toBe(0);
    await startInBackground(program, "--port=0");
    expect(existsSync(trace)).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(present);
    expect(existsSync(join(home, "daemon.sqlite"))).toBe(true);
  });
});
