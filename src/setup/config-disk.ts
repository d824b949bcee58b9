/**
 * How are files of other programs read and replaced? Whole or not at all, through symbolic links, with the mode they had.
 * An interface, so that tests can make any step fail.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

export interface ConfigDisk {
  /** Null when there is no such file. Throws the system's error otherwise. */
  read(path: string): Buffer | null;
  /** Mode of a file, null when there is none. */
  modeOf(path: string): number | null;
  /** Where a path leads, symbolic links followed; the path itself while there is nothing. */
  resolve(path: string): string;
  /** Replaces the file as a whole, on the disk when it answers. */
  replace(path: string, bytes: Uint8Array, mode: number): void;
  remove(path: string): void;
  /** The topmost folder that would have to be made for this one; null when it is there. */
  missingFolder(path: string): string | null;
  makeFolder(path: string): void;
  removeEmptyFolder(path: string): void;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}

/** What a write that was cut off leaves behind; the next one takes it away. */
export function unfinishedPath(path: string): string {
  return `${path}.codexuse.tmp`;
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function resolve(path: string): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return existsSync(path) || isLink ? realpathSync(path) : path;
}

function missingFolder(path: string): string | null {
  if (existsSync(path)) return null;
  return missingFolder(dirname(path)) ?? path;
}

function replace(path: string, bytes: Uint8Array, mode: number): void {
  const unfinished = unfinishedPath(path);
  rmSync(unfinished, { force: true });
  const descriptor = openSync(unfinished, "wx", mode);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, path);
}

function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    // Somebody else has put something there, or taken it away.
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(String(codeOf(error)))) throw error;
  }
}

export const CONFIG_DISK: ConfigDisk = {
  read,
  modeOf: (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : stat.mode & 0o777;
  },
  resolve,
  replace,
  remove: (path) => {
    rmSync(unfinishedPath(path), { force: true });
    rmSync(path, { force: true });
  },
  missingFolder,
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  removeEmptyFolder,
};
