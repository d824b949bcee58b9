/** Several processes, and killed ones, on one home folder: nothing is lost, nobody fails. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readMasterKey } from "../../src/store/master-key.ts";
import { openDatabase } from "../../src/store/open.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { type StoreTask, startStoreChild } from "../support/start-store-child.ts";
import { CHILD_MIGRATIONS } from "../support/store-child.ts";
import { useTempHome } from "../support/temp-home.ts";

describe("at once", () => {
  test("eight processes open a new home: one master key, every profile saved (trap 45)", async () => {
    const home = join(useTempHome(), "new");
    const results = await runTogether("open", home, 8);
    const keyHashes = new Set(results.map((result) => (result as { keyHash: string }).keyHash));
    expect(keyHashes.size).toBe(1);
    expect(results.every((result) => (result as { readBack: boolean }).readBack)).toBe(true);
    const settings = openSettings(home);
    expect(settings.profiles()).toHaveLength(8);
    for (const profile of settings.profiles()) expect(settings.credential(profile.id)?.generation).toBe(1);
    settings.close();
    expect(readdirSync(home).sort()).toEqual(["daemon.sqlite", "master.key", "settings.sqlite"]);
  }, 60_000);

  test("eight processes find an older file: it is migrated and copied once", async () => {
    const home = useTempHome();
    openDatabase(join(home, "fake.sqlite"), CHILD_MIGRATIONS.slice(0, 1), { busyMs: 100 }).close();
    expect(await runTogether("migrate", home, 8)).toEqual(Array(8).fill({ marks: 1 }));
    expect(readdirSync(home).sort()).toEqual(["fake.sqlite", "fake.sqlite.before-v2.bak"]);
  }, 60_000);

  test("two processes write everything they can without one refusal (trap 45)", async () => {
    const home = useTempHome();
    await runTogether("write", home, 2);
    const settings = openSettings(home);
    const runtime = openRuntimeStore(home, "daemon");
    expect(runtime.turnsSince(0, 10_000)).toHaveLength(1_000);
    expect(runtime.sessions()).toHaveLength(14);
    const state = settings.accountState("shared");
    expect(state.windows.map((window) => window.observedAtMs)).toEqual([500, 500, 500]);
    expect(state.cooldowns.map((cooldown) => cooldown.strikes)).toEqual([500, 500]);
    for (const name of ["child-0", "child-1"]) expect(settings.credential(name)?.generation).toBe(11);
    runtime.close();
    settings.close();
  }, 60_000);
});

describe("kill -9", () => {
  for (const confirmedMin of [1, 7, 40]) {
    test(`after ${confirmedMin} confirmed writes leaves readable files and every one of them (trap 23)`, async () => {
      const home = useTempHome();
      const child = await startStoreChild("write-forever", home, "child");
      child.proceed();
      let confirmed = 0;
      while (confirmed <= confirmedMin) confirmed = ((await child.next()) as { generation: number }).generation;
      await child.kill();
      expect(existsSync(join(home, "settings.sqlite-wal"))).toBe(true);

      const settings = openSettings(home);
      const stored = settings.credential("child");
      expect(stored?.generation).toBeGreaterThanOrEqual(confirmed);
      expect(stored?.credential).toMatchObject({ refreshToken: `refresh-${stored?.generation}` });
      const windows = settings.accountState("shared").windows;
      expect(new Set(windows.map((window) => window.observedAtMs)).size).toBe(1);
      const runtime = openRuntimeStore(home, "daemon");
      expect(runtime.turnsSince(0, 1_000_000).length).toBeGreaterThanOrEqual(confirmed - 1);
      settings.close();
      runtime.close();
      for (const name of ["settings.sqlite", "daemon.sqlite"]) expect(integrityOf(join(home, name))).toBe("ok");
    }, 60_000);
  }
});

/** Starts that many children, lets them begin together and answers the result of each. */
async function runTogether(task: StoreTask, home: string, count: number): Promise<unknown[]> {
  const starting = Array.from({ length: count }, (_, index) => startStoreChild(task, home, `child-${index}`));
  const children = await Promise.all(starting);
  for (const child of children) child.proceed();
  const results = await Promise.all(children.map((child) => child.next()));
  expect(await Promise.all(children.map((child) => child.ended()))).toEqual(Array(count).fill(0));
  return results;
}

function openSettings(home: string) {
  return openSettingsStore(home, { sealer: createSealer(readMasterKey(home, {})) });
}

function integrityOf(path: string): string | undefined {
  using database = new Database(path);
  return database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get()?.integrity_check;
}
