/** The daemon as a process of its own, from source, and what the system knows of it: memory, descriptors, its end. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RUNTIME_VARIABLES } from "../../src/daemon/launch-runtime.ts";
import type { TrialHome } from "./trial-home.ts";
import { waitFor } from "./wait-for.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
const READY_MS = 20_000;
const STOP_MS = 45_000;
const SAID_CHARACTERS_MAX = 200_000;

export interface Daemon {
  readonly pid: number;
  readonly port: number;
  readonly origin: string;
  /** The end of what it said on its error output. */
  said(): string;
  /** Resident memory now and at most so far, in bytes. */
  memory(): { readonly now: number; readonly peak: number };
  /** Open descriptors: sockets, files and what the runtime has. */
  descriptors(): number;
  isAlive(): boolean;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

export interface DaemonOptions {
  /** Words before the program, such as a shell that sets a limit. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a start that did not succeed ended. */
export class DaemonEnded extends Error {
  readonly exitCode: number | null;
  readonly said: string;

  constructor(exitCode: number | null, said: string) {
    super(`the daemon ended with ${exitCode}: ${said.slice(-2_000)}`);
    this.exitCode = exitCode;
    this.said = said;
  }
}

function readStatus(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1_024;
}

/** Collects the end of a stream in the background. */
function collect(stream: ReadableStream<Uint8Array>): () => string {
  let said = "";
  const decoder = new TextDecoder();
  void (async () => {
    for await (const bytes of stream)
      said = (said + decoder.decode(bytes, { stream: true })).slice(-SAID_CHARACTERS_MAX);
  })();
  return () => said;
}

/** Resolves when it serves. Rejects with `DaemonEnded` when it ends instead. */
export async function startDaemon(home: TrialHome, options: DaemonOptions = {}): Promise<Daemon> {
  const words = [...(options.prefix ?? []), process.execPath, MAIN, "daemon", "run", "--port=0", "--json"];
  const env = { ...home.env, ...RUNTIME_VARIABLES, ...options.env };
  const child = Bun.spawn(words, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const said = collect(child.stderr);
  const document = collect(child.stdout);
  const isReady = () => /"port": \d+[\s\S]*\}\n$/.test(document());
  await waitFor(
    "the daemon serves or ends",
    () => isReady() || child.exitCode !== null || child.signalCode !== null,
    READY_MS,
  );
  if (!isReady() || child.exitCode !== null) throw new DaemonEnded(await child.exited, document() + said());
  const port = Number(JSON.parse(document())["port"]);
  const { pid } = child;
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    port,
    origin: `http://127.0.0.1:${port}`,
    said,
    memory: () => ({ now: readStatus(pid, "VmRSS"), peak: readStatus(pid, "VmHWM") }),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    isAlive,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await child.exited;
      clearTimeout(timer);
      return child.exitCode;
    },
  };
}
