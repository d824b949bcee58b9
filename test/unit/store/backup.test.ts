import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type BackupWish, backUpHome } from "../../../src/store/back-up-home.ts";
import { keyPath, nextKeyPath } from "../../../src/store/key-file.ts";
import { readMasterKey } from "../../../src/store/master-key.ts";
import { runtime0001 } from "../../../src/store/migrations/runtime-0001.ts";
import { runtime0002 } from "../../../src/store/migrations/runtime-0002.ts";
import { openDatabase } from "../../../src/store/open.ts";
import { openWithPassphrase, sealWithPassphrase } from "../../../src/store/passphrase.ts";
import { type RestoreWish, restoreHome } from "../../../src/store/restore-home.ts";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { StoreError, type StoreErrorKind } from "../../../src/store/store-error.ts";
import { fillHome, readHome } from "../../support/a-home.ts";
import { useTempHome } from "../../support/temp-home.ts";

const PASSPHRASE = "a long passphrase";
const NOW_MS = Date.UTC(2026, 0, 2);

function backUp(home: string, wish: Partial<BackupWish> = {}) {
  const to = wish.to ?? join(useTempHome(), "codexuse.backup");
  const keys = { keys: () => [readMasterKey(home, {})] };
  const result = backUpHome(home, keys, {
    force: false,
    passphrase: null,
    nowMs: NOW_MS,
    version: "1.2.3",
    ...wish,
    to,
  });
  return { to, result };
}

function restore(home: string, from: string, wish: Partial<RestoreWish> = {}) {
  return restoreHome(home, { from, force: false, passphrase: null, nowMs: NOW_MS, keys: [], ...wish });
}

function kindOf(work: () => unknown): StoreErrorKind | "no error" {
  try {
    work();
    return "no error";
  } catch (error) {
    if (error instanceof StoreError) return error.kind;
    throw error;
  }
}

/** A whole file with this head and these bytes behind it: only what it says can be wrong with it. */
function forge(manifest: unknown, parts: Uint8Array, format = 1): string {
  const path = join(useTempHome(), "forged.backup");
  const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  const body = Buffer.concat([Buffer.from(`codexuse backup ${format}\n${text}\n`), parts]);
  writeFileSync(path, Buffer.concat([body, createHash("sha256").update(body).digest()]));
  return path;
}

const MANIFEST = { madeAt: "2026-01-02T00:00:00.000Z", version: "1.2.3", keyId: null, key: null };

describe("a backup", () => {
  test("is one file for the owner alone, with every database and nothing that was said in it", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const { to, result } = backUp(home);
    expect(result).toMatchObject({ kind: "done", manifest: { version: "1.2.3", key: null } });
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(to);
    for (const secret of ["old-refresh", "what was said", readFileSync(keyPath(home), "utf8").trim()]) {
      expect(bytes.includes(secret)).toBe(false);
    }
    expect(bytes.includes("old-work")).toBe(true);
    expect(readdirSync(join(to, ".."))).toEqual(["codexuse.backup"]);
  });

  test("replaces nothing unless it is told to, not even a link that leads nowhere", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const { to } = backUp(home);
    const before = readFileSync(to);
    expect(backUp(home, { to }).result.kind).toBe("taken");
    expect(readFileSync(to)).toEqual(before);
    const link = join(useTempHome(), "link");
    symlinkSync("/nowhere/at/all", link);
    expect(backUp(home, { to: link }).result.kind).toBe("taken");
    expect(backUp(home, { to, force: true, nowMs: NOW_MS + 1 }).result.kind).toBe("done");
    expect(readFileSync(to)).not.toEqual(before);
  });

  test("of a home that has nothing yet is none, and a folder that is not there is said", () => {
    expect(backUp(useTempHome()).result.kind).toBe("nothing");
    const home = useTempHome();
    fillHome(home, "old");
    expect(kindOf(() => backUp(home, { to: "/nowhere/at/all/x.backup" }))).toBe("unreadable");
  });

  test("holds the state of one instant while others write", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const store = openRuntimeStore(home, "daemon");
    try {
      store.setPort(4711);
      const { to } = backUp(home);
      store.setPort(4712);
      const other = useTempHome();
      restore(other, to);
      const restored = openRuntimeStore(other, "daemon");
      expect(restored.port()).toBe(4711);
      restored.close();
    } finally {
      store.close();
    }
  });
});

/** Whether the response that `fillHome` keeps is there. */
function hasResponse(home: string, mark: string): boolean {
  const store = openRuntimeStore(home, "daemon");
  try {
    return store.responseText(`${mark}-key`, "resp_1", 0) !== null;
  } finally {
    store.close();
  }
}

describe("a restored home", () => {
  test("is what was backed up, with the master key that lies there", () => {
    const home = useTempHome();
    const before = fillHome(home, "old");
    const { to } = backUp(home);
    const other = useTempHome();
    writeFileSync(keyPath(other), readFileSync(keyPath(home)), { mode: 0o600 });
    const result = restore(other, to, { keys: [readMasterKey(other, {})] });
    expect(result).toMatchObject({ kind: "done", aside: null, signIns: 1, locked: 0 });
    expect(readHome(other)).toEqual(before);
    expect([hasResponse(home, "old"), hasResponse(other, "old")]).toEqual([true, false]);
    expect(readdirSync(other).filter((name) => name.startsWith("restore"))).toEqual([]);
    for (const name of ["settings.sqlite", "daemon.sqlite"])
      expect(statSync(join(other, name)).mode & 0o777).toBe(0o600);
  });

  test("has the master key out of the backup when the passphrase is right, and none when not", () => {
    const home = useTempHome();
    const before = fillHome(home, "old");
    const { to } = backUp(home, { passphrase: PASSPHRASE });
    const other = useTempHome();
    expect(kindOf(() => restore(other, to, { passphrase: "another passphrase" }))).toBe("wrong-key");
    expect(readdirSync(other)).toEqual([]);
    expect(restore(other, to, { passphrase: PASSPHRASE })).toMatchObject({ locked: 0 });
    expect(readHome(other)).toEqual(before);
    const { to: keyless } = backUp(home);
    expect(kindOf(() => restore(useTempHome(), keyless, { passphrase: PASSPHRASE }))).toBe("wrong-key");
  });

  test("without its master key says how many sign-ins wait for it, and opens them once it is there", () => {
    const home = useTempHome();
    const before = fillHome(home, "old");
    const { to } = backUp(home);
    const other = useTempHome();
    expect(restore(other, to)).toMatchObject({ signIns: 1, locked: 1 });
    expect(existsSync(keyPath(other))).toBe(false);
    writeFileSync(keyPath(other), readFileSync(keyPath(home)), { mode: 0o600 });
    expect(readHome(other)).toEqual(before);
  });

  test("takes the place of one in use only when told to, and keeps that one aside, whole", () => {
    const home = useTempHome();
    const before = fillHome(home, "old");
    const { to } = backUp(home, { passphrase: PASSPHRASE });
    const other = useTempHome();
    const there = fillHome(other, "new");
    writeFileSync(nextKeyPath(other), readFileSync(keyPath(other)));
    expect(restore(other, to).kind).toBe("taken");
    expect(readHome(other)).toEqual(there);
    const result = restore(other, to, { passphrase: PASSPHRASE, force: true });
    expect(readHome(other)).toEqual(before);
    const aside = result.kind === "done" ? (result.aside ?? "") : "";
    expect(statSync(aside).mode & 0o777).toBe(0o700);
    expect(readHome(aside)).toEqual(there);
    expect(existsSync(nextKeyPath(other))).toBe(false);
  });

  test("is made where there is none yet, and not for the sake of a bad backup", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const { to } = backUp(home);
    const nowhere = join(useTempHome(), "deep", "home");
    expect(kindOf(() => restore(nowhere, keyPath(home)))).toBe("corrupt");
    expect(existsSync(nowhere)).toBe(false);
    expect(restore(nowhere, to)).toMatchObject({ kind: "done", aside: null });
    expect(statSync(nowhere).mode & 0o777).toBe(0o700);
  });

  test("takes the place of one that is damaged", () => {
    const home = useTempHome();
    const before = fillHome(home, "old");
    const { to } = backUp(home);
    writeFileSync(join(home, "settings.sqlite"), "no database at all");
    restore(home, to, { force: true });
    expect(readHome(home)).toEqual(before);
  });

  test("has no file of the old one that the backup does not have", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const { to } = backUp(home);
    const other = useTempHome();
    fillHome(other, "new");
    openRuntimeStore(other, "desktop").close();
    restore(other, to, { force: true });
    expect(existsSync(join(other, "desktop.sqlite"))).toBe(false);
  });

  test("is refused while another process has the old one open", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const { to } = backUp(home);
    const open = openRuntimeStore(home, "daemon");
    try {
      expect(kindOf(() => restore(home, to, { force: true }))).toBe("locked");
      expect(existsSync(join(home, "restore.commit"))).toBe(false);
    } finally {
      open.close();
    }
  });
});

describe("a file that is no backup, or not a whole one, changes nothing:", () => {
  test("any byte that is changed, and any end that is missing", () => {
    const home = useTempHome();
    fillHome(home, "old");
    const { to } = backUp(home);
    const whole = readFileSync(to);
    const other = useTempHome();
    const there = fillHome(other, "new");
    const path = join(useTempHome(), "bad.backup");
    const refuses = (bytes: Uint8Array) => {
      writeFileSync(path, bytes);
      const kind = kindOf(() => restore(other, path, { force: true }));
      expect(["corrupt", "newer-file"]).toContain(kind);
    };
    const places = fc.integer({ min: 0, max: whole.length - 1 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 255 }), (place, change) => {
        const bytes = Buffer.from(whole);
        bytes[place] = (bytes[place] ?? 0) ^ change;
        refuses(bytes);
      }),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(places, (length) => refuses(whole.subarray(0, length))),
      { numRuns: 40 },
    );
    refuses(Buffer.concat([whole, Buffer.from("x")]));
    expect(readHome(other)).toEqual(there);
    expect(readdirSync(other).filter((name) => name.startsWith("restore"))).toEqual([]);
  });

  const FORGED: readonly (readonly [why: string, manifest: unknown, bytes: number])[] = [
    ["a part that climbs out", { ...MANIFEST, parts: [{ name: "../settings.sqlite", bytes: 4 }] }, 4],
    ["an absolute part", { ...MANIFEST, parts: [{ name: "/etc/passwd", bytes: 4 }] }, 4],
    ["a part of another name", { ...MANIFEST, parts: [{ name: "master.key", bytes: 4 }] }, 4],
    ["a part that comes twice", { ...MANIFEST, parts: [part(2), part(2)] }, 4],
    ["a part of no length", { ...MANIFEST, parts: [part(-4)] }, 4],
    ["a part of half a byte", { ...MANIFEST, parts: [part(3.5)] }, 4],
    ["a part larger than the file", { ...MANIFEST, parts: [part(2 ** 50)] }, 4],
    ["a part beyond all numbers", { ...MANIFEST, parts: [part(1e300)] }, 4],
    ["a part smaller than the file", { ...MANIFEST, parts: [part(3)] }, 4],
    ["parts that are no list", { ...MANIFEST, parts: { length: 1 } }, 4],
    ["nothing but text", "what is this", 0],
    ["a list in place of the head", [], 0],
    ["no database in it", { ...MANIFEST, parts: [part(4)] }, 4],
    ["a key that is none", { ...MANIFEST, key: "abc", parts: [part(4)] }, 4],
    ["a head that does not end", `"${"x".repeat(20_000)}"`, 0],
  ];
  function part(bytes: number) {
    return { name: "settings.sqlite", bytes };
  }
  for (const [why, manifest, bytes] of FORGED) {
    test(why, () => {
      const other = useTempHome();
      expect(kindOf(() => restore(other, forge(manifest, Buffer.alloc(bytes, "x"))))).toBe("corrupt");
      expect(readdirSync(other)).toEqual([]);
    });
  }

  test("a database that is not one of ours", () => {
    const folder = useTempHome();
    const database = new Database(join(folder, "evil.sqlite"), { create: true });
    database.run("CREATE VIEW credentials AS SELECT 1 AS profile_id");
    database.run("PRAGMA user_version = 2");
    database.close();
    const bytes = readFileSync(join(folder, "evil.sqlite"));
    const other = useTempHome();
    const parts = [{ name: "settings.sqlite", bytes: bytes.length }];
    expect(kindOf(() => restore(other, forge({ ...MANIFEST, parts }, bytes)))).toBe("corrupt");
    expect(readdirSync(other)).toEqual([]);
  });

  test("a form, or a database, of a newer program", () => {
    const other = useTempHome();
    expect(kindOf(() => restore(other, forge({ ...MANIFEST, parts: [] }, Buffer.alloc(0), 2)))).toBe("newer-file");
    const home = useTempHome();
    fillHome(home, "old");
    const newer = new Database(join(home, "settings.sqlite"));
    newer.run("PRAGMA user_version = 99");
    newer.close();
    const { to } = backUp(home);
    expect(kindOf(() => restore(other, to))).toBe("newer-file");
    expect(readdirSync(other)).toEqual([]);
  });

  test("a folder, a device, and what is not there", () => {
    const other = useTempHome();
    const folder = join(useTempHome(), "folder");
    mkdirSync(folder);
    expect(kindOf(() => restore(other, folder))).not.toBe("no error");
    expect(kindOf(() => restore(other, "/dev/zero"))).toBe("corrupt");
    expect(kindOf(() => restore(other, join(folder, "none")))).toBe("unreadable");
    expect(readdirSync(other)).toEqual([]);
  });
});

test("a home of an older format is brought to the current one when it is restored", () => {
  const home = useTempHome();
  const before = fillHome(home, "old");
  const path = join(home, "daemon.sqlite");
  rmSync(path);
  openDatabase(path, [runtime0001, runtime0002], { busyMs: 50 }).close();
  const { to } = backUp(home);
  const other = useTempHome();
  writeFileSync(keyPath(other), readFileSync(keyPath(home)), { mode: 0o600 });
  restore(other, to);
  expect(readHome(other)).toEqual({ ...before, keys: [], sessions: [] });
});

test("a master key comes back from under its passphrase, whichever way its letters were put together", () => {
  const key = new Uint8Array(32).fill(7);
  const sealed = sealWithPassphrase(key, "n\u0303 and more words");
  expect(openWithPassphrase(sealed, "\u00f1 and more words")).toEqual(key);
  expect(JSON.stringify(sealed)).not.toContain("0707");
});
