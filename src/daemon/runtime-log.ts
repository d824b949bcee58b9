/**
 * What did a runtime in the background say? Owns `daemon.log` (0600) and the one older file beside it; knows nothing of
 * what the lines mean.
 */
import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../ports.ts";

const CHUNK_BYTES = 64 * 1024;
/** No matter how many lines are asked for, more than this is never read back. */
const TAIL_BYTES_MAX = 16 * 1024 * 1024;

export function logPath(home: string, runtime: Runtime): string {
  return join(home, `${runtime}.log`);
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

/** Opens the log for appending; a log over `bytesMax` is moved to `….log.1` first. Answers the file descriptor. */
export function openLog(path: string, bytesMax: number): number {
  if ((sizeOf(path) ?? 0) > bytesMax) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

/**
 * Cuts the log that this process writes to `descriptor` when it is over `bytesMax`, keeping a copy as `….log.1`. Does
 * nothing when the descriptor is another file, or a terminal.
 */
export function trimOwnLog(path: string, descriptor: number, bytesMax: number): void {
  const log = statSync(path, { throwIfNoEntry: false });
  if (log === undefined || log.size <= bytesMax) return;
  const own = fstatSync(descriptor);
  if (own.ino !== log.ino || own.dev !== log.dev) return;
  copyFileSync(path, `${path}.1`);
  ftruncateSync(descriptor, 0);
}

/** Where the last `count` lines begin, looking back no further than `TAIL_BYTES_MAX`. */
function tailStart(descriptor: number, size: number, count: number): number {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let missing = count;
  const floor = Math.max(0, size - TAIL_BYTES_MAX);
  for (let end = size; end > floor; ) {
    const start = Math.max(floor, end - CHUNK_BYTES);
    const length = readSync(descriptor, chunk, 0, end - start, start);
    for (let index = length - 1; index >= 0; index--) {
      // The newline that ends the last line begins no other.
      if (chunk[index] !== 0x0a || start + index === size - 1) continue;
      missing -= 1;
      if (missing === 0) return start + index + 1;
    }
    end = start;
  }
  return floor;
}

/** The last lines of a file and the size it had then; null when there is no such file. */
export function readTail(path: string, count: number): { readonly lines: string[]; readonly sizeBytes: number } | null {
  const sizeBytes = sizeOf(path);
  if (sizeBytes === null) return null;
  if (count === 0) return { lines: [], sizeBytes };
  const descriptor = openSync(path, "r");
  try {
    const start = tailStart(descriptor, sizeBytes, count);
    const bytes = Buffer.alloc(sizeBytes - start);
    const length = readSync(descriptor, bytes, 0, bytes.length, start);
    const text = bytes.toString("utf8", 0, length).replace(/\n$/, "");
    return { lines: text === "" ? [] : text.split("\n"), sizeBytes };
  } finally {
    closeSync(descriptor);
  }
}

/** What was added after `sizeBytes`; a file that became shorter was cut or replaced, and is read from its beginning. */
export function readAdded(path: string, sizeBytes: number): { readonly text: string; readonly sizeBytes: number } {
  const nowBytes = sizeOf(path);
  if (nowBytes === null || nowBytes === sizeBytes) return { text: "", sizeBytes: nowBytes ?? 0 };
  const start = nowBytes < sizeBytes ? 0 : sizeBytes;
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.min(nowBytes - start, TAIL_BYTES_MAX));
    const length = readSync(descriptor, bytes, 0, bytes.length, start);
    // A line that is still being written waits for its end, so that no character is cut in two.
    const end = bytes.subarray(0, length).lastIndexOf(0x0a) + 1;
    return { text: bytes.toString("utf8", 0, end), sizeBytes: start + end };
  } finally {
    closeSync(descriptor);
  }
}
