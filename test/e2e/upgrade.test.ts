/**
 * The drill of an upgrade, with the compiled program and a later one that it is replaced by in place: what is kept, how a
 * daemon of the old version goes on until it is started anew, and how the old program refuses what the new one wrote.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { linkSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { NEXT_VERSION } from "../../scripts/next-version.ts";
import { expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { type BinaryPool, startBinary } from "../support/start-binary.ts";
import { makeTempHome } from "../support/temp-home.ts";

setDefaultTimeout(120_000);

const ROOT = join(import.meta.dir, "..", "..");

const nextPlace = makeTempHome();
const next = join(nextPlace.path, "codexuse");

beforeAll(async () => {
  const words = [process.execPath, "build.ts", `--next=${next}`];
  expectExit(await runProcess(words, { cwd: ROOT, timeoutMs: 60_000 }), 0);
});
afterAll(() => nextPlace.remove());

/** As a package manager does it: the new file takes the name of the old one, which may run. */
function putInPlace(file: string, executable: string): void {
  const unfinished = `${executable}.new`;
  linkSync(file, unfinished);
  renameSync(unfinished, executable);
}

/** A daemon in the background with one session on alpha, whose account is used up since. */
async function aLivedInPool() {
  const pool = await startBinary({ accounts: ["alpha", "beta"] });
  expect(await pool.daemon.stop()).toBe(0);
  pool.atEnd(async () => void (await pool.run("daemon", "stop")));
  const started = await pool.json("daemon", "start", "--port=0");
  const ask = async (session: string) => {
    const { base_url: baseUrl } = await pool.json("daemon", "status");
    const answer = await fetch(`${baseUrl}/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${pool.key}`, "content-type": "application/json", "session-id": session },
      body: JSON.stringify({ model: "gpt-5.5", input: "Say hello" }),
    });
    await answer.text();
    return { status: answer.status, profile: answer.headers.get("x-codexuse-profile") };
  };
  const first = await ask("conversation-1");
  expect(first.status).toBe(200);
  const [spent, other] = first.profile === "alpha" ? ["alpha", "beta"] : ["beta", "alpha"];
  expect(await ask("conversation-2")).toMatchObject({ status: 200 });
  pool.chatgpt(spent ?? "").setUsed(100);
  // The conversation moves, and the account's cooldown is known from then on.
  expect(await ask("conversation-1")).toEqual({ status: 200, profile: other ?? "" });
  return { pool, ask, started, spent: spent ?? "", other: other ?? "" };
}

/** Everything that is to outlive an upgrade, as the program itself tells it. */
async function belongingsOf(pool: BinaryPool) {
  const status = await pool.json("account-pool", "status", "--runtime=daemon");
  const keys = await pool.json("account-pool", "keys", "list", "--runtime=daemon");
  const sessions = await pool.json("account-pool", "sessions", "list", "--runtime=daemon");
  const profiles = status["profiles"] as { name: string; selected: boolean; state: string; cooldown: unknown }[];
  return {
    settings: [status["enabled"], status["routing"], status["fast"], status["models"]],
    profiles: profiles.map(({ name, selected, state, cooldown }) => ({ name, selected, state, cooldown })),
    keys,
    sessions,
  };
}

/** Every file of the home and its bytes, but for the log, which says what was tried. */
function pictureOf(home: string): string[] {
  const names = readdirSync(home, { recursive: true, encoding: "utf8", withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && !entry.name.startsWith("daemon.log"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex")}`)
    .sort();
}

describe("an upgrade in place", () => {
  test("keeps keys, sessions and cooldowns, and can be told from the copies that it made", async () => {
    const { pool, ask, started, spent, other } = await aLivedInPool();
    const before = await belongingsOf(pool);
    expect(before.profiles.find(({ name }) => name === spent)).toMatchObject({ state: "cooling" });
    await pool.json("daemon", "stop");
    putInPlace(next, pool.executable);
    const again = await pool.json("daemon", "start", `--port=${started["port"]}`);
    expect(again).toMatchObject({ running: true, version: NEXT_VERSION, changed: true });
    expect(await belongingsOf(pool)).toEqual(before);
    expect(await ask("conversation-1")).toEqual({ status: 200, profile: other });
    const copies = readdirSync(pool.home).filter((name) => name.endsWith(".bak"));
    expect(copies.map((name) => name.replace(/\d+/, "N")).sort()).toEqual([
      "daemon.sqlite.before-vN.bak",
      "settings.sqlite.before-vN.bak",
    ]);
  });

  test("leaves a daemon of the old version serving, and restart brings the new one up", async () => {
    const { pool, ask, started, other } = await aLivedInPool();
    putInPlace(next, pool.executable);
    // The new program brings the files to its format under the running daemon.
    const status = await pool.json("account-pool", "status", "--runtime=daemon");
    expect(status).toMatchObject({ running: true, pid: started["pid"] });
    expect(await ask("conversation-1")).toEqual({ status: 200, profile: other });
    const { findings } = await jsonOf(await pool.run("doctor", "--json"));
    expect(findings).toContainEqual(expect.objectContaining({ code: "other-version" }));
    const restarted = await pool.json("daemon", "restart");
    expect(restarted).toMatchObject({ running: true, version: NEXT_VERSION, port: started["port"] });
    expect(await ask("conversation-1")).toEqual({ status: 200, profile: other });
  });
});

describe("an older program on a newer home", () => {
  test("refuses clearly, whatever it is asked for, and changes nothing", async () => {
    const { pool, ask } = await aLivedInPool();
    await pool.json("daemon", "stop");
    const old = `${pool.executable}.old`;
    linkSync(pool.executable, old);
    putInPlace(next, pool.executable);
    await pool.json("daemon", "start", "--port=0");
    expect((await ask("conversation-1")).status).toBe(200);
    await pool.json("daemon", "stop");
    const before = pictureOf(pool.home);
    putInPlace(old, pool.executable);
    for (const line of [
      "daemon start --port=0",
      "daemon run --port=0",
      "daemon status",
      "account-pool status --runtime=daemon",
      "account-pool disable",
      "account-pool keys create --runtime=daemon",
      "account-pool keys list --runtime=desktop",
      "profile list",
      "profile rekey",
      "desktop --port=0",
    ]) {
      const run = await pool.run(...line.split(" "), "--json");
      const { error } = jsonOf(expectExit(run, 1)) as { error: { message: string; hint: string } };
      expect([line, error.message]).toEqual([line, expect.stringContaining("was written by a newer codexuse")]);
      expect(error.hint).toContain("newer version");
    }
    const examined = jsonOf(expectExit(await pool.run("doctor", "--json"), 1));
    expect(examined["findings"]).toContainEqual(expect.objectContaining({ code: "store-newer-file" }));
    expect(pictureOf(pool.home)).toEqual(before);
  });
});
