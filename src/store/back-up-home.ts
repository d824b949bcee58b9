/**
 * How is a home copied while it is in use? Each database by SQLite itself, which gives the state of one instant, put into
 * one file that appears whole or not at all. Owns what goes into a backup and what does not.
 */
import { Database } from "bun:sqlite";
import { closeSync, existsSync, lstatSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LIMITS } from "../limits.ts";
import { BACKUP_PARTS, type BackupManifest, type BackupPart, writeBackup } from "./backup-file.ts";
import { sealWithPassphrase } from "./passphrase.ts";
import { preparePrivateFile, syncToDisk } from "./private-file.ts";
import { type KeySource, keyIdIn, keyIdOf } from "./seal.ts";
import { asStoreError, StoreError } from "./store-error.ts";

export interface BackupWish {
  /** Absolute path of the file to make. */
  readonly to: string;
  /** Whether a file that is there may be replaced. */
  readonly force: boolean;
  /** Seals the master key into the backup; null leaves it out. */
  readonly passphrase: string | null;
  readonly nowMs: number;
  readonly version: string;
}

export type BackupResult =
  | { readonly kind: "done"; readonly manifest: BackupManifest; readonly bytes: number }
  | { readonly kind: "taken" }
  /** The home has no settings yet. */
  | { readonly kind: "nothing" };

/** Throws a `StoreError`; a backup that could not be finished leaves nothing behind. */
export function backUpHome(home: string, keys: KeySource, wish: BackupWish): BackupResult {
  const parts = BACKUP_PARTS.filter((part) => existsSync(join(home, part)));
  if (!parts.includes("settings.sqlite")) return { kind: "nothing" };
  if (!wish.force && isThere(wish.to)) return { kind: "taken" };
  try {
    return copyAll(home, keys, wish, parts);
  } catch (error) {
    throw asStoreError(error, wish.to);
  }
}

/** A link that leads nowhere counts too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function copyAll(home: string, keys: KeySource, wish: BackupWish, parts: readonly BackupPart[]): BackupResult {
  // Beside the file, for it must be on the same disk to be renamed there.
  const folder = mkdtempSync(join(dirname(wish.to), `.${basename(wish.to)}-`));
  try {
    for (const part of parts) copyDatabase(join(home, part), join(folder, part));
    const keyId = findKeyId(join(folder, "settings.sqlite"));
    const manifest: BackupManifest = {
      madeAt: new Date(wish.nowMs).toISOString(),
      version: wish.version,
      keyId,
      key: wish.passphrase === null ? null : sealWithPassphrase(findKey(keys, keyId), wish.passphrase),
      parts: parts.map((name) => ({ name, bytes: statSync(join(folder, name)).size })),
    };
    const whole = join(folder, "whole");
    const descriptor = openSync(whole, "wx", 0o600);
    try {
      const paths = parts.map((part) => join(folder, part));
      writeBackup(descriptor, manifest, paths);
    } finally {
      closeSync(descriptor);
    }
    if (!wish.force && isThere(wish.to)) return { kind: "taken" };
    renameSync(whole, wish.to);
    syncToDisk(dirname(wish.to));
    return { kind: "done", manifest, bytes: statSync(wish.to).size };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyDatabase(from: string, to: string): void {
  preparePrivateFile(to);
  const reader = new Database(from, { readonly: true, strict: true });
  try {
    reader.run(`PRAGMA busy_timeout = ${LIMITS.sqliteBusyMs}`);
    using statement = reader.prepare("VACUUM INTO ?");
    statement.run(to);
  } finally {
    reader.close();
  }
  dropResponses(to);
}

/** What was said is kept for a day; in a backup it would be kept for as long as the backup is. */
function dropResponses(path: string): void {
  const copy = new Database(path, { strict: true });
  try {
    using table = copy.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'responses'");
    if (table.get() === null) return;
    copy.run("PRAGMA foreign_keys = ON");
    copy.run("DELETE FROM responses");
    copy.run("VACUUM");
  } finally {
    copy.close();
  }
}

/** All secrets of a home are sealed with one key; null when there is no secret. */
function findKeyId(settingsPath: string): string | null {
  const copy = new Database(settingsPath, { readonly: true, strict: true });
  try {
    using statement = copy.prepare<{ sealed: Uint8Array }, []>("SELECT sealed FROM credentials LIMIT 1");
    const row = statement.get();
    return row === null ? null : keyIdIn(row.sealed);
  } finally {
    copy.close();
  }
}

function findKey(keys: KeySource, keyId: string | null): Uint8Array {
  const all = keys.keys();
  const key = keyId === null ? all[0] : all.find((one) => keyIdOf(one) === keyId);
  if (key !== undefined) return key;
  throw new StoreError(
    "wrong-key",
    "The master key that the saved sign-ins are encrypted with is not here, so it cannot be put into the backup.",
    "Put it back first, or leave --passphrase out.",
  );
}
