/**
 * Everything a command may touch outside of itself, so that a test can stand in for all of it: streams, terminal,
 * signals, and the doors that the composition root opens.
 */

import type { RunningRuntime, StartOptions } from "../app.ts";
import type { Desk } from "../operations/operation.ts";
import type { Clock, Environment } from "../ports.ts";

export interface Output {
  readonly isTty: boolean;
  /** Whether to colour: a terminal, unless NO_COLOR or TERM=dumb say otherwise. */
  readonly colours: boolean;
  /** Infinity where nobody reads along. */
  readonly columns: number;
  /** Infinity where nobody reads along. */
  readonly rows: number;
  /** Resolves when the text is out, so that nothing is lost at exit. */
  write(text: string): Promise<void>;
}

export const TONES = ["info", "done", "warning", "error"] as const;
export type Tone = (typeof TONES)[number];

/** What the composition root does for commands. */
export interface Doors {
  openDesk(env: Environment): Promise<Desk>;
  /** Rejects with `conflict` when the port is taken. */
  startRuntime(options: StartOptions): Promise<RunningRuntime>;
}

export type StopSignal = "SIGINT" | "SIGTERM";

export interface CommandIo {
  readonly env: Environment;
  readonly clock: Clock;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: {
    readonly isTty: boolean;
    readText(): Promise<string>;
    /** Each line as it comes, without its end; reading begins with the first one asked for. */
    lines(): AsyncIterable<string>;
    /** Calls `listener` for each key as it is pressed, Ctrl-C included, until the answer is called. For terminals only. */
    onKey(listener: (key: string) => void): () => void;
  };
  readonly doors: Doors;
  /** How to start this very program again: executable and, from source, its script. */
  readonly self: readonly string[];
  readonly pid: number;
  /** Whether stderr goes to systemd's journal. */
  readonly stderrIsJournal: boolean;
  /** Writes one line to stderr as it is, for a machine. */
  log(line: string): void;
  /** Says one line to a person, on stderr. */
  tell(tone: Tone, text: string): void;
  /** Asks a person; only when both stdin and stderr are a terminal. */
  confirm(question: string): Promise<boolean>;
  /** Shows an address in the person's browser; false where there is none to be had. */
  openBrowser(url: string): boolean;
  /** Calls `listener` for each signal to stop until the answer is called. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void;
  /** Tells whoever started us, a process of ours or the service manager, that we serve; says nothing where nobody waits. */
  announceReady(status: string): Promise<void>;
  /** Tells the service manager that we stop. */
  announceStopping(): Promise<void>;
  /** Starts this program anew in place of this process. Never returns; null where the system cannot. */
  readonly reexec: ((env: Environment) => void) | null;
  exitNow(code: number): void;
}
