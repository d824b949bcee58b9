/**
 * What is left when a migration turns out wrong? Owns the `<file>.before-v<N>.bak` copies beside a database.
 */
import { Database } from "bun:sqlite";
import { readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { preparePrivateFile, syncToDisk } from "./private-file.ts";

/** Enough to go back over a few upgrades; each may be as large as the file. */
const COPIES_MAX = 3;

/**
 * Writes a consistent 0600 copy of the database at `path`, whose write lock the caller holds, and drops the oldest
 * copies. The copy has its name only when it is whole and on the disk. Throws errors of SQLite and the system.
 */
export function copyBeforeMigrating(path: string, targetVersion: number): void {
  const copyPath = `${path}.before-v${targetVersion}.bak`;
  const unfinishedPath = `${copyPath}.tmp`;
  try {
    rmSync(unfinishedPath, { force: true });
    preparePrivateFile(unfinishedPath);
    vacuumInto(path, unfinishedPath);
    syncToDisk(unfinishedPath);
    renameSync(unfinishedPath, copyPath);
  } finally {
    rmSync(unfinishedPath, { force: true });
  }
  syncToDisk(dirname(path));
  dropOldCopies(path);
}

/** Through a second connection, because SQLite does not copy from within a transaction. */
function vacuumInto(path: string, targetPath: string): void {
  const reader = new Database(path, { readonly: true, strict: true });
  try {
    using statement = reader.prepare("VACUUM INTO ?");
    statement.run(targetPath);
  } finally {
    reader.close();
  }
}

function dropOldCopies(path: string): void {
  const prefix = `${basename(path)}.before-v`;
  const versions = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && name.endsWith(".bak"))
    .map((name) => name.slice(prefix.length, -".bak".length))
    .filter((version) => /^\d+$/.test(version))
    .sort((left, right) => Number(right) - Number(left));
  for (const version of versions.slice(COPIES_MAX)) rmSync(join(dirname(path), `${prefix}${version}.bak`));
}
