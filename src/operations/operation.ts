/**
 * What the owner can do, as data and one function each. The command line, the Settings page and Telegram are readings
 * of the same list, so nothing is done twice in two ways.
 */
import type { Static, TSchema } from "typebox";
import type { Invitation } from "../accounts/sign-in.ts";
import type { Clock, Endpoints, Rng, Runtime, RuntimeStore, SettingsStore, TokenSource, Upstream } from "../ports.ts";
import type { BackupResult, BackupWish } from "../store/back-up-home.ts";
import type { KeyPlace } from "../store/master-key.ts";
import type { OwnPlace, RekeyResult } from "../store/rekey.ts";
import type { RestoreResult, RestoreWish } from "../store/restore-home.ts";

/** What operations work on. Stores open on first use, so that `--help` touches no file. */
export interface Desk {
  readonly home: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly endpoints: Endpoints;
  settings(): SettingsStore;
  runtime(runtime: Runtime): RuntimeStore;
  tokens(): TokenSource;
  upstream(): Upstream;
  /**
   * Whether a runtime serves now, found out by asking it; never trusted from a file alone. `port` null looks where it was
   * pinned last, or at its default.
   */
  presence(runtime: Runtime, port: number | null): Promise<Presence>;
  /** Turns that run on the account now; null where nobody can tell, because another process serves them. */
  inFlight(accountKey: string): number | null;
  /** Where a browser may come back to after a sign-in, in the order to try. */
  readonly callbackPorts: readonly number[];
  masterKeyPlace(): KeyPlace;
  /** Makes a new master key, in the place given or where the old one lies, and seals every secret with it. */
  rekey(to: OwnPlace | null): Promise<RekeyResult>;
  /** Copies the home into one file, also while runtimes serve it. */
  backUp(wish: Pick<BackupWish, "to" | "force" | "passphrase">): BackupResult;
  /** Puts a backup in the place of the home. No runtime may serve it, and no store of this desk may be open. */
  restore(wish: Pick<RestoreWish, "from" | "force" | "passphrase">): RestoreResult;
}

/** Who can be talked to while an operation runs: a sign-in needs somebody. */
export interface Person {
  /** Says where to go to sign in. */
  invite(invitation: Invitation): void;
  /** Says something that the person has to know in the middle of it. */
  tell(text: string): void;
  /** What the person pastes, line by line. */
  readonly lines: AsyncIterable<string>;
  /** Fires when the person has had enough. */
  readonly signal: AbortSignal;
}

/** Where a runtime stands, as any process can find out. */
export interface Presence {
  readonly running: boolean;
  readonly pid: number | null;
  /** Where it serves, or would. */
  readonly port: number;
  readonly version: string | null;
  readonly startedAtMs: number | null;
}

export interface Operation<Input extends TSchema, Output extends TSchema> {
  /** Dotted path, the same as the command's words: `account-pool.keys.create`. */
  readonly name: string;
  readonly summary: string;
  readonly input: Input;
  readonly output: Output;
  /** Whether it writes anything. */
  readonly changes: boolean;
  /** Set where credentials or keys leave or change their place: only for the owner at the machine, never from afar. */
  readonly terminalOnly?: boolean;
  /** `person` is needed by operations that say so; others leave it alone. */
  run(desk: Desk, input: Static<Input>, person?: Person): Static<Output> | Promise<Static<Output>>;
}

/** Keeps the types of input and output tied together where an operation is written. */
export function defineOperation<Input extends TSchema, Output extends TSchema>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return operation;
}

export const OPERATION_ERRORS = [
  "failed",
  "usage",
  "cancelled",
  "not-running",
  "sign-in-needed",
  "not-found",
  "conflict",
] as const;
export type OperationErrorCode = (typeof OPERATION_ERRORS)[number];

/** The owner's mistake, or a state the owner can mend: said with what to do next. */
export class OperationError extends Error {
  readonly reason: OperationErrorCode;
  readonly hint: string | null;

  constructor(reason: OperationErrorCode, message: string, hint: string | null = null) {
    super(message);
    this.name = "OperationError";
    this.reason = reason;
    this.hint = hint;
  }
}
