/**
 * What is in this file of somebody else's? Owns reading sign-in files from disk: bounded, regular files only, symbolic
 * links followed as Codex follows them, every trouble a value. Never writes and never repeats content.
 */
import { type BigIntStats, closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { AUTH_JSON_BYTES_MAX } from "./auth-json.ts";

export const FILE_TROUBLES = ["not-found", "not-permitted", "not-a-file", "too-large", "unreadable"] as const;
export type FileTrouble = (typeof FILE_TROUBLES)[number];

export type FileContent =
  | { readonly kind: "read"; readonly bytes: Uint8Array; readonly stamp: string; readonly isPrivate: boolean }
  | { readonly kind: "trouble"; readonly trouble: FileTrouble };

export type FileStamp =
  | { readonly kind: "stamp"; readonly stamp: string }
  | { readonly kind: "trouble"; readonly trouble: FileTrouble };

/** How sign-in files are looked at; tests plug in files of their own. */
export interface LoginFiles {
  /** Changes whenever the file is replaced or rewritten; cheap. */
  stampOf(path: string): FileStamp;
  read(path: string): FileContent;
}

/** The disk's own files. */
export const DISK_LOGIN_FILES: LoginFiles = { stampOf, read };

function stampOf(path: string): FileStamp {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? { kind: "stamp", stamp: stampFrom(stats) } : { kind: "trouble", trouble: "not-a-file" };
  } catch (error) {
    return { kind: "trouble", trouble: troubleOf(error) };
  }
}

function read(path: string): FileContent {
  try {
    const stats = statSync(path, { bigint: true });
    // Asked before opening: opening a pipe would wait for its other end.
    if (!stats.isFile()) return { kind: "trouble", trouble: "not-a-file" };
    if (stats.size > AUTH_JSON_BYTES_MAX) return { kind: "trouble", trouble: "too-large" };
    const bytes = readAtMost(path, AUTH_JSON_BYTES_MAX + 1);
    const isPrivate = process.platform === "win32" || (stats.mode & 0o077n) === 0n;
    return { kind: "read", bytes, stamp: stampFrom(stats), isPrivate };
  } catch (error) {
    return { kind: "trouble", trouble: troubleOf(error) };
  }
}

function stampFrom(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
}

/** A file may grow between the look at its size and the reading of it. */
function readAtMost(path: string, bytesMax: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(bytesMax);
    let length = 0;
    for (;;) {
      const count = readSync(file, bytes, length, bytesMax - length, null);
      length += count;
      if (count === 0 || length === bytesMax) return bytes.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

function troubleOf(error: unknown): FileTrouble {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
    case "ENOTDIR":
      return "not-found";
    case "EACCES":
    case "EPERM":
      return "not-permitted";
    case "EISDIR":
      return "not-a-file";
    default:
      return "unreadable";
  }
}

const FOLDER_ENTRIES_MAX = 1_000;

export type FoundFiles =
  | { readonly kind: "found"; readonly paths: readonly string[] }
  | { readonly kind: "trouble"; readonly trouble: FileTrouble };

/**
 * The sign-in files a path means, sorted: itself; the auth.json of a Codex home and nothing else of it; or else every
 * `*.json` of the folder and the auth.json of every folder in it.
 */
export function findLoginFiles(path: string): FoundFiles {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return { kind: "found", paths: [path] };
    if (!stats.isDirectory()) return { kind: "trouble", trouble: "not-a-file" };
    const home = join(path, "auth.json");
    if (isFile(home)) return { kind: "found", paths: [home] };
    const entries = readdirSync(path).toSorted().slice(0, FOLDER_ENTRIES_MAX);
    const paths = entries.map((entry) => loginFileOf(path, entry)).filter((found) => found !== null);
    return { kind: "found", paths };
  } catch (error) {
    return { kind: "trouble", trouble: troubleOf(error) };
  }
}

function loginFileOf(folder: string, entry: string): string | null {
  const path = join(folder, entry);
  if (/\.json$/i.test(entry) && isFile(path)) return path;
  const home = join(path, "auth.json");
  return isFile(home) ? home : null;
}

/** What cannot be looked at (a closed folder, a loop of links) is no sign-in file. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
