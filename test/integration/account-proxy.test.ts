/** An account's own proxy: nothing of the account goes past it, whatever the environment says. */
import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDesk, startRuntime } from "../../src/app.ts";
import { createKey } from "../../src/operations/create-key.ts";
import { importProfiles } from "../../src/operations/import-profiles.ts";
import type { SimChatgptAccount } from "../../src/simulator/account.ts";
import { serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { PROXY_MARK, PROXY_PASSWORD, startRecordingProxy } from "../support/recording-proxy.ts";
import { asProgram, sourceProgram } from "../support/sign-in-program.ts";
import { makeTempHome } from "../support/temp-home.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(60_000);

const WORDS = [process.execPath, join(import.meta.dir, "..", "..", "src", "main.ts")];
const MINUTE_MS = 60_000;
const BOUND_MS = 30_000;

/** What reached upstream past the proxy. */
function strays(sim: Simulator): string[] {
  return sim.requests.filter((request) => request.headers[PROXY_MARK] !== "1").map((request) => request.path);
}

async function aProxiedPool() {
  // Due for a refresh from the beginning, and still good for a turn.
  const sim = createSimulator({ accessTokenTtlMs: 4 * MINUTE_MS });
  const served = await serveSimulator(sim);
  const { path: home, remove } = makeTempHome();
  const env = {
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
  };
  const proxy = await startRecordingProxy();
  const desk = await openDesk(env);
  const path = join(home, "auth.json");
  const save = async (login: unknown, name: string, through: string | null = proxy.secretUrl): Promise<void> => {
    writeFileSync(path, JSON.stringify(login), { mode: 0o600 });
    await importProfiles.run(desk, { path, name, proxy: through });
    const profile = desk.settings().profileNamed(name);
    desk.settings().updateProfile(profile?.id ?? "", { selected: true });
  };
  const start = async () => {
    desk.settings().updatePool({ enabled: true });
    const running = await startRuntime({ runtime: "daemon", home, port: 0, env });
    const { key } = await createKey.run(desk, { runtime: "daemon", name: "test" });
    onTestFinished(() => running.stop("the test is over"));
    return async (model: string): Promise<number> => {
      const answer = await fetch(`${running.baseUrl}/responses`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ model, input: "Say hello" }),
      });
      await answer.text();
      return answer.status;
    };
  };
  onTestFinished(async () => {
    await served.stop();
    remove();
  });
  return { sim, proxy, save, start, settings: desk.settings };
}

describe("an account's proxy (trap 25)", () => {
  test("carries turns, refreshes, usage, models and routing of a ChatGPT account", async () => {
    const { sim, proxy, save, start } = await aProxiedPool();
    const anna = sim.addChatgptAccount({ name: "anna" });
    const login = { ...anna.authJson(), last_refresh: new Date(Date.now() - 60 * MINUTE_MS).toISOString() };
    await save(login, "anna");
    const ask = await start();
    expect(await ask("gpt-5.5")).toBe(200);
    const wanted = ["responses", "refresh", "usage", "models", "accounts-check"] as const;
    await waitUntil("every kind of call", () => wanted.every((endpoint) => sim.callsTo(endpoint).length > 0), BOUND_MS);
    expect(strays(sim)).toEqual([]);
    const basic = `Basic ${Buffer.from(`owner:${PROXY_PASSWORD}`).toString("base64")}`;
    expect(new Set(proxy.seen.map((request) => request.authorization))).toEqual(new Set([basic]));
    // The proxy's password is for the proxy alone.
    expect(JSON.stringify(sim.requests)).not.toContain(basic);
  });

  test("carries the question whose a personal access token is, before there is a profile", async () => {
    const { sim, save } = await aProxiedPool();
    await save(sim.addChatgptAccount({ name: "anna" }).personalAuthJson(), "token");
    expect(sim.callsTo("whoami")).toHaveLength(1);
    expect(strays(sim)).toEqual([]);
  });

  test("carries turns and models of an API key", async () => {
    const { sim, save, start } = await aProxiedPool();
    await save(sim.addApiKeyAccount({ name: "platform" }).authJson(), "platform");
    const ask = await start();
    expect(await ask("gpt-5.5")).toBe(200);
    await waitUntil("the models", () => sim.callsTo("models").length > 0, BOUND_MS);
    expect(strays(sim)).toEqual([]);
  });

  for (const name of ["NO_PROXY", "no_proxy"]) {
    test(`is used although ${name} says that nothing goes through a proxy`, async () => {
      const program = await sourceProgram({ device: { pendingPolls: 0 } });
      program.sim.addChatgptAccount({ name: "anna" });
      const proxy = await startRecordingProxy();
      const { run, json } = asProgram({ ...program, words: WORDS, env: { ...program.env, [name]: "*" } });
      await json(["profile", "add", "work", "--device", "--proxy=-"], proxy.secretUrl);
      await json(["profile", "remove", "work", "--revoke", "--yes"]);
      expect(program.sim.requests.map((request) => request.endpoint)).toEqual([
        "device-code",
        "device-token",
        "token",
        "revoke",
      ]);
      expect(strays(program.sim)).toEqual([]);
      // Without a proxy of its own the account goes as the environment says.
      const direct = await run(["profile", "add", "other", "--device"]);
      expect([direct.exitCode, strays(program.sim).length]).toEqual([0, 3]);
    });
  }

  test("gets a tunnel asked for where upstream is https, and its refusal is no way around it", async () => {
    const program = await sourceProgram();
    const proxy = await startRecordingProxy();
    const env = { ...program.env, CODEXUSE_AUTH_URL: "https://auth.example.test" };
    const { run } = asProgram({ ...program, words: WORDS, env });
    const failed = await run(["profile", "add", "work", "--device", "--proxy=-"], proxy.secretUrl);
    expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("cannot be reached")]);
    expect(proxy.seen).toEqual([
      { method: "CONNECT", target: "auth.example.test:443", authorization: expect.stringMatching(/^Basic /) },
    ]);
    expect(failed.stdout + failed.stderr).not.toContain(PROXY_PASSWORD);
  });

  test("that is down, or whose address cannot be decrypted, is not gone around", async () => {
    const program = await sourceProgram({ device: { pendingPolls: 0 } });
    const anna = program.sim.addChatgptAccount({ name: "anna" });
    const down = await program.run(["profile", "add", "work", "--device", "--proxy=http://127.0.0.1:9"]);
    expect([down.exitCode, program.sim.requests]).toEqual([1, []]);
    await program.json(["profile", "add", "work", "--device"]);
    await program.json(["profile", "proxy", "work", "http://127.0.0.1:9"]);
    writeFileSync(join(program.home, "master.key"), "cd".repeat(32));
    program.sim.forget();
    const locked = await program.run(["profile", "refresh", "work", "--access-token=-"], personalToken(anna));
    expect([locked.exitCode, program.sim.requests]).toEqual([1, []]);
    expect(locked.stderr).toContain("codexuse profile proxy work");
    await program.json(["profile", "proxy", "work", "none"]);
    await program.json(["profile", "refresh", "work", "--access-token=-"], personalToken(anna));
  });

  test("that a profile has is used when its token is imported anew", async () => {
    const { sim, save, settings } = await aProxiedPool();
    const anna = sim.addChatgptAccount({ name: "anna" });
    await save(anna.personalAuthJson(), "token");
    await save(anna.personalAuthJson(), "token", null);
    expect(sim.callsTo("whoami")).toHaveLength(2);
    expect(strays(sim)).toEqual([]);
    expect(settings().profileNamed("token")?.proxyUrl).toContain(PROXY_PASSWORD);
  });
});

function personalToken(account: SimChatgptAccount): string {
  return String(account.personalAuthJson()["personal_access_token"]);
}
