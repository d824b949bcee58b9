/**
 * What can go wrong with the files of the home folder, as data: a kind to decide by, a problem and a hint to show.
 *
 * Owns the translation of SQLite and file-system codes. Must not put contents of a file into a message.
 */
import { SQLiteError } from "bun:sqlite";
import { basename } from "node:path";

export const STORE_ERROR_KINDS = [
  "bad-home",
  "newer-file",
  "corrupt",
  "unreadable",
  "read-only",
  "locked",
  "disk-full",
  "bad-key",
  "wrong-key",
] as const;
export type StoreErrorKind = (typeof STORE_ERROR_KINDS)[number];

/** A state of the home folder that the owner can mend. `message` is the problem followed by the hint. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind;
  readonly problem: string;
  /** What to do about it: full sentences. */
  readonly hint: string;

  constructor(kind: StoreErrorKind, problem: string, hint: string, cause: unknown = null) {
    super(`${problem} ${hint}`, { cause });
    this.name = "StoreError";
    this.kind = kind;
    this.problem = problem;
    this.hint = hint;
  }
}

/** SQLite's primary result codes: the low byte of every extended code. */
const KIND_BY_SQLITE_CODE: ReadonlyMap<number, StoreErrorKind> = new Map([
  [3, "unreadable"], // PERM
  [5, "locked"], // BUSY
  [6, "locked"], // LOCKED
  [8, "read-only"], // READONLY
  [10, "unreadable"], // IOERR
  [11, "corrupt"], // CORRUPT
  [13, "disk-full"], // FULL
  [14, "unreadable"], // CANTOPEN
  [23, "unreadable"], // AUTH
  [26, "corrupt"], // NOTADB
]);

const KIND_BY_SYSTEM_CODE: ReadonlyMap<string, StoreErrorKind> = new Map([
  ["EACCES", "unreadable"],
  ["EPERM", "unreadable"],
  ["EIO", "unreadable"],
  ["EISDIR", "unreadable"],
  ["ENOENT", "unreadable"],
  ["ENOTDIR", "unreadable"],
  ["ELOOP", "unreadable"],
  ["EMFILE", "unreadable"],
  ["EROFS", "read-only"],
  ["ENOSPC", "disk-full"],
  ["EDQUOT", "disk-full"],
]);

/** The code of a failed system call such as `ENOENT`; null for every other value. */
export function systemCodeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** What an error of SQLite or of the file system means for the owner; null for anything else, which is our bug. */
export function storeErrorKindOf(error: unknown): StoreErrorKind | null {
  if (error instanceof StoreError) return error.kind;
  if (error instanceof SQLiteError) return KIND_BY_SQLITE_CODE.get(error.errno & 0xff) ?? null;
  return KIND_BY_SYSTEM_CODE.get(systemCodeOf(error) ?? "") ?? null;
}

/** Turns an error of SQLite or of the file system into a `StoreError`; anything else is our bug and stays as it is. */
export function asStoreError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const kind = storeErrorKindOf(error);
  if (kind === null) return error;
  const [problem, hint] = wordsFor(kind, path, systemCodeOf(error) ?? "unknown code");
  return new StoreError(kind, problem, hint, error);
}

function wordsFor(kind: StoreErrorKind, path: string, code: string): [problem: string, hint: string] {
  switch (kind) {
    case "corrupt":
      return [
        `${path} is damaged or is not a codexuse file (${code}). It was left as it is.`,
        `Put back a backup or a ${basename(path)}.before-v….bak copy, or move the file away to begin with a new one.`,
      ];
    case "unreadable":
      return [
        `${path} cannot be opened or read (${code}).`,
        "Check that the folder exists on a local disk and that the file belongs to you, then try again.",
      ];
    case "read-only":
      return [`${path} cannot be written (${code}).`, "Make the file and its folder writable for you, then try again."];
    case "locked":
      return [
        `${path} is held by another process (${code}).`,
        "Try again in a moment; if it stays so, look for a codexuse process that hangs and stop it.",
      ];
    case "disk-full":
      return [`${path} could not grow: the disk is full (${code}).`, "Free some space, then try again."];
    case "bad-home":
    case "newer-file":
    case "bad-key":
    case "wrong-key":
      return [`${path} cannot be used (${code}).`, "Run `codexuse doctor` for more."];
  }
}

/**
 * The same object with every method translating what it throws, so that no caller has to know SQLite's codes.
 * Only for objects of plain functions: `this` is not passed on.
 */
export function translateErrors<Store extends object>(store: Store, path: string): Store {
  const members = Object.entries(store).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === "function" ? translating(member as (...values: unknown[]) => unknown, path) : member,
  ]);
  return Object.fromEntries(members) as Store;
}

function translating(call: (...values: unknown[]) => unknown, path: string): (...values: unknown[]) => unknown {
  return (...values) => {
    try {
      return call(...values);
    } catch (error) {
      throw asStoreError(error, path);
    }
  };
}
