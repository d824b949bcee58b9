/** What is measured: upstream itself, the bare proxy before it, and the pool before it, each in its own process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKey } from "../operations/create-key.ts";
import { importProfiles } from "../operations/import-profiles.ts";
import type { Desk } from "../operations/operation.ts";
import type { Environment } from "../ports.ts";
import type { AuthJson } from "../simulator/account.ts";
import { createSimulator } from "../simulator/simulator.ts";
import { type Child, startChild } from "./child.ts";
import { fillHome, type Size } from "./fill-home.ts";
import type { Say } from "./pretend-upstream.ts";
import type { Part } from "./run-part.ts";
import { accountName } from "./simulated-upstream.ts";

export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for targets that are not ours to look into. */
  readonly process: Child | null;
}

export interface WorldOptions {
  readonly env: Environment;
  /** The words that start the program that is measured. */
  readonly program: readonly string[];
  /** The words that start a part of the bench. */
  readonly part: readonly string[];
  readonly openDesk: (env: Environment) => Promise<Desk>;
  /** Any other proxy, measured with the same load. */
  readonly other: { readonly url: string; readonly key: string } | null;
}

/** The simulator, which works about as much as a server does; or one that has its answers ready and costs next to nothing. */
export const UPSTREAMS = ["simulator", "pretend-upstream"] as const;
export type BenchUpstream = (typeof UPSTREAMS)[number];

export interface World {
  readonly upstream: BenchUpstream;
  readonly direct: Target;
  readonly bare: Target;
  readonly reading: Target;
  readonly pool: Target;
  readonly other: Target | null;
  say(say: Say): Promise<void>;
  /** One more of each, that nobody has asked anything yet. */
  startBare(): Promise<Target>;
  /** A pool of its own that already knows this much. */
  startPool(name: string, size: Size): Promise<Target>;
  stop(): Promise<void>;
}

type Login = AuthJson & { readonly tokens?: { readonly access_token?: string; readonly account_id?: string } };

/** What a daemon sets for itself, so that the bare proxy has it, too. */
const REQUESTS_MAX = "BUN_CONFIG_MAX_HTTP_REQUESTS";
export const SMALL: Size = { profiles: 2, sessions: 10, turns: 0 };

interface Ground {
  readonly options: WorldOptions;
  readonly home: string;
  readonly origin: string;
  readonly running: Child[];
  /** Sign-ins that upstream takes; null where it takes any. */
  readonly logins: readonly Login[] | null;
}

function environmentOf({ options, origin }: Ground, home: string): Environment {
  return {
    ...options.env,
    // Setting it for itself is a part of the daemon's start.
    [REQUESTS_MAX]: undefined,
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: `${origin}/backend-api`,
    CODEXUSE_AUTH_URL: origin,
    CODEXUSE_OPENAI_URL: `${origin}/v1`,
    CREDENTIALS_DIRECTORY: undefined,
    STATE_DIRECTORY: undefined,
    NO_PROXY: "127.0.0.1,localhost",
  };
}

async function startPart(ground: Ground, part: Part, env: Environment): Promise<Child> {
  const child = await startChild([...ground.options.part, `--part=${part}`], { ...ground.options.env, ...env });
  ground.running.push(child);
  return child;
}

/** Sign-ins of pretend accounts; the upstream at no cost takes any. */
function makeLogins(count: number): Login[] {
  const sim = createSimulator();
  return Array.from({ length: count }, (_, at) => sim.addChatgptAccount({ name: accountName(at) }).authJson());
}

async function startPool(ground: Ground, name: string, size: Size): Promise<Target> {
  const home = join(ground.home, name);
  mkdirSync(home, { mode: 0o700 });
  const env = environmentOf(ground, home);
  const desk = await ground.options.openDesk(env);
  for (const [at, login] of (ground.logins ?? makeLogins(size.profiles)).entries()) {
    const path = join(ground.home, "auth.json");
    writeFileSync(path, JSON.stringify(login), { mode: 0o600 });
    await importProfiles.run(desk, { path, name: accountName(at) });
  }
  const { id, key } = await createKey.run(desk, { runtime: "daemon", name: "bench" });
  fillHome(desk, id, size);
  desk.settings().close();
  desk.runtime("daemon").close();
  const child = await startChild([...ground.options.program, "daemon", "run", "--port=0", "--json"], env);
  ground.running.push(child);
  const url = `${child.first["base_url"]}/responses`;
  return { name, url, headers: { authorization: `Bearer ${key}` }, process: child };
}

type Yardstick = "bare-proxy" | "reading-proxy";

async function startYardstick(part: Yardstick, ground: Ground, url: string, { tokens }: Login): Promise<Target> {
  const env = { [REQUESTS_MAX]: "16384", BENCH_UPSTREAM_URL: url, BENCH_TOKEN: tokens?.access_token };
  const child = await startPart(ground, part, { ...env, BENCH_ACCOUNT_ID: tokens?.account_id });
  return { name: part.replace("-", " "), url: `http://127.0.0.1:${child.first["port"]}/`, headers: {}, process: child };
}

/** As upstream wants it of whoever asks without a proxy. */
function directHeaders({ tokens }: Login): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${tokens?.access_token}`,
    "chatgpt-account-id": tokens?.account_id ?? "",
    originator: "codex_cli_rs",
    "user-agent": "codex_cli_rs/0.144.6",
  };
}

/** Starts everything. `stop` ends it and leaves nothing behind. */
export async function startWorld(options: WorldOptions, kind: BenchUpstream): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), "codexuse-bench-"));
  const running: Child[] = [];
  const stop = async () => {
    await Promise.all(running.map((child) => child.stop()));
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const knows = { BENCH_ACCOUNTS: String(SMALL.profiles) };
    const upstream = await startPart({ options, home, origin: "", running, logins: null }, kind, knows);
    const origin = `http://127.0.0.1:${upstream.first["port"]}`;
    const logins = (upstream.first["logins"] as readonly Login[] | undefined) ?? null;
    const ground = { options, home, origin, running, logins };
    const url = `${origin}/backend-api/codex/responses`;
    const [login] = logins ?? makeLogins(1);
    if (login === undefined) throw new Error("there is no sign-in");
    const other = options.other;
    return {
      upstream: kind,
      direct: { name: "direct", url, headers: directHeaders(login), process: null },
      bare: await startYardstick("bare-proxy", ground, url, login),
      reading: await startYardstick("reading-proxy", ground, url, login),
      startBare: () => startYardstick("bare-proxy", ground, url, login),
      pool: await startPool(ground, "codexuse", SMALL),
      other:
        other === null
          ? null
          : { name: "other", url: other.url, headers: { authorization: `Bearer ${other.key}` }, process: null },
      say: async (say) => {
        await fetch(`http://127.0.0.1:${upstream.first["sayPort"]}/say`, { method: "POST", body: JSON.stringify(say) });
      },
      startPool: (name, size) => startPool(ground, name, size),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
