/**
 * The compiled program as its users have it: one file alone in an empty folder, a home of its own, simulated upstream on
 * a socket of the test's process. Everything is set up through the program's own command line.
 */
import { onTestFinished } from "bun:test";
import { copyFileSync, existsSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Routing, Runtime } from "../../src/ports.ts";
import type { SimApiKeyAccount, SimChatgptAccount } from "../../src/simulator/account.ts";
import { type ServedSimulator, serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { bareEnvironment, expectExit, jsonOf, type ProcessRun, runProcess, tailOf } from "./run-process.ts";
import { makeTempHome } from "./temp-home.ts";

/** A turn as it came over upstream's wire. */
export interface UpstreamTurn {
  readonly headers: Headers;
  readonly text: string;
}

/** The program with a home and an upstream; nothing runs yet. */
export interface Installation {
  readonly sim: Simulator;
  readonly served: ServedSimulator;
  /** Every request for a turn, as upstream received it, oldest first. */
  readonly upstreamTurns: readonly UpstreamTurn[];
  readonly executable: string;
  /** Holds nothing but the executable, unless the test puts something there. */
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the program to its end. */
  run(...words: string[]): Promise<ProcessRun>;
  /** The same with `--json`, for commands that must succeed. */
  json(...words: string[]): Promise<Record<string, unknown>>;
  /** Has this done when the test has ended, before upstream and the folders go; the youngest first. */
  atEnd(act: () => Promise<void>): void;
}

export interface BinaryOptions {
  readonly accounts?: readonly string[];
  readonly apiKeyAccounts?: readonly string[];
  readonly routing?: Routing;
  readonly simulator?: SimulatorOptions;
  /** Looks at the installation before its daemon starts. */
  readonly prepare?: (installation: Installation) => void;
}

/** A daemon that serves a pool. */
export interface BinaryPool extends Installation {
  readonly daemon: Daemon;
  readonly origin: string;
  readonly baseUrl: string;
  readonly key: string;
  chatgpt(name: string): SimChatgptAccount;
  /** Asks the daemon with its key. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

export interface Daemon {
  readonly pid: number;
  readonly port: number;
  /** What it has said to people so far. */
  said(): string;
  /** SIGTERM; resolves with the exit code. Throws when it does not end within the bound. */
  stop(): Promise<number>;
}

export interface Desktop extends Daemon {
  readonly pageUrl: string;
}

const HOUR_MS = 3_600_000;
const STOP_MS = 10_000;
const READY_MS = 10_000;
const FILE_NAME = process.platform === "win32" ? "codexuse.exe" : "codexuse";
const ROOT = join(import.meta.dir, "..", "..");

function findBinary(): string {
  const path = process.env["CODEXUSE_BINARY"] ?? join(ROOT, "dist", FILE_NAME);
  if (existsSync(path)) return path;
  throw new Error(`There is no compiled program at ${path}. Make it with: npm run build`);
}

/** A second name for the same file costs nothing; other file systems need a copy. */
function placeBinary(binary: string, folder: string): string {
  const path = join(folder, FILE_NAME);
  try {
    linkSync(binary, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "EXDEV" || error.code === "EPERM"))) throw error;
    copyFileSync(binary, path);
  }
  return path;
}

/** Keeps the text of each turn besides what the simulator records of it. */
function recordTurns(sim: Simulator, turns: UpstreamTurn[]): Simulator {
  return {
    ...sim,
    handleWire: async (request) => {
      if (new URL(request.url).pathname.endsWith("/responses")) {
        turns.push({ headers: new Headers(request.headers), text: await request.clone().text() });
      }
      return sim.handleWire(request);
    },
  };
}

/** Does them all from the last to the first, also when one fails; then the first failure is thrown. */
async function endAll(acts: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const act of acts.toReversed()) await act().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** The program, an empty home and an upstream without accounts; gone when the test has ended. */
export async function installBinary(options: Pick<BinaryOptions, "simulator"> = {}): Promise<Installation> {
  const binary = findBinary();
  const { path: place, remove } = makeTempHome();
  const folder = join(place, "program");
  const home = join(place, "home");
  mkdirSync(folder);
  const executable = placeBinary(binary, folder);
  const sim = createSimulator(options.simulator);
  const upstreamTurns: UpstreamTurn[] = [];
  const served = await serveSimulator(recordTurns(sim, upstreamTurns));
  const acts = [async () => remove(), () => served.stop()];
  onTestFinished(() => endAll(acts));
  const env = bareEnvironment(place, {
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
    // Nobody listens there.
    CODEXUSE_TELEGRAM_URL: "http://127.0.0.1:9",
  });
  const run = (...words: string[]): Promise<ProcessRun> => runProcess([executable, ...words], { cwd: folder, env });
  return {
    sim,
    served,
    upstreamTurns,
    executable,
    folder,
    home,
    env,
    run,
    json: async (...words) => jsonOf(expectExit(await run(...words, "--json"), 0)),
    atEnd: (act) => void acts.push(act),
  };
}

/** Signs an account in as Codex would have, an hour ago (a token of this minute is not renewed), and copies that. */
export async function importAccount(
  program: Installation,
  account: SimChatgptAccount | SimApiKeyAccount,
): Promise<void> {
  const path = join(program.home, "..", `${account.name}.auth.json`);
  const lastRefresh = new Date(Date.now() - HOUR_MS).toISOString();
  writeFileSync(path, JSON.stringify({ ...account.authJson(), last_refresh: lastRefresh }), { mode: 0o600 });
  await program.json("profile", "import", path, `--name=${account.name}`);
}

/** Makes a key and answers it. */
export async function createKey(program: Installation, runtime: Runtime): Promise<{ id: string; key: string }> {
  const made = await program.json("account-pool", "keys", "create", `--runtime=${runtime}`);
  return { id: String(made["id"]), key: String(made["key"]) };
}

/** Reads to the end in the background; what came so far can be asked for at any time. */
function collect(stream: ReadableStream<Uint8Array>): () => string {
  let said = "";
  const decoder = new TextDecoder();
  const read = async (): Promise<void> => {
    for await (const bytes of stream) said += decoder.decode(bytes, { stream: true });
  };
  void read();
  return () => said;
}

/** The first JSON document of a stream, or null when it ends without one. The rest stays unread. */
async function readDocument(stream: ReadableStream<Uint8Array>): Promise<Record<string, unknown> | null> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return null;
    text += decoder.decode(value, { stream: true });
    if (text.endsWith("}\n")) return JSON.parse(text);
  }
}

/** Serves in a process of the test's own, at any free port; ended with the test, and then its exit code must be 0. */
async function serve(program: Installation, words: readonly string[]) {
  const child = Bun.spawn([program.executable, ...words, "--port=0", "--json"], {
    cwd: program.folder,
    env: { ...program.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = collect(child.stderr);
  const endIn = (boundMs: number) => setTimeout(() => child.kill("SIGKILL"), boundMs);
  const timer = endIn(READY_MS);
  const document = await readDocument(child.stdout);
  clearTimeout(timer);
  if (document === null) {
    throw new Error(`the runtime did not start (exit code ${await child.exited}):\n${tailOf(said())}`);
  }
  const stop = async (): Promise<number> => {
    child.kill("SIGTERM");
    const bound = endIn(STOP_MS);
    const exitCode = await child.exited;
    clearTimeout(bound);
    if (child.signalCode === "SIGKILL") {
      throw new Error(`the runtime did not stop within ${STOP_MS} ms:\n${tailOf(said())}`);
    }
    return exitCode;
  };
  program.atEnd(async () => {
    const exitCode = await stop();
    if (exitCode !== 0) throw new Error(`the runtime ended with ${exitCode}:\n${tailOf(said())}`);
  });
  return { document, running: { pid: child.pid, port: Number(document["port"]), said, stop } };
}

export async function runDaemon(program: Installation): Promise<Daemon> {
  return (await serve(program, ["daemon", "run"])).running;
}

/** The desktop runtime, and a link to its page that works once. Opens no browser. */
export async function runDesktop(program: Installation): Promise<Desktop> {
  const { document, running } = await serve(program, ["desktop", "--no-open"]);
  return { ...running, pageUrl: String(document["page_url"]) };
}

/** A serving pool whose accounts were all imported and chosen, in this order. */
export async function startBinary(options: BinaryOptions = {}): Promise<BinaryPool> {
  const { accounts = ["alpha"], apiKeyAccounts = [], routing = "least-used" } = options;
  const program = await installBinary(options);
  const { sim } = program;
  const chatgpt = new Map(accounts.map((name) => [name, sim.addChatgptAccount({ name })]));
  const all = [...chatgpt.values(), ...apiKeyAccounts.map((name) => sim.addApiKeyAccount({ name }))];
  options.prepare?.(program);
  for (const account of all) await importAccount(program, account);
  await program.json("account-pool", "profiles", "add", ...all.map((account) => account.name));
  await program.json("account-pool", "routing", routing);
  await program.json("account-pool", "enable");
  const { key } = await createKey(program, "daemon");
  const daemon = await runDaemon(program);
  const origin = `http://127.0.0.1:${daemon.port}`;
  return {
    ...program,
    daemon,
    origin,
    baseUrl: `${origin}/v1`,
    key,
    chatgpt: (name) => {
      const account = chatgpt.get(name);
      if (account === undefined) throw new Error(`no account is called ${name}`);
      return account;
    },
    ask: (path, init = {}) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      return fetch(`${origin}${path}`, { ...init, headers: { ...headers, ...init.headers } });
    },
  };
}
