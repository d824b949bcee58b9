/** The real terminal, signals and streams behind a `CommandIo`. Owns nothing but the translation. */
import { fstatSync } from "node:fs";
import { createInterface as createLineReader } from "node:readline";
import { createInterface } from "node:readline/promises";
import { type ConsolaReporter, createConsola } from "consola";
import { SYSTEM_CLOCK } from "../clock.ts";
import { READY_MESSAGE } from "../daemon/launch-runtime.ts";
import { openServiceManager } from "../daemon/service-manager.ts";
import { OperationError } from "../operations/operation.ts";
import type { Environment } from "../ports.ts";
import { browserWords } from "./browser-words.ts";
import type { CommandIo, Doors, Output, StopSignal, Tone } from "./command-io.ts";
import { paintWith, type Style, wrap } from "./terminal-text.ts";

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

const TONE_TYPES = { info: "info", done: "success", warning: "warn", error: "error" } as const satisfies Record<
  Tone,
  string
>;
/** What stands before a line, by consola's type of it. */
const PREFIXES: Readonly<Record<string, readonly [Style, string]>> = {
  success: ["green", "✔ "],
  warn: ["yellow", "warning: "],
  error: ["red", "error: "],
};

function wantsColours(env: Environment, isTty: boolean): boolean {
  return isTty && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}

function openOutput(stream: NodeJS.WriteStream, file: Bun.BunFile, env: Environment): Output {
  const isTty = stream.isTTY === true;
  return {
    isTty,
    colours: wantsColours(env, isTty),
    // Asked each time: people resize their windows.
    get columns() {
      return isTty ? stream.columns || 80 : Number.POSITIVE_INFINITY;
    },
    get rows() {
      return isTty ? stream.rows || 24 : Number.POSITIVE_INFINITY;
    },
    async write(text) {
      try {
        // The stream's own `write` loses what a slow pipe has not taken when the process exits.
        await Bun.write(file, text);
      } catch (error) {
        // Whoever reads has seen enough, as in `| head -1`.
        if (codeOf(error) === "EPIPE") return;
        throw new OperationError("failed", `The output could not be written (${codeOf(error) ?? "unknown reason"}).`);
      }
    },
  };
}

/** One line each, no icons, nothing held back: what a person reads and a log keeps. */
function createReporter(output: Output): ConsolaReporter {
  const paint = paintWith(output.colours);
  return {
    log(entry, { options }) {
      const [style, prefix] = PREFIXES[entry.type] ?? ["dim", ""];
      const { columns } = output;
      const said = `${prefix}${entry.args.map(String).join(" ")}`;
      // A log in a file is as wide as its lines, and may get one for every turn.
      const isWide = columns === Number.POSITIVE_INFINITY;
      const text = isWide
        ? said
        : said
            .split("\n")
            .flatMap((line) => wrap(line, columns))
            .join("\n");
      options.stderr?.write(`${paint(style, text.slice(0, prefix.length))}${text.slice(prefix.length)}\n`);
    },
  };
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const reply = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(reply.trim());
  } finally {
    terminal.close();
  }
}

/** Not as a terminal's own editor, which would take Ctrl-C for itself. */
async function* readLines(): AsyncGenerator<string> {
  const lines = createLineReader({ input: process.stdin, terminal: false });
  try {
    yield* lines;
  } finally {
    lines.close();
  }
}

function openBrowser(env: Environment, url: string): boolean {
  const [program, ...rest] = browserWords(process.platform, env, url) ?? [];
  const path = program === undefined ? null : Bun.which(program);
  if (path === null) return false;
  try {
    Bun.spawn([path, ...rest], { stdio: ["ignore", "ignore", "ignore"], detached: true }).unref();
    return true;
  } catch {
    // A browser is a convenience: the address has been said.
    return false;
  }
}

/** In this mode the terminal gives every key at once, and Ctrl-C as a key. */
function onKey(listener: (key: string) => void): () => void {
  const { stdin } = process;
  if (stdin.isTTY !== true) return () => undefined;
  const hear = (bytes: Buffer) => listener(bytes.toString("utf8"));
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on("data", hear);
  return () => {
    stdin.off("data", hear);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

function onStopSignal(listener: (signal: StopSignal) => void): () => void {
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, listener);
  };
}

/** From source the script is ours to name; a built file carries it inside. */
function selfWords(): string[] {
  const isBuilt = /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/.test(Bun.main);
  return isBuilt ? [process.execPath] : [process.execPath, Bun.main];
}

function definedOnly(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function reexec(env: Environment): void {
  const words = [...selfWords(), ...process.argv.slice(2)];
  process.execve?.(process.execPath, words, definedOnly(env));
}

function tellParent(): void {
  if (process.send === undefined) return;
  process.send(READY_MESSAGE);
  process.disconnect?.();
}

/** systemd names the socket it reads; a stderr that was led elsewhere since is another file. */
export function isJournal(env: Environment, stderr: { readonly dev: number; readonly ino: number }): boolean {
  return env["JOURNAL_STREAM"] === `${stderr.dev}:${stderr.ino}`;
}

/** `doors` come from the composition root. */
export function openProcessIo(doors: Doors): CommandIo {
  const env = process.env;
  const stderr = openOutput(process.stderr, Bun.stderr, env);
  const serviceManager = openServiceManager(env, process.pid);
  // Both streams on stderr: stdout is for values only.
  const speaker = createConsola({
    stdout: process.stderr,
    stderr: process.stderr,
    throttle: 0,
    reporters: [createReporter(stderr)],
  });
  return {
    env,
    clock: SYSTEM_CLOCK,
    stdout: openOutput(process.stdout, Bun.stdout, env),
    stderr,
    stdin: { isTty: process.stdin.isTTY === true, readText: () => Bun.stdin.text(), lines: readLines, onKey },
    doors,
    self: selfWords(),
    pid: process.pid,
    stderrIsJournal: env["JOURNAL_STREAM"] !== undefined && isJournal(env, fstatSync(process.stderr.fd)),
    log: (line) => void process.stderr.write(`${line}\n`),
    tell: (tone, text) => speaker[TONE_TYPES[tone]](text),
    confirm,
    openBrowser: (url) => openBrowser(env, url),
    onStopSignal,
    announceReady: async (status) => {
      tellParent();
      await serviceManager.ready(status);
    },
    announceStopping: () => serviceManager.stopping(),
    reexec: typeof process.execve === "function" && process.platform !== "win32" ? reexec : null,
    exitNow: (code) => process.exit(code),
  };
}
