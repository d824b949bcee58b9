/**
 * Which shape does the file have, and how does it get today's? Owns `user_version`; forward only.
 */
import type { Database } from "bun:sqlite";
import { copyBeforeMigrating } from "./copy-before-migrating.ts";
import { StoreError } from "./store-error.ts";

/** One step from the version before to `version`; published ones are never edited. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const MEMORY_PATH = ":memory:";

/** Throws a `StoreError` "newer-file" for a file that a newer program has written. Only reads. */
export function refuseNewerFile(database: Database, path: string, migrations: readonly Migration[]): void {
  const version = readVersion(database);
  const latest = latestOf(migrations);
  if (version <= latest) return;
  throw new StoreError(
    "newer-file",
    `${path} was written by a newer codexuse (format ${version}, this one knows ${latest}). It was left as it is.`,
    "Use that newer version; or, to go back, stop it and put back the .before-v….bak copy beside the file.",
  );
}

/**
 * Brings the file to the latest version in one transaction: all of it happens or nothing. A file that holds something
 * is copied first. Several processes may do this at once: the first one migrates, the others find it done.
 */
export function migrate(database: Database, path: string, migrations: readonly Migration[]): void {
  if (readVersion(database) === latestOf(migrations)) return;
  database
    .transaction(() => {
      // Again, now with the lock: another process may have been faster, with this program or a newer one.
      refuseNewerFile(database, path, migrations);
      const version = readVersion(database);
      const pending = migrations.filter((migration) => migration.version > version);
      if (pending.length === 0) return;
      if (path !== MEMORY_PATH && !isEmpty(database)) copyBeforeMigrating(path, latestOf(migrations));
      for (const migration of pending) {
        database.run(migration.sql);
        database.run(`PRAGMA user_version = ${migration.version}`);
      }
    })
    .immediate();
}

function latestOf(migrations: readonly Migration[]): number {
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) throw new Error(`migration ${migration.version} is not number ${index + 1}`);
  });
  return migrations.length;
}

function readVersion(database: Database): number {
  using statement = database.prepare<{ user_version: number }, []>("PRAGMA user_version");
  return statement.get()?.user_version ?? 0;
}

function isEmpty(database: Database): boolean {
  using statement = database.prepare<{ objects: number }, []>("SELECT count(*) AS objects FROM sqlite_schema");
  return statement.get()?.objects === 0;
}
