/** Runs a program to its end, within a bound, and says what it said when something is wrong with it. */
import { tmpdir } from "node:os";

export interface ProcessRun {
  readonly words: readonly string[];
  /** Null when it had to be ended. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd: string;
  /** The whole environment: nothing is inherited but the search path. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
const TAIL_CHARS = 4_000;

const SECRETS: readonly RegExp[] = [
  /cux_pool_\w+/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\b(?:sk|at|rt|ts)[-_][\w-]{12,}/g,
  /(?<=[Bb]earer )\S+/g,
];

/** The text without anything that looks like a key or a token. */
export function redact(text: string): string {
  return SECRETS.reduce((rest, secret) => rest.replace(secret, "[secret]"), text);
}

export function tailOf(text: string): string {
  return redact(text.length > TAIL_CHARS ? `…${text.slice(-TAIL_CHARS)}` : text);
}

/** The ends of what a program said, fit for a failure's message. */
export function describeRun(run: ProcessRun): string {
  const ending = run.exitCode === null ? "was ended, for it took too long" : `ended with ${run.exitCode}`;
  return `${redact(run.words.join(" "))} ${ending}\n--- stdout\n${tailOf(run.stdout)}\n--- stderr\n${tailOf(run.stderr)}`;
}

/** Throws, with what the program said, unless it ended with this code. */
export function expectExit(run: ProcessRun, exitCode: number): ProcessRun {
  if (run.exitCode === exitCode) return run;
  throw new Error(`expected exit code ${exitCode}: ${describeRun(run)}`);
}

/** The one JSON document on stdout. */
export function jsonOf(run: ProcessRun): Record<string, unknown> {
  try {
    return JSON.parse(run.stdout);
  } catch {
    throw new Error(`no JSON document on stdout: ${describeRun(run)}`);
  }
}

/** The environment of a program that is to see nothing of this machine: search path, a home of its own, and `extra`. */
export function bareEnvironment(home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: tmpdir(), NO_COLOR: "1", ...extra };
}

/** Resolves when the program has ended; takes it down with everything it started when it does not in time. */
export async function runProcess(words: readonly string[], options: ProcessOptions): Promise<ProcessRun> {
  const stdin = options.stdin === undefined ? "ignore" : new Blob([options.stdin]);
  const child = Bun.spawn([...words], {
    cwd: options.cwd,
    env: options.env ?? bareEnvironment(options.cwd),
    stdin,
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    killGroup(child.pid);
  }, options.timeoutMs ?? TIMEOUT_MS);
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  return { words, exitCode: isOverdue ? null : exitCode, stdout, stderr };
}

/** A detached child leads a group of its own, which holds whatever it started. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!isGone) throw error;
  }
}
