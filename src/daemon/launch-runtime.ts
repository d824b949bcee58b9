/**
 * Starts this program again as a runtime in the background and waits until it says that it serves. Owns the child only
 * until then; what it says goes to the log.
 */
import { closeSync } from "node:fs";
import type { Environment } from "../ports.ts";

export type Launch =
  | { readonly kind: "ready"; readonly pid: number }
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "timed-out" };

export interface LaunchOptions {
  /** Executable, script where there is one, and the words of the command. */
  readonly words: readonly string[];
  readonly home: string;
  readonly env: Environment;
  /** What the child reads; null for nothing. */
  readonly stdin: string | null;
  /** Open log file; closed here. */
  readonly log: number;
  readonly waitMs: number;
}

/** The whole message a child sends once it serves. */
export const READY_MESSAGE = "ready";

export const REQUESTS_VARIABLE = "BUN_CONFIG_MAX_HTTP_REQUESTS";

/** What Bun reads from the environment once, before our first line runs. */
export const RUNTIME_VARIABLES: Readonly<Record<string, string>> = {
  // Streams count as requests, and the default of 256 would queue the rest in silence.
  [REQUESTS_VARIABLE]: "16384",
  // Ten times a second free memory would be given back, and asked for again by the next turn: now and then will do.
  MIMALLOC_PURGE_DELAY: "10000",
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: "10000",
};

function childEnvironment(options: LaunchOptions): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.env)) if (value !== undefined) env[name] = value;
  // The child works in the home folder, so a relative path in the variable would mean another place there.
  return { ...RUNTIME_VARIABLES, ...env, CODEXUSE_HOME: options.home };
}

/** A child that is not ready in time is ended: a start that failed leaves nothing behind. */
export async function launchRuntime(options: LaunchOptions): Promise<Launch> {
  const { promise, resolve } = Promise.withResolvers<Launch>();
  const child = Bun.spawn([...options.words], {
    cwd: options.home,
    env: childEnvironment(options),
    stdio: [options.stdin === null ? "ignore" : new Blob([options.stdin]), options.log, options.log],
    detached: true,
    ipc: (message) => {
      if (message === READY_MESSAGE) resolve({ kind: "ready", pid: child.pid });
    },
    onExit: (_child, exitCode) => resolve({ kind: "exited", exitCode: exitCode ?? 1 }),
  });
  closeSync(options.log);
  const timer = setTimeout(() => resolve({ kind: "timed-out" }), options.waitMs);
  const launch = await promise;
  clearTimeout(timer);
  if (launch.kind === "timed-out") child.kill("SIGKILL");
  if (launch.kind === "ready") child.disconnect();
  child.unref();
  return launch;
}
