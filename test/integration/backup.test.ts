/** The whole way: a pool at work is backed up, lost, put back, and goes on as if nothing had been. And the ways to die on it. */
import { describe, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDesk, startRuntime } from "../../src/app.ts";
import { claimPidFile, releasePidFile } from "../../src/daemon/pid-file.ts";
import { keyPath } from "../../src/store/key-file.ts";
import { fillHome, RESTORE_CHILD, readHome } from "../support/a-home.ts";
import { runCli } from "../support/run-cli.ts";
import { type Pool, startPool } from "../support/start-pool.ts";
import { useTempHome } from "../support/temp-home.ts";

const PASSPHRASE = "a long passphrase";

function askAt(origin: string, key: string, thread: string): Promise<Response> {
  return fetch(`${origin}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "thread-id": thread },
    body: JSON.stringify({ model: "gpt-5.5", input: "canary-words-5f1c" }),
  });
}

async function whoServes(answer: Promise<Response>) {
  const response = await answer;
  await response.text();
  const { status, headers } = response;
  return { status, profile: headers.get("x-codexuse-profile"), session: headers.get("x-codexuse-session") };
}

/** Serves the restored home until `use` is done with it. */
async function withRuntime(pool: Pool, home: string, use: (origin: string) => Promise<void>): Promise<void> {
  const env = { ...pool.env, CODEXUSE_HOME: home };
  const running = await startRuntime({ runtime: "daemon", home, port: 0, env });
  try {
    await use(`http://127.0.0.1:${running.port}`);
  } finally {
    await running.stop("test over");
  }
}

describe("a home that is lost", () => {
  test("comes back from its backup: the same keys, sessions, profiles and sign-ins work", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"], apiKeyAccounts: ["platform"], routing: "round-robin" });
    const before = await Promise.all(["t1", "t2", "t3"].map((name) => whoServes(askAt(pool.origin, pool.key, name))));
    const file = join(useTempHome(), "codexuse.backup");
    const passphraseFile = join(useTempHome(), "passphrase");
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
    // While it serves.
    const words = ["backup", file, `--passphrase=file:${passphraseFile}`, "--json"];
    const made = await runCli(words, { desk: pool.desk });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(made.stdout)).toMatchObject({ path: file, with_key: true, files: expect.any(Array) });
    const bytes = readFileSync(file);
    const secrets = [pool.key, pool.apiKey("platform").apiKey, PASSPHRASE, "canary-words-5f1c"];
    const tokens = pool.chatgpt("alpha").currentRefreshTokens();
    for (const secret of [...secrets, ...tokens]) expect(bytes.includes(secret)).toBe(false);

    const home = useTempHome();
    const desk = await openDesk({ ...pool.env, CODEXUSE_HOME: home });
    const restored = await runCli(["restore", file, `--passphrase=file:${passphraseFile}`, "--json"], { desk });
    expect(JSON.parse(restored.stdout)).toMatchObject({ home, aside: null, sign_ins: 3, locked_sign_ins: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);

    await withRuntime(pool, home, async (origin) => {
      const after = await Promise.all(["t1", "t2", "t3"].map((name) => whoServes(askAt(origin, pool.key, name))));
      expect(after).toEqual(before);
      expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
    });
    expect(pool.sim.violations).toEqual([]);
  });

  test("needs the master key beside a backup without one, and says so at both ends", async () => {
    const pool = await startPool();
    const file = join(useTempHome(), "codexuse.backup");
    const made = await runCli(["backup", file], { desk: pool.desk });
    expect(made.stderr).toContain(`the master key in ${pool.home}/master.key, which is not in it`);
    expect(made.stderr).toContain("Not in it: stored responses, logs");
    const home = useTempHome();
    const desk = await openDesk({ ...pool.env, CODEXUSE_HOME: home });
    const restored = await runCli(["restore", file], { desk });
    expect(restored.code).toBe(0);
    expect(restored.stderr).toContain("1 sign-in is encrypted with the master key");
    writeFileSync(keyPath(home), readFileSync(keyPath(pool.home)), { mode: 0o600 });
    await withRuntime(pool, home, async (origin) => {
      expect((await whoServes(askAt(origin, pool.key, "t1"))).status).toBe(200);
    });
  });
});

describe("the command line", () => {
  test("restores nothing while a runtime serves the home, and says how to stop it", async () => {
    const home = useTempHome();
    const there = fillHome(home, "old");
    const desk = await openDesk({ CODEXUSE_HOME: home });
    const file = join(useTempHome(), "codexuse.backup");
    expect((await runCli(["backup", file], { desk })).code).toBe(0);
    claimPidFile(home, "daemon", process.ppid, Date.now());
    const refused = await runCli(["restore", file, "--force", "--json"], { desk });
    expect(refused.code).toBe(6);
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: "conflict",
      hint: "Stop it first: codexuse daemon stop",
    });
    releasePidFile(home, "daemon", process.ppid);
    expect(readHome(home)).toEqual(there);
    expect(readdirSync(home).filter((name) => name.endsWith(".pid"))).toEqual([]);
  });

  test("overwrites neither a file nor a home unless it is told to, and says where the old one went", async () => {
    const home = useTempHome();
    fillHome(home, "old");
    const desk = await openDesk({ CODEXUSE_HOME: home });
    const file = join(useTempHome(), "codexuse.backup");
    const codes: number[] = [];
    for (const line of [`backup ${file}`, `backup ${file}`, `backup ${file} --force`, `restore ${file}`]) {
      codes.push((await runCli(line, { desk })).code);
    }
    expect(codes).toEqual([0, 6, 0, 6]);
    const done = await runCli(`restore ${file} --force`, { desk });
    const aside = readdirSync(home).find((name) => name.startsWith("before-restore-")) ?? "";
    expect(done.stdout).toContain(`Home: in use (now in ${join(home, aside)}) → as it was at`);
    expect(existsSync(join(home, aside, "settings.sqlite"))).toBe(true);
  });

  test("takes no short passphrase, and none that is not in the backup", async () => {
    const home = useTempHome();
    fillHome(home, "old");
    const desk = await openDesk({ CODEXUSE_HOME: home });
    const file = join(useTempHome(), "codexuse.backup");
    expect((await runCli(["backup", file, "--passphrase=-"], { desk, stdin: "short\n" })).code).toBe(2);
    expect(existsSync(file)).toBe(false);
    expect((await runCli(["backup", file], { desk })).code).toBe(0);
    const refused = await runCli(["restore", file, "--force", "--passphrase=-"], { desk, stdin: `${PASSPHRASE}\n` });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("no master key in this backup") });
  });
});

describe("a restore that is killed", () => {
  /** Runs the child and answers whether it got to its end. */
  async function run(words: readonly (string | number)[]): Promise<boolean> {
    const child = Bun.spawn([process.execPath, RESTORE_CHILD, ...words.map(String)], { stderr: "pipe" });
    const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()]);
    if (code !== 0 && child.signalCode !== "SIGKILL") throw new Error(said);
    return code === 0;
  }

  test("at any file leaves the old home or the new one, never a mix, and whoever comes next finishes it", async () => {
    const source = useTempHome();
    const restored = fillHome(source, "new");
    const file = join(useTempHome(), "codexuse.backup");
    const desk = await openDesk({ CODEXUSE_HOME: source });
    expect((await runCli(["backup", file, "--passphrase=-"], { desk, stdin: `${PASSPHRASE}\n` })).code).toBe(0);
    const home = useTempHome();
    const there = fillHome(home, "old");

    // Before the one rename that counts.
    expect(await run([home, 1, file])).toBe(false);
    expect(readHome(home)).toEqual(there);
    // After it: from here on every death is followed by another one, at each file in turn.
    expect(await run([home, 2, file])).toBe(false);
    const committed = join(useTempHome(), "committed");
    cpSync(home, committed, { recursive: true });
    let deaths = 0;
    for (let killAt = 1; killAt < 30; killAt += 1) {
      rmSync(home, { recursive: true });
      cpSync(committed, home, { recursive: true });
      const isDone = await run([home, killAt]);
      // Read through the same door as every command.
      expect(readHome(home)).toEqual(restored);
      expect(readdirSync(home).filter((name) => name.startsWith("restore"))).toEqual([]);
      if (isDone) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(4);
    const aside = readdirSync(home).find((name) => name.startsWith("before-restore-")) ?? "";
    expect(readHome(join(home, aside))).toEqual(there);
  }, 60_000);

  test("is finished by one of many processes that come at once", async () => {
    const source = useTempHome();
    const restored = fillHome(source, "new");
    const file = join(useTempHome(), "codexuse.backup");
    const desk = await openDesk({ CODEXUSE_HOME: source });
    expect((await runCli(["backup", file, "--passphrase=-"], { desk, stdin: `${PASSPHRASE}\n` })).code).toBe(0);
    const home = useTempHome();
    fillHome(home, "old");
    expect(await run([home, 2, file])).toBe(false);
    expect(await Promise.all([1, 2, 3, 4].map(() => run([home, 0])))).toEqual([true, true, true, true]);
    expect(readHome(home)).toEqual(restored);
  }, 60_000);
});
