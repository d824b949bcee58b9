/**
 * What survives a `kill -9`? This file opens any database of the home folder, with every setting written out.
 *
 * Owns modes, locks, journal and version of the file; must not know its tables nor which process it runs in.
 */
import { Database } from "bun:sqlite";
import { type Connection, connect } from "./connection.ts";
import { MEMORY_PATH, type Migration, migrate, refuseNewerFile } from "./migrate.ts";
import { preparePrivateFile, tightenFile } from "./private-file.ts";
import { asStoreError, storeErrorKindOf } from "./store-error.ts";

export interface OpenOptions {
  /** How long a call waits for another process that writes. The waiting blocks the event loop. */
  readonly busyMs: number;
}

/** A burst of writes may leave a large journal behind; it is cut back to this when it has been taken over. */
const JOURNAL_BYTES_MAX = 16 * 1024 * 1024;
/** The journal is taken over when it has this many pages, which stops everything for some milliseconds; about as many as fit its bound. */
const JOURNAL_PAGES = 4_000;
/** The other process needs about a millisecond for it. */
const SWITCH_PAUSE_MS = 2;

/**
 * Opens the database at `path` (or `:memory:`), makes it (0600) where it is missing, and brings it to the latest
 * version. Any number of processes may do so at once. Throws a `StoreError`; a file that cannot be used is left as it is.
 */
export function openDatabase(path: string, migrations: readonly Migration[], options: OpenOptions): Connection {
  try {
    if (path !== MEMORY_PATH) prepareFiles(path);
    const database = new Database(path, { create: true, readwrite: true, strict: true });
    try {
      // Before everything else: without it, processes that open a new file at once fail each other.
      database.run(`PRAGMA busy_timeout = ${Math.round(options.busyMs)}`);
      refuseNewerFile(database, path, migrations);
      switchToWal(database, options.busyMs);
      configure(database);
      migrate(database, path, migrations);
      return connect(database, Math.round(options.busyMs));
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw asStoreError(error, path);
  }
}

function prepareFiles(path: string): void {
  preparePrivateFile(path);
  tightenFile(`${path}-wal`);
  tightenFile(`${path}-shm`);
}

/**
 * Lets readers and one writer work side by side. For this one change SQLite does not wait as it was told: of two
 * processes that make it in the same instant one is refused at once, so we wait ourselves.
 */
function switchToWal(database: Database, busyMs: number): void {
  const deadlineMs = performance.now() + busyMs;
  for (;;) {
    try {
      database.run("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      const isBusy = storeErrorKindOf(error) === "locked";
      if (!isBusy || performance.now() >= deadlineMs) throw error;
      Bun.sleepSync(SWITCH_PAUSE_MS);
    }
  }
}

function configure(database: Database): void {
  database.run("PRAGMA foreign_keys = ON");
  // Safe against a killed process; writes that must survive a power cut ask for more (`commitSynced`).
  database.run("PRAGMA synchronous = NORMAL");
  // On macOS an ordinary sync stops at the drive's cache.
  database.run("PRAGMA fullfsync = ON");
  database.run(`PRAGMA journal_size_limit = ${JOURNAL_BYTES_MAX}`);
  database.run(`PRAGMA wal_autocheckpoint = ${JOURNAL_PAGES}`);
}
