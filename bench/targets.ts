/** What is measured: upstream itself, the bare proxy before it, and the pool before it, each in its own process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importAuthFile } from "../src/accounts/save-profile.ts";
import { openDesk } from "../src/app.ts";
import { createKey } from "../src/operations/create-key.ts";
import { type Child, startChild } from "./child.ts";
import type { Say } from "./upstream.ts";

export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for targets that are not ours to look into. */
  readonly process: Child | null;
}

export interface World {
  readonly direct: Target;
  readonly bare: Target;
  readonly pool: Target;
  /** Any other proxy at a URL, given with --target and --target-key. */
  readonly other: Target | null;
  say(say: Say): Promise<void>;
  stop(): Promise<void>;
}

interface Login {
  readonly tokens: { readonly access_token: string; readonly account_id: string };
}

const ROOT = join(import.meta.dir, "..");
const REQUESTS = { BUN_CONFIG_MAX_HTTP_REQUESTS: "16384" };

function poolWords(binary: string | null): string[] {
  return binary === null ? [process.execPath, join(ROOT, "src/main.ts")] : [binary];
}

async function startPool(home: string, upstream: Child, binary: string | null) {
  const env = {
    ...process.env,
    ...REQUESTS,
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: String(upstream.first["chatgptUrl"]),
    CODEXUSE_AUTH_URL: String(upstream.first["authUrl"]),
    CODEXUSE_OPENAI_URL: String(upstream.first["openaiUrl"]),
  };
  const desk = await openDesk(env);
  const settings = desk.settings();
  const path = join(home, "auth.json");
  writeFileSync(path, JSON.stringify(upstream.first["login"]), { mode: 0o600 });
  const wire = { upstream: desk.upstream(), clock: desk.clock };
  await importAuthFile({ settings, wire, endpoints: desk.endpoints, rng: desk.rng }, { path, name: "bench" });
  for (const profile of settings.profiles()) settings.updateProfile(profile.id, { selected: true });
  settings.updatePool({ enabled: true });
  const { key } = await createKey.run(desk, { runtime: "daemon", name: "bench" });
  const child = await startChild([...poolWords(binary), "daemon", "run", "--port=0", "--json"], env);
  return { child, key };
}

/** Starts everything; `binary` null measures the source. */
export async function startWorld(binary: string | null, other: Target | null): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), "codexuse-bench-"));
  const upstream = await startChild([process.execPath, join(import.meta.dir, "upstream.ts")]);
  const { tokens } = upstream.first["login"] as Login;
  const url = `${upstream.first["chatgptUrl"]}/codex/responses`;
  const headers = { authorization: `Bearer ${tokens.access_token}`, "chatgpt-account-id": tokens.account_id };
  const proxy = join(import.meta.dir, "bare-proxy.ts");
  const env = { ...process.env, ...REQUESTS };
  const words = [process.execPath, proxy, url, tokens.access_token, tokens.account_id];
  const bare = await startChild(words, env);
  const { child, key } = await startPool(home, upstream, binary);
  return {
    direct: { name: "direct", url, headers, process: null },
    bare: { name: "bare proxy", url: `http://127.0.0.1:${bare.first["port"]}/`, headers: {}, process: bare },
    pool: {
      name: "codexuse",
      url: `${child.first["base_url"]}/responses`,
      headers: { authorization: `Bearer ${key}` },
      process: child,
    },
    other,
    say: (say) => upstream.tell(say),
    async stop() {
      await child.stop();
      await bare.stop();
      await upstream.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
