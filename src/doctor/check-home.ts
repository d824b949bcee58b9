/** Is the home folder the owner's alone? Looks before any store is opened, which would mend the rights by itself. */
import { accessSync, constants, readdirSync, type Stats, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Finding, finding } from "./finding.ts";

const OTHERS_MASK = 0o077;
const FREE_BYTES_MIN = 200 * 1024 * 1024;

/** Null for a name that has gone meanwhile. */
function statOrNull(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Rights that others have. On Windows modes mean nothing. */
function openPaths(home: string, folder: Stats): string[] {
  if (process.platform === "win32") return [];
  const isOpen = (stat: Stats | null) => stat !== null && (stat.mode & OTHERS_MASK) !== 0;
  const files = readdirSync(home).map((name) => join(home, name));
  return [...(isOpen(folder) ? [home] : []), ...files.filter((path) => isOpen(statOrNull(path)))];
}

function isWritable(home: string): boolean {
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freeBytes(home: string): number {
  const { bavail, bsize } = statfsSync(home);
  return bavail * bsize;
}

export function checkHome(home: string): Finding[] {
  const folder = statOrNull(home);
  if (folder === null) return [finding("note", "home-missing", `${home} is not there yet; it is made on first use.`)];
  if (!folder.isDirectory()) {
    return [finding("error", "home-no-folder", `${home} is no folder.`, "Move it away, or set CODEXUSE_HOME.")];
  }
  const userId = process.getuid?.();
  if (userId !== undefined && folder.uid !== userId) {
    const text = `${home} belongs to user ${folder.uid}, and you are ${userId}.`;
    return [finding("error", "home-foreign", text, "Run codexuse as that user, or make the folder yours.")];
  }
  if (!isWritable(home)) {
    return [finding("error", "home-locked", `${home} cannot be written.`, `chmod u+rwx ${home}`)];
  }
  const open = openPaths(home, folder).map((path) =>
    finding("warning", "home-open", `${path} can be read by others.`, `chmod go-rwx ${path}`),
  );
  const free = freeBytes(home);
  if (free >= FREE_BYTES_MIN) return open;
  const text = `The disk of ${home} is nearly full (${Math.round(free / 1024 / 1024)} MiB left).`;
  return [...open, finding("warning", "disk-full", text, "Make room: new sign-ins could not be saved.")];
}
