/**
 * How does a backup become the home without a moment in which a kill leaves half of each?
 *
 * Owns the order: the backup is read and checked to its end; its parts are laid out beside the old files
 * (`restore.staged/`) and opened once; then one small file (`restore.commit`) says that they count. From that instant
 * whoever opens the home first finishes the exchange, so that everybody sees the old files or the new ones. What was there
 * goes into a folder of its own. Within the home all the way: its parent folder may not be ours to write to.
 */
import { Database, SQLiteError } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../limits.ts";
import { BACKUP_PARTS, type BackupManifest, type BackupPart, readBackup } from "./backup-file.ts";
import { ensureHome } from "./home.ts";
import { keyPath, replaceKeyFile } from "./key-file.ts";
import { openWithPassphrase } from "./passphrase.ts";
import { syncToDisk } from "./private-file.ts";
import { openRuntimeStore } from "./runtime-store.ts";
import { createSealer, keyIdOf } from "./seal.ts";
import { openSettingsStore } from "./settings-store.ts";
import { asStoreError, StoreError, storeErrorKindOf } from "./store-error.ts";

export interface RestoreWish {
  /** Absolute path of the backup. */
  readonly from: string;
  /** Whether a home that is in use may be replaced; its files are kept aside. */
  readonly force: boolean;
  /** Opens the master key in the backup; null leaves it there. */
  readonly passphrase: string | null;
  readonly nowMs: number;
  /** Keys that can be had here without the backup's. */
  readonly keys: readonly Uint8Array[];
}

export type RestoreResult =
  | {
      readonly kind: "done";
      readonly manifest: BackupManifest;
      /** Folder of what was there before; null when there was nothing. */
      readonly aside: string | null;
      readonly signIns: number;
      /** Sign-ins that no key at hand opens. */
      readonly locked: number;
    }
  /** Nothing was changed. */
  | { readonly kind: "taken" };

/** The step that tests end the process around. */
export type Move = (from: string, to: string) => void;

/** What the new files push aside. */
const PLACES = [...BACKUP_PARTS, "master.key"] as const;
type Place = (typeof PLACES)[number];
const BESIDE: Readonly<Record<Place, readonly string[]>> = {
  "settings.sqlite": ["", "-wal", "-shm", "-journal"],
  "daemon.sqlite": ["", "-wal", "-shm", "-journal"],
  "desktop.sqlite": ["", "-wal", "-shm", "-journal"],
  // A change of the key that was cut off belongs to the old home.
  "master.key": ["", ".next"],
};

interface Commit {
  readonly places: readonly Place[];
  /** Name of the folder, within the home. */
  readonly aside: string;
}

const stagedPath = (home: string): string => join(home, "restore.staged");
const commitPath = (home: string): string => join(home, "restore.commit");

/** Whether there is anything a restore would push aside. A master key alone waits for the sign-ins that it opens. */
function isHomeInUse(home: string): boolean {
  return BACKUP_PARTS.some((part) => existsSync(join(home, part)));
}

/** Throws a `StoreError`, and then nothing was changed. The caller sees to it that no runtime serves this home. */
export function restoreHome(home: string, wish: RestoreWish, move: Move = renameSync): RestoreResult {
  const descriptor = openBackup(wish.from);
  try {
    const manifest = readBackup(wish.from, descriptor, null);
    const key = openKey(manifest, wish.passphrase);
    if (!wish.force && isHomeInUse(home)) return { kind: "taken" };
    ensureHome(home);
    finishRestore(home, move);
    for (const part of BACKUP_PARTS) settle(join(home, part));
    const found = stage(home, wish, descriptor, key);
    const aside = commit(home, manifest, key !== null, wish.nowMs, move);
    finishRestore(home, move);
    return { kind: "done", manifest, aside: existsSync(aside) ? aside : null, ...found };
  } finally {
    closeSync(descriptor);
  }
}

function openBackup(path: string): number {
  try {
    // Not opened unless it is one: to open a pipe is to wait for somebody to write.
    if (!statSync(path).isFile()) throw new StoreError("corrupt", `${path} is not a file.`, "Name a backup.");
    return openSync(path, "r");
  } catch (error) {
    throw asStoreError(error, path);
  }
}

function openKey({ key }: BackupManifest, passphrase: string | null): Uint8Array | null {
  if (passphrase === null) return null;
  if (key !== null) return openWithPassphrase(key, passphrase);
  throw new StoreError("wrong-key", "There is no master key in this backup.", "Leave --passphrase out.");
}

/**
 * Takes the old file's journal into the file, which SQLite does only while nobody else has it open. A file that is damaged
 * may be the very reason for the restore.
 */
function settle(path: string): void {
  if (!existsSync(path)) return;
  try {
    const database = new Database(path, { readwrite: true, strict: true });
    try {
      database.run(`PRAGMA busy_timeout = ${LIMITS.sqliteBusyMs}`);
      database.run("PRAGMA journal_mode = DELETE");
    } finally {
      database.close();
    }
  } catch (error) {
    const kind = storeErrorKindOf(error);
    if (kind !== "corrupt") throw asStoreError(error, path);
  }
}

/** Lays the new files out, whole and checked. */
function stage(
  home: string,
  wish: RestoreWish,
  descriptor: number,
  key: Uint8Array | null,
): { readonly signIns: number; readonly locked: number } {
  const folder = stagedPath(home);
  rmSync(folder, { recursive: true, force: true });
  try {
    mkdirSync(folder, { mode: 0o700 });
    const manifest = readInto(folder, wish.from, descriptor);
    if (key !== null) replaceKeyFile(keyPath(folder), { kind: "key", keyId: keyIdOf(key), key });
    const found = openOnce(folder, manifest, key === null ? wish.keys : [key, ...wish.keys]);
    for (const name of readdirSync(folder)) syncToDisk(join(folder, name));
    syncToDisk(folder);
    return found;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw isForeign(error) ? foreignDatabase(wish.from, error) : asStoreError(error, folder);
  }
}

/** A sound database that has not the tables of ours. */
function isForeign(error: unknown): boolean {
  return error instanceof SQLiteError && storeErrorKindOf(error) === null;
}

function foreignDatabase(path: string, cause: unknown): StoreError {
  return new StoreError("corrupt", `A database in ${path} is not one of codexuse.`, "Use another backup.", cause);
}

/** Read a second time, and checked again: what was checked may have been exchanged since. */
function readInto(folder: string, from: string, descriptor: number): BackupManifest {
  const open = new Set<number>();
  try {
    return readBackup(from, descriptor, (part) => {
      const target = openSync(join(folder, part), "wx", 0o600);
      open.add(target);
      return (bytes) => {
        for (let done = 0; done < bytes.length; ) done += writeSync(target, bytes, done);
      };
    });
  } finally {
    for (const target of open) closeSync(target);
  }
}

/** Brings each file to the current format, reads all of it, and tries the keys on the sign-ins. */
function openOnce(
  folder: string,
  manifest: BackupManifest,
  keys: readonly Uint8Array[],
): { readonly signIns: number; readonly locked: number } {
  const sealer = createSealer({ keys: () => (keys.length === 0 ? [randomBytes(32)] : keys) });
  const settings = openSettingsStore(folder, { sealer });
  try {
    refuseDamage("settings.sqlite", settings.damage());
    const profiles = settings.profiles();
    const locked = profiles.filter(({ id }) => isLocked(() => settings.credential(id)));
    for (const runtime of ["daemon", "desktop"] as const) {
      if (manifest.parts.some(({ name }) => name === `${runtime}.sqlite`)) checkRuntime(folder, runtime);
    }
    return { signIns: profiles.length, locked: locked.length };
  } finally {
    settings.close();
  }
}

function isLocked(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (error instanceof StoreError && error.kind === "wrong-key") return true;
    throw error;
  }
}

function checkRuntime(folder: string, runtime: "daemon" | "desktop"): void {
  const store = openRuntimeStore(folder, runtime);
  try {
    refuseDamage(`${runtime}.sqlite`, store.damage());
  } finally {
    store.close();
  }
}

function refuseDamage(part: BackupPart, damage: readonly string[]): void {
  if (damage.length === 0) return;
  throw new StoreError("corrupt", `The ${part} in this backup is damaged.`, "Use another backup.");
}

/** From the rename on the new files count. Answers where the old ones go. */
function commit(home: string, manifest: BackupManifest, withKey: boolean, nowMs: number, move: Move): string {
  const at = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const places: Place[] = manifest.parts.map(({ name }) => name);
  if (withKey) places.push("master.key");
  const planned: Commit = { places, aside: `before-restore-${at}` };
  const unfinishedPath = `${commitPath(home)}.tmp`;
  rmSync(unfinishedPath, { force: true });
  const descriptor = openSync(unfinishedPath, "wx", 0o600);
  try {
    writeSync(descriptor, JSON.stringify(planned));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  move(unfinishedPath, commitPath(home));
  syncToDisk(home);
  return join(home, planned.aside);
}

/**
 * Finishes a restore that has been committed, if there is one; else costs one look. To be called before any file of the
 * home is opened. Any number of processes may come here at once: one of them works, the others wait.
 */
export function finishRestore(home: string, move: Move = renameSync): void {
  if (!existsSync(commitPath(home))) return;
  const lock = new Database(join(home, "restore.lock"), { create: true, readwrite: true, strict: true });
  try {
    lock.run(`PRAGMA busy_timeout = ${LIMITS.sqliteBusyMs}`);
    lock
      .transaction(() => {
        const planned = readCommit(home);
        if (planned !== null) exchange(home, planned, move);
      })
      .exclusive();
  } catch (error) {
    // Whoever finished took the lock's file away, under those who waited for it.
    if (existsSync(commitPath(home))) throw asStoreError(error, commitPath(home));
  } finally {
    lock.close();
  }
}

/** Null when somebody else has finished meanwhile. */
function readCommit(home: string): Commit | null {
  const path = commitPath(home);
  if (!existsSync(path)) return null;
  const { places, aside }: Commit = JSON.parse(readFileSync(path, "utf8"));
  return { places: PLACES.filter((place) => places.includes(place)), aside };
}

function exchange(home: string, { places, aside }: Commit, move: Move): void {
  const staged = stagedPath(home);
  for (const place of PLACES) {
    const isNew = places.includes(place);
    // Without one of its own the backup's sign-ins may need the key that is here.
    if (place === "master.key" && !isNew) continue;
    // Its turn came before the process that did it was killed.
    if (isNew && !existsSync(join(staged, place))) continue;
    pushAside(home, place, join(home, aside), move);
    if (isNew) move(join(staged, place), join(home, place));
  }
  if (existsSync(join(home, aside))) syncToDisk(join(home, aside));
  syncToDisk(home);
  rmSync(commitPath(home));
  rmSync(staged, { recursive: true, force: true });
  rmSync(join(home, "restore.lock"), { force: true });
  syncToDisk(home);
}

function pushAside(home: string, place: Place, aside: string, move: Move): void {
  for (const ending of BESIDE[place]) {
    const path = join(home, `${place}${ending}`);
    if (!existsSync(path)) continue;
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    move(path, join(aside, `${place}${ending}`));
  }
}
