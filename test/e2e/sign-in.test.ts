/** Signing in with the compiled program, and with a real browser where the machine has one. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeSavedSignIns, describeSignIns } from "../support/describe-sign-ins.ts";
import { BROWSERS, findBrowser, isBrowserRequired } from "../support/find-browser.ts";
import { asProgram, type Program } from "../support/sign-in-program.ts";
import { createKey, installBinary, runDaemon } from "../support/start-binary.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(60_000);

async function binaryProgram(simulator = {}): Promise<Program> {
  const { executable, sim, folder, home, env } = await installBinary({ simulator });
  return asProgram({ words: [executable], sim, place: folder, home, env });
}

describeSignIns(binaryProgram);
describeSavedSignIns(binaryProgram);

describe("profile rekey", () => {
  test("under a daemon that runs: it serves on, refreshes, and what it saves can be opened by the next one", async () => {
    const program = await installBinary({ simulator: { device: { pendingPolls: 0 } } });
    const anna = program.sim.addChatgptAccount({ name: "anna" });
    const signIn = asProgram({ ...program, words: [program.executable], place: program.folder });
    await signIn.json(["profile", "add", "work", "--device"]);
    await program.json("account-pool", "profiles", "add", "work");
    await program.json("account-pool", "enable");
    const { key } = await createKey(program, "daemon");
    const daemon = await runDaemon(program);
    const ask = async (port: number): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/responses`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "gpt-5.5", input: "Say hello" }),
      });
      await answer.text();
      return answer.status;
    };
    expect(await ask(daemon.port)).toBe(200);
    await program.json("profile", "rekey");
    expect(await ask(daemon.port)).toBe(200);
    // A sign-in as of an hour ago, so that a refused token is worth a refresh; the daemon seals the new pair.
    const path = join(program.folder, "again.json");
    const lastRefresh = new Date(Date.now() - 3_600_000).toISOString();
    writeFileSync(path, JSON.stringify({ ...anna.authJson(), last_refresh: lastRefresh }), { mode: 0o600 });
    await program.json("profile", "remove", "work", "--yes");
    await program.json("profile", "import", path, "--name=again");
    await program.json("account-pool", "profiles", "add", "again");
    anna.expireAccessTokens();
    expect(await ask(daemon.port)).toBe(200);
    expect(program.sim.callsTo("refresh")).toHaveLength(1);
    expect(await daemon.stop()).toBe(0);
    const exported = JSON.parse((await program.run("profile", "export", "again")).stdout);
    expect(anna.currentRefreshTokens()).toContain(exported.tokens.refresh_token);
  });
});

/** A program that shows an address as a person's browser does, and keeps what it showed at last. */
function placeBrowser(program: Program, browser: string): { readonly script: string; readonly shown: string } {
  const script = join(program.place, "browser");
  const shown = join(program.place, "shown.html");
  const flags =
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --virtual-time-budget=5000";
  const profile = `--user-data-dir="${join(program.place, "browser-profile")}"`;
  const lines = ["#!/bin/sh", `"${browser}" ${flags} ${profile} --dump-dom "$1" > "${shown}.part" 2>/dev/null`];
  writeFileSync(script, `${[...lines, `mv "${shown}.part" "${shown}"`].join("\n")}\n`);
  chmodSync(script, 0o755);
  return { script, shown };
}

const browser = findBrowser();

// A machine without a browser runs the flow with plain HTTP only, which is above.
if (browser !== null || isBrowserRequired()) {
  describe("a real browser", () => {
    test("is opened, goes the whole way, and ends at the success page", async () => {
      if (browser === null) throw new Error(`None of ${BROWSERS.join(", ")} is installed.`);
      const plain = await binaryProgram();
      const anna = plain.sim.addChatgptAccount({ name: "anna" });
      const { script, shown } = placeBrowser(plain, browser);
      const env = { ...plain.env, BROWSER: script };
      const program = asProgram({ words: [join(plain.place, "codexuse")], ...plain, env });
      const running = program.start("profile", "add", "work", "--timeout=50");
      expect(await running.exited).toBe(0);
      expect(running.said()).toContain("A browser opens to sign in");
      await waitUntil("the browser's last page", () => existsSync(shown), 30_000);
      expect(readFileSync(shown, "utf8")).toContain("<h1>You are signed in</h1>");
      const { profiles } = await program.json(["profile", "list"]);
      expect(profiles).toMatchObject([{ name: "work", email: anna.email }]);
      const agent = plain.sim.callsTo("authorize")[0]?.headers["user-agent"];
      expect(agent).toContain("Chrome");
    });
  });
}
