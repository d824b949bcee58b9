/**
 * Which process of this home serves as a runtime? Owns `daemon.pid` and `desktop.pid`: the process id and nothing else,
 * so that `kill $(cat daemon.pid)` works. The file is also the lock that keeps a home from two of one runtime.
 */
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../ports.ts";
import { isSameProcess } from "./process-age.ts";

export interface PidEntry {
  readonly pid: number;
  readonly writtenAtMs: number;
}

export function pidFilePath(home: string, runtime: Runtime): string {
  return join(home, `${runtime}.pid`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}

function readEntry(path: string): PidEntry | "absent" | "unreadable" {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    const writtenAtMs = statSync(path).mtimeMs;
    return Number.isSafeInteger(pid) && pid > 1 ? { pid, writtenAtMs } : "unreadable";
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "absent";
    throw error;
  }
}

/** The process the file names, if it still is that process; a file that names nobody any more is removed. */
export function readPidFile(home: string, runtime: Runtime, nowMs: number): PidEntry | null {
  const path = pidFilePath(home, runtime);
  const entry = readEntry(path);
  if (entry === "absent") return null;
  if (entry !== "unreadable" && isSameProcess(entry.pid, entry.writtenAtMs, nowMs)) return entry;
  rmSync(path, { force: true });
  return null;
}

/** Puts a whole file in place, or answers false where there is one: nobody ever sees it half written. */
function placeFile(path: string, pid: number): boolean {
  const unfinishedPath = `${path}.${pid}.tmp`;
  try {
    writeFileSync(unfinishedPath, `${pid}\n`, { mode: 0o600 });
    linkSync(unfinishedPath, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(unfinishedPath, { force: true });
  }
}

/** Takes the file for `pid`. Answers null when it did, else the process that has it. */
export function claimPidFile(home: string, runtime: Runtime, pid: number, nowMs: number): PidEntry | null {
  const path = pidFilePath(home, runtime);
  // Twice: the first look may find, and clear away, what a killed process left.
  for (let tries = 0; tries < 2; tries++) {
    if (placeFile(path, pid)) return null;
    const holder = readPidFile(home, runtime, nowMs);
    if (holder !== null && holder.pid !== pid) return holder;
    if (holder !== null) rmSync(path, { force: true });
  }
  return readPidFile(home, runtime, nowMs);
}

/** Gives the file back, unless somebody else has it by now. */
export function releasePidFile(home: string, runtime: Runtime, pid: number): void {
  const path = pidFilePath(home, runtime);
  const entry = readEntry(path);
  if (entry !== "absent" && entry !== "unreadable" && entry.pid === pid) rmSync(path, { force: true });
}
