/** What lies in the home folder: who may read it, what it tells, and what happens when it is damaged. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Credential } from "../../src/ports.ts";
import { readMasterKey } from "../../src/store/master-key.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { aProfile, aWindow } from "../support/records.ts";
import { startStoreChild } from "../support/start-store-child.ts";
import { useTempHome } from "../support/temp-home.ts";

const CANARY = "canary-7f3d";
const PAGE_BYTES = 4_096;

describe("modes", () => {
  test("are 0700 and 0600 for everything, under any mask, also while open and after a kill", async () => {
    const home = join(useTempHome(), "new");
    const child = await startStoreChild("hold", home, "child");
    child.proceed();
    expect(await child.next()).toBe("open");
    const names = readdirSync(home).sort();
    expect(names).toEqual([
      "daemon.sqlite",
      "daemon.sqlite-shm",
      "daemon.sqlite-wal",
      "master.key",
      "settings.sqlite",
      "settings.sqlite-shm",
      "settings.sqlite-wal",
    ]);
    expect(modesIn(home)).toEqual(["700", ...names.map(() => "600")]);
    await child.kill();
    openSettings(home).close();
    expect(new Set(modesIn(home).slice(1))).toEqual(new Set(["600"]));
  }, 60_000);
});

describe("secrets", () => {
  test("are in no file, open or closed, before or after they were replaced (trap 48)", () => {
    const home = useTempHome();
    const settings = openSettings(home);
    settings.addProfile(aProfile(), canaryPair("first"));
    settings.addProfile(aProfile({ id: "p2", name: "Key" }), { kind: "api-key", apiKey: `sk-${CANARY}` });
    settings.markRefreshStarted("profile-1", 1, 5);
    settings.writeCredential("profile-1", canaryPair("second"), 1);
    expect(filesWith(home, CANARY)).toEqual([]);
    settings.removeProfile("p2");
    settings.close();
    expect(filesWith(home, CANARY)).toEqual([]);
    // The search itself finds what is there.
    expect(filesWith(home, "person@example.test")).toEqual(["settings.sqlite"]);
  });
});

describe("a damaged file", () => {
  test("that is no database is named, explained and kept", () => {
    const home = useTempHome();
    const path = join(home, "settings.sqlite");
    writeFileSync(path, "not ours ".repeat(1_000));
    const before = readFileSync(path);
    const error = errorOf(() => openSettings(home));
    expect(error.kind).toBe("corrupt");
    expect(error.message).toContain(path);
    expect(error.message).toContain("move the file away");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("that broke in the middle says so when the place is reached, and is kept", () => {
    const home = useTempHome();
    const filled = openSettings(home);
    for (let count = 0; count < 3_000; count += 1) filled.mergeWindows(`account-${count}`, [aWindow()]);
    filled.close();
    const path = join(home, "settings.sqlite");
    overwriteAllPagesButTheFirst(path);
    const error = errorOf(() => {
      const broken = openSettings(home);
      try {
        broken.accountState("account-1500");
      } finally {
        broken.close();
      }
    });
    expect(error.kind).toBe("corrupt");
    expect(statSync(path).size).toBeGreaterThan(20 * PAGE_BYTES);
  });

  test("of one runtime leaves the settings and the other runtime usable", () => {
    const home = useTempHome();
    writeFileSync(join(home, "daemon.sqlite"), "x".repeat(5_000));
    expect(errorOf(() => openRuntimeStore(home, "daemon")).kind).toBe("corrupt");
    openRuntimeStore(home, "desktop").close();
    openSettings(home).close();
  });
});

function openSettings(home: string) {
  return openSettingsStore(home, { sealer: createSealer(readMasterKey(home, {})) });
}

function canaryPair(name: string): Credential {
  return {
    kind: "chatgpt",
    accessToken: `access-${name}-${CANARY}`,
    refreshToken: `refresh-${name}-${CANARY}`,
    idToken: `id-${name}-${CANARY}`,
    expiresAtMs: null,
    lastRefreshAtMs: null,
  };
}

function modesIn(folder: string): string[] {
  const paths = [folder, ...readdirSync(folder).map((name) => join(folder, name))];
  return paths.map((path) => (statSync(path).mode & 0o777).toString(8));
}

function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
}

function overwriteAllPagesButTheFirst(path: string): void {
  const descriptor = openSync(path, "r+");
  const noise = Buffer.alloc(statSync(path).size - PAGE_BYTES, 0xa5);
  writeSync(descriptor, noise, 0, noise.length, PAGE_BYTES);
  closeSync(descriptor);
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
