/**
 * Who may read our files? Owns modes and syncing of single files: 0600, whatever the umask says.
 *
 * Must never open a database that SQLite may have open in this process: closing any descriptor of a file drops all
 * POSIX locks the process holds on it, and another process could then take the file for unused.
 */
import { chmodSync, closeSync, fsyncSync, openSync, statSync } from "node:fs";
import { systemCodeOf } from "./store-error.ts";

const PRIVATE_MODE = 0o600;
const OTHERS_MASK = 0o077;

/**
 * Makes an empty 0600 file, or takes the rights of group and others from the one that is there. SQLite gives its
 * `-wal` and `-shm` files the mode of the database, so this has to come before SQLite's first look.
 */
export function preparePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", PRIVATE_MODE));
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
    tightenFile(path);
  }
}

/** Takes the rights of group and others away; does nothing when there is no such file. Throws the system's error. */
export function tightenFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() && (stat.mode & OTHERS_MASK) !== 0) chmodSync(path, PRIVATE_MODE);
}

/** Forces a file's bytes, or a folder's list of names, onto the disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
