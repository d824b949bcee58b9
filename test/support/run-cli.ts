/** Runs a command line inside of the test, with everything around it pretended and kept to look at. */
import type { CommandIo, Doors, Output, StopSignal } from "../../src/commands/command-io.ts";
import { runCommandLine } from "../../src/commands/run-command-line.ts";
import { type Desk, OperationError } from "../../src/operations/operation.ts";
import type { Environment } from "../../src/ports.ts";

export interface CliOptions {
  readonly desk?: Desk;
  readonly env?: Environment;
  /** Both streams and stdin are a terminal of this many columns. */
  readonly terminal?: { readonly columns: number; readonly colours: boolean };
  /** What the person answers when asked. */
  readonly says?: boolean;
  readonly stdin?: string;
  readonly startRuntime?: Doors["startRuntime"];
  readonly self?: readonly string[];
  readonly pid?: number;
  /** Whether stderr is systemd's journal. */
  readonly journal?: boolean;
}

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly questions: readonly string[];
}

export interface TestIo extends CommandIo {
  readonly out: string[];
  readonly err: string[];
  readonly questions: string[];
  readonly exits: number[];
  readonly readiness: { count: number };
  /** Addresses shown in the browser. */
  readonly opened: string[];
  signal(name: StopSignal): void;
  press(key: string): void;
}

function anOutput(texts: string[], terminal: CliOptions["terminal"]): Output {
  return {
    isTty: terminal !== undefined,
    colours: terminal?.colours ?? false,
    columns: terminal?.columns ?? Number.POSITIVE_INFINITY,
    rows: terminal === undefined ? Number.POSITIVE_INFINITY : 24,
    write: (text) => {
      texts.push(text);
      return Promise.resolve();
    },
  };
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split("\n").filter((line) => line !== "");
}

export function aCommandIo(options: CliOptions = {}): TestIo {
  const { desk, terminal } = options;
  const out: string[] = [];
  const err: string[] = [];
  const questions: string[] = [];
  const exits: number[] = [];
  const opened: string[] = [];
  const input = options.stdin ?? "";
  const readiness = { count: 0 };
  const listeners = new Set<(signal: StopSignal) => void>();
  const keyListeners = new Set<(key: string) => void>();
  return {
    env: options.env ?? {},
    clock: desk?.clock ?? { now: () => 0, after: () => () => undefined },
    stdout: anOutput(out, terminal),
    stderr: anOutput(err, terminal),
    stdin: {
      isTty: terminal !== undefined,
      readText: () => Promise.resolve(input),
      lines: () => linesOf(input),
      onKey: (listener) => {
        keyListeners.add(listener);
        return () => keyListeners.delete(listener);
      },
    },
    doors: {
      openDesk: () => (desk === undefined ? Promise.reject(new Error("no desk in this test")) : Promise.resolve(desk)),
      startRuntime:
        options.startRuntime ?? (() => Promise.reject(new OperationError("failed", "no runtime in this test"))),
    },
    self: options.self ?? ["/nowhere/codexuse"],
    pid: options.pid ?? process.pid,
    stderrIsJournal: options.journal === true,
    log: (line) => void err.push(`${line}\n`),
    tell: (tone, text) => void err.push(`${tone}: ${text}\n`),
    confirm: (question) => {
      questions.push(question);
      return Promise.resolve(options.says === true);
    },
    openBrowser: (url) => {
      opened.push(url);
      return true;
    },
    onStopSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    announceReady: () => {
      readiness.count += 1;
      return Promise.resolve();
    },
    announceStopping: () => Promise.resolve(),
    reexec: null,
    exitNow: (code) => void exits.push(code),
    out,
    err,
    questions,
    exits,
    readiness,
    opened,
    press: (key) => {
      for (const listener of [...keyListeners]) listener(key);
    },
    signal: (name) => {
      for (const listener of [...listeners]) listener(name);
    },
  };
}

/** `line` is split at spaces; an array is taken as it is. */
export async function runCli(line: string | readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const io = aCommandIo(options);
  const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  const code = await runCommandLine(words, io);
  return { code, stdout: io.out.join(""), stderr: io.err.join(""), questions: io.questions };
}
