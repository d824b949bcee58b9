import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../../../src/store/connection.ts";
import type { Migration } from "../../../src/store/migrate.ts";
import { openDatabase } from "../../../src/store/open.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { useTempHome } from "../../support/temp-home.ts";

const STEPS: readonly Migration[] = [
  { version: 1, sql: "CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES ('first');" },
  { version: 2, sql: "ALTER TABLE notes ADD COLUMN stars INTEGER;" },
  { version: 3, sql: "CREATE TABLE tags (name TEXT) STRICT;" },
  { version: 4, sql: "CREATE TABLE links (url TEXT) STRICT;" },
  { version: 5, sql: "CREATE TABLE ends (at REAL) STRICT;" },
];
const OPTIONS = { busyMs: 50 };

describe("openDatabase()", () => {
  test("sets everything that SQLite leaves off", () => {
    const connection = openDatabase(join(useTempHome(), "a.sqlite"), STEPS, { busyMs: 1_234 });
    expect(pragma(connection, "journal_mode")).toBe("wal");
    expect(pragma(connection, "busy_timeout")).toBe(1_234);
    expect(pragma(connection, "foreign_keys")).toBe(1);
    expect(pragma(connection, "synchronous")).toBe(1);
    expect(pragma(connection, "user_version")).toBe(5);
    expect(pragma(connection, "journal_size_limit")).toBe(16 * 1024 * 1024);
    connection.close();
  });

  test("refuses a statement with a parameter missing instead of writing null", () => {
    const connection = openDatabase(":memory:", STEPS, OPTIONS);
    const insert = connection.prepare("INSERT INTO notes (text, stars) VALUES ($text, $stars)");
    expect(() => insert.run({ text: "x" })).toThrow("stars");
  });

  test("makes all its files for the owner alone, and tightens those that are there (trap 45)", () => {
    const path = join(useTempHome(), "a.sqlite");
    writeFileSync(path, "", { mode: 0o644 });
    const connection = openDatabase(path, STEPS, OPTIONS);
    connection.commit(() => undefined);
    for (const suffix of ["", "-wal", "-shm"]) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    connection.close();
  });

  test("close() gives every descriptor back and leaves one file", () => {
    const home = useTempHome();
    const connection = openDatabase(join(home, "a.sqlite"), STEPS, OPTIONS);
    connection.prepare("SELECT * FROM notes").all();
    connection.close();
    expect(readdirSync(home)).toEqual(["a.sqlite"]);
    if (process.platform === "linux") expect(openFilesBelow(home)).toEqual([]);
  });
});

describe("a file that cannot be used", () => {
  test("by a newer program is left as it is, byte by byte", () => {
    const home = useTempHome();
    const path = join(home, "a.sqlite");
    openDatabase(path, STEPS, OPTIONS).close();
    const before = readFileSync(path);
    const error = errorOf(() => openDatabase(path, STEPS.slice(0, 4), OPTIONS));
    expect(error.kind).toBe("newer-file");
    expect(error.message).toContain("format 5, this one knows 4");
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(home)).toEqual(["a.sqlite"]);
  });

  test("because it is no database says so and is left as it is", () => {
    const path = join(useTempHome(), "a.sqlite");
    const text = "dear diary, ".repeat(500);
    writeFileSync(path, text);
    const error = errorOf(() => openDatabase(path, STEPS, OPTIONS));
    expect(error.kind).toBe("corrupt");
    expect(error.message).not.toContain("diary");
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("because a folder has its name says so", () => {
    const path = join(useTempHome(), "a.sqlite");
    mkdirSync(path, { mode: 0o755 });
    expect(errorOf(() => openDatabase(path, STEPS, OPTIONS)).kind).toBe("unreadable");
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  test("because its folder is missing says so", () => {
    expect(errorOf(() => openDatabase(join(useTempHome(), "none", "a"), STEPS, OPTIONS)).kind).toBe("unreadable");
  });

  test("because another process holds it while it must be migrated says so (trap 45)", () => {
    const path = join(useTempHome(), "a.sqlite");
    openDatabase(path, STEPS.slice(0, 1), OPTIONS).close();
    using holder = new Database(path);
    holder.run("BEGIN IMMEDIATE");
    expect(errorOf(() => openDatabase(path, STEPS, OPTIONS)).kind).toBe("locked");
    holder.run("ROLLBACK");
    openDatabase(path, STEPS, OPTIONS).close();
  });

  test("because another process reads it in the old journal mode says so, after the wait it was given", () => {
    const path = join(useTempHome(), "a.sqlite");
    using holder = new Database(path);
    holder.run("CREATE TABLE a (x)");
    holder.run("BEGIN");
    holder.query("SELECT * FROM a").all();
    expect(errorOf(() => openDatabase(path, STEPS, OPTIONS)).kind).toBe("locked");
    holder.run("COMMIT");
    openDatabase(path, STEPS, OPTIONS).close();
  });
});

describe("migrating", () => {
  test("copies a file that holds something first, for the owner alone", () => {
    const path = join(useTempHome(), "a.sqlite");
    openDatabase(path, STEPS.slice(0, 1), OPTIONS).close();
    const connection = openDatabase(path, STEPS.slice(0, 2), OPTIONS);
    expect(connection.prepare("SELECT text, stars FROM notes").all()).toEqual([{ text: "first", stars: null }]);
    connection.close();
    const copy = `${path}.before-v2.bak`;
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const old = openDatabase(copy, STEPS.slice(0, 1), OPTIONS);
    expect(pragma(old, "user_version")).toBe(1);
    expect(old.prepare("SELECT * FROM notes").all()).toEqual([{ text: "first" }]);
    old.close();
  });

  test("copies what still lies in the journal of a running process, too", () => {
    const path = join(useTempHome(), "a.sqlite");
    const running = openDatabase(path, STEPS.slice(0, 1), OPTIONS);
    running.commit(() => running.prepare("INSERT INTO notes VALUES ('fresh')").run());
    openDatabase(path, STEPS.slice(0, 2), OPTIONS).close();
    const copy = openDatabase(`${path}.before-v2.bak`, STEPS.slice(0, 1), OPTIONS);
    expect(copy.prepare("SELECT text FROM notes").all()).toEqual([{ text: "first" }, { text: "fresh" }]);
    copy.close();
    running.close();
  });

  test("copies neither a new file nor one that is up to date", () => {
    const home = useTempHome();
    for (let round = 0; round < 2; round += 1) openDatabase(join(home, "a.sqlite"), STEPS, OPTIONS).close();
    expect(readdirSync(home)).toEqual(["a.sqlite"]);
  });

  test("keeps the latest three copies and no other file's", () => {
    const home = useTempHome();
    const path = join(home, "a.sqlite");
    const others = ["b.sqlite.before-v1.bak", "a.sqlite.before-vacation.bak"];
    for (const name of others) writeFileSync(join(home, name), "");
    for (let count = 1; count <= STEPS.length; count += 1) openDatabase(path, STEPS.slice(0, count), OPTIONS).close();
    const copies = [3, 4, 5].map((version) => `a.sqlite.before-v${version}.bak`);
    expect(readdirSync(home).sort()).toEqual(["a.sqlite", ...copies, ...others].sort());
  });

  test("that fails changes nothing, and works the next time", () => {
    const path = join(useTempHome(), "a.sqlite");
    openDatabase(path, STEPS.slice(0, 1), OPTIONS).close();
    const broken = [...STEPS.slice(0, 2), { version: 3, sql: "INSERT INTO nowhere VALUES (1);" }];
    expect(() => openDatabase(path, broken, OPTIONS)).toThrow("nowhere");
    const before = openDatabase(path, STEPS.slice(0, 1), OPTIONS);
    expect(pragma(before, "user_version")).toBe(1);
    expect(before.prepare("SELECT * FROM notes").all()).toEqual([{ text: "first" }]);
    before.close();
    openDatabase(path, STEPS, OPTIONS).close();
  });

  test("whose copy cannot be written changes nothing (trap 45)", () => {
    const home = useTempHome();
    const path = join(home, "a.sqlite");
    openDatabase(path, STEPS.slice(0, 1), OPTIONS).close();
    mkdirSync(`${path}.before-v5.bak`);
    expect(() => openDatabase(path, STEPS, OPTIONS)).toThrow();
    const before = openDatabase(path, STEPS.slice(0, 1), OPTIONS);
    expect(pragma(before, "user_version")).toBe(1);
    before.close();
    expect(readdirSync(home).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("wants its steps numbered without a gap", () => {
    expect(() => openDatabase(":memory:", STEPS.slice(1), OPTIONS)).toThrow("migration 2 is not number 1");
  });
});

describe("commit()", () => {
  test("writes all or nothing, also when nested", () => {
    const connection = openDatabase(":memory:", STEPS, OPTIONS);
    const insert = connection.prepare("INSERT INTO tags VALUES (?)");
    const count = connection.prepare<{ rows: number }>("SELECT count(*) AS rows FROM tags");
    const failing = () => {
      connection.commit(() => insert.run("a"));
      throw new Error("stop");
    };
    expect(() => connection.commit(failing)).toThrow("stop");
    expect(count.get()?.rows).toBe(0);
    expect(connection.commit(() => connection.commit(() => insert.run("a").changes))).toBe(1);
    expect(count.get()?.rows).toBe(1);
  });

  test("commitSynced() syncs in full and then goes back, also after a failure (trap 23)", () => {
    const connection = openDatabase(join(useTempHome(), "a.sqlite"), STEPS, OPTIONS);
    const during = connection.commitSynced(() => pragma(connection, "synchronous"));
    expect(during).toBe(2);
    expect(pragma(connection, "synchronous")).toBe(1);
    const failing = () => {
      throw new Error("stop");
    };
    expect(() => connection.commitSynced(failing)).toThrow("stop");
    expect(pragma(connection, "synchronous")).toBe(1);
    connection.close();
  });

  test("commitSynced() refuses to be part of a transaction that is not synced", () => {
    const connection = openDatabase(":memory:", STEPS, OPTIONS);
    expect(() => connection.commit(() => connection.commitSynced(() => 1))).toThrow("part of another transaction");
  });
});

function pragma(connection: Connection, name: string): unknown {
  const row = connection.prepare<Record<string, unknown>>(`PRAGMA ${name}`).get();
  return row === null ? null : Object.values(row)[0];
}

function openFilesBelow(folder: string): string[] {
  return readdirSync("/proc/self/fd")
    .map((descriptor) => {
      try {
        return readlinkSync(join("/proc/self/fd", descriptor));
      } catch {
        return "closed in between";
      }
    })
    .filter((target) => target.startsWith(folder));
}

function errorOf(call: () => unknown): StoreError {
  try {
    call();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
