import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStoreError, StoreError, type StoreErrorKind, translateErrors } from "../../../src/store/store-error.ts";
import { useTempHome } from "../../support/temp-home.ts";

describe("asStoreError()", () => {
  const causes: { kind: StoreErrorKind; name: string; cause: (folder: string) => unknown }[] = [
    { kind: "corrupt", name: "no database", cause: readGarbage },
    { kind: "unreadable", name: "a folder in its place", cause: (folder) => new Database(folder) },
    { kind: "unreadable", name: "no such folder", cause: (folder) => new Database(join(folder, "none", "a")) },
    { kind: "read-only", name: "a write to a read-only file", cause: writeReadOnly },
    { kind: "locked", name: "a writer that does not end", cause: writeLocked },
    { kind: "disk-full", name: "a file that may not grow (trap 45)", cause: writeTooMuch },
    { kind: "unreadable", name: "a missing plain file", cause: (folder) => readFileSync(join(folder, "none")) },
    { kind: "unreadable", name: "a folder read as a file", cause: (folder) => readFileSync(folder) },
  ];
  for (const { kind, name, cause } of causes) {
    test(`${name} is "${kind}", said with the path and what to do`, () => {
      const original = thrownBy(() => cause(useTempHome()));
      const error = asStoreError(original, "/home/me/x.sqlite");
      if (!(error instanceof StoreError)) throw new Error(`not translated: ${error}`);
      expect(error.kind).toBe(kind);
      expect(error.problem).toContain("/home/me/x.sqlite");
      expect(error.hint).toMatch(/^[A-Z].*\.$/);
      expect(error.message).toBe(`${error.problem} ${error.hint}`);
      expect(error.cause).toBe(original);
    });
  }

  const systemCodes: [code: string, kind: StoreErrorKind][] = [
    ["ENOSPC", "disk-full"],
    ["EDQUOT", "disk-full"],
    ["EROFS", "read-only"],
    ["EACCES", "unreadable"],
    ["EIO", "unreadable"],
  ];
  for (const [code, kind] of systemCodes) {
    test(`${code} is "${kind}"`, () => {
      const error = asStoreError(Object.assign(new Error("it failed"), { code }), "x");
      expect(error).toMatchObject({ kind });
    });
  }

  test("leaves our own bugs and errors that say enough as they are", () => {
    const database = new Database(":memory:");
    database.run("CREATE TABLE a (x UNIQUE)");
    database.run("INSERT INTO a VALUES (1)");
    const own = new StoreError("bad-key", "a", "b");
    const bugs = [thrownBy(() => database.run("INSERT INTO a VALUES (1)")), new TypeError("x"), own, "text", null];
    for (const bug of bugs) expect(asStoreError(bug, "x")).toBe(bug);
  });
});

describe("translateErrors()", () => {
  test("passes arguments and answers, and translates what is thrown", () => {
    const store = translateErrors(
      { add: (left: number, right: number) => left + right, read: () => readFileSync("/nonexistent/file"), size: 3 },
      "x",
    );
    expect(store.add(1, 2)).toBe(3);
    expect(store.size).toBe(3);
    expect(thrownBy(store.read)).toMatchObject({ kind: "unreadable" });
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function readGarbage(folder: string): void {
  writeFileSync(join(folder, "a"), "not a database ".repeat(100));
  new Database(join(folder, "a")).query("PRAGMA user_version").get();
}

function writeReadOnly(folder: string): void {
  new Database(join(folder, "a")).run("CREATE TABLE a (x)");
  new Database(join(folder, "a"), { readonly: true }).run("INSERT INTO a VALUES (1)");
}

function writeLocked(folder: string): void {
  mkdirSync(join(folder, "b"));
  using holder = new Database(join(folder, "b", "a"));
  holder.run("BEGIN IMMEDIATE");
  new Database(join(folder, "b", "a")).run("BEGIN IMMEDIATE");
}

function writeTooMuch(): void {
  const database = new Database(":memory:");
  database.run("PRAGMA max_page_count = 3");
  database.run("CREATE TABLE a (x)");
  database.run("INSERT INTO a VALUES (zeroblob(100000))");
}
