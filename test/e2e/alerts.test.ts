/** The compiled desktop runtime on a machine whose notifier is pretended: what its person is shown, and when nothing. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BinaryPool, createKey, startBinary } from "../support/start-binary.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(60_000);
const WAIT_MS = 15_000;

/** A desktop session with a notify-send that writes down what it is given. */
function aSession(pool: BinaryPool): { readonly env: Record<string, string>; shown(): string } {
  const bin = join(pool.folder, "bin");
  const shown = join(pool.folder, "shown.txt");
  mkdirSync(bin);
  writeFileSync(join(bin, "notify-send"), `#!/bin/sh\nprintf '%s|' "$@" >> '${shown}'\n`);
  chmodSync(join(bin, "notify-send"), 0o755);
  const path = `${bin}${delimiter}${pool.env["PATH"] ?? ""}`;
  return {
    env: { ...pool.env, PATH: path, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" },
    shown: () => (existsSync(shown) ? readFileSync(shown, "utf8") : ""),
  };
}

/** Runs the desktop runtime, asks it until alpha has run out, and answers what it said when it has ended. */
async function drainAlpha(
  pool: BinaryPool,
  flags: readonly string[],
  env: Record<string, string>,
  until: () => boolean,
): Promise<string> {
  const { key } = await createKey(pool, "desktop");
  const words = [pool.executable, "desktop", "--port=0", "--json", ...flags];
  const child = Bun.spawn(words, { cwd: pool.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const { base_url: baseUrl } = JSON.parse(new TextDecoder().decode((await reader.read()).value));
  pool.chatgpt("alpha").setUsed(100);
  const ask = () =>
    fetch(`${baseUrl}/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5.5", input: "Say hello" }),
    });
  expect((await ask()).status).toBe(200);
  await waitUntil("what is to be seen", until, WAIT_MS);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  return await said;
}

describe("a desktop runtime", () => {
  test("shows once that an account has run out", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"], routing: "round-robin" });
    const { env, shown } = aSession(pool);
    await drainAlpha(pool, [], env, () => shown().includes("alpha"));
    expect(shown().match(/alpha is used up/g)).toHaveLength(1);
    expect(shown()).toStartWith("--app-name=codexuse|--|codexuse|🔴 alpha is used up, back in ");
  });

  test("shows nothing with --no-alerts", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"], routing: "round-robin" });
    const { env, shown } = aSession(pool);
    await drainAlpha(pool, ["--no-alerts"], env, () => pool.sim.turnsOf().length >= 2);
    expect(shown()).toBe("");
  });

  test("says in its log that it cannot, and serves", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"], routing: "round-robin" });
    const said = await drainAlpha(pool, [], pool.env, () => pool.sim.turnsOf().length >= 2);
    expect(said).toContain("this system shows no notifications");
  });
});
