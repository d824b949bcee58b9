import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { LIMITS } from "../../../src/limits.ts";
import type { SettingsStore } from "../../../src/ports.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import { rememberSettings } from "../../../src/store/remembered-settings.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { aCooldown, aCredential, aProfile, aWindow } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";

const WAIT_MS = 50;

function openRemembered(home = ":memory:") {
  const clock = createVirtualClock(1_000_000);
  const sealer = createSealer(new Uint8Array(32));
  const file = openSettingsStore(home, { sealer });
  const reads: string[] = [];
  const counted: SettingsStore = {
    ...file,
    profiles: () => {
      reads.push("profiles");
      return file.profiles();
    },
    accountState: (accountKey) => {
      reads.push(accountKey);
      return file.accountState(accountKey);
    },
  };
  const options = { clock, waitMs: WAIT_MS, onTrouble: () => undefined };
  return {
    clock,
    file,
    reads,
    store: rememberSettings(counted, options),
    another: () => openSettingsStore(home, { sealer }),
  };
}

describe("rememberSettings()", () => {
  test("reads once what does not change", async () => {
    const { store, reads } = openRemembered();
    store.addProfile(aProfile(), aCredential());
    for (let count = 0; count < 3; count += 1) {
      expect(store.profiles()).toEqual([aProfile()]);
      store.accountState("account-1");
      await Promise.resolve();
    }
    expect(reads).toEqual(["profiles", "account-1"]);
  });

  test("sees at once what this process writes, and at its next step what another one does", async () => {
    const { store, another } = openRemembered(useTempHome());
    expect(store.pool().enabled).toBe(false);
    store.updatePool({ enabled: true });
    expect(store.pool().enabled).toBe(true);
    const [version, shape] = [store.version(), store.shapeVersion()];
    const other = another();
    other.updatePool({ fast: true });
    await new Promise(setImmediate);
    expect(store.pool().fast).toBe(true);
    expect(store.version()).not.toBe(version);
    expect(store.shapeVersion()).not.toBe(shape);
    other.close();
    store.close();
  });

  test("what is observed of an account is seen at once, written a little later, and changes no shape", async () => {
    const { clock, file, store } = openRemembered();
    store.addProfile(aProfile(), aCredential());
    const [version, shape] = [store.version(), store.shapeVersion()];
    store.mergeWindows("account-1", [aWindow({ usedPercent: 40, observedAtMs: 2_000 })]);
    store.writeTokensPerPercent("account-1", 7);
    store.writeCredits("account-1", { available: true, unlimited: false, observedAtMs: 5 });
    expect(store.accountState("account-1")).toMatchObject({ tokensPerPercent: 7, windows: [{ usedPercent: 40 }] });
    expect(file.accountState("account-1").windows).toEqual([]);
    await clock.advance(WAIT_MS);
    expect(file.accountState("account-1")).toEqual(store.accountState("account-1"));
    expect(store.version()).not.toBe(version);
    expect(store.shapeVersion()).toBe(shape);
  });

  test("of two observations of a window the later one counts, whichever was told last", () => {
    const { store } = openRemembered();
    store.mergeWindows("account-1", [aWindow({ usedPercent: 40, observedAtMs: 2_000 })]);
    store.mergeWindows("account-1", [aWindow({ usedPercent: 10, observedAtMs: 1_000 }), aWindow({ minutes: 60 })]);
    const { windows } = store.accountState("account-1");
    expect(windows.map((window) => [window.minutes, window.usedPercent])).toEqual([
      [300, 40],
      [60, 25],
    ]);
  });

  test("what a clock saw that has been set back since gives way, in memory as in the file", async () => {
    const { clock, file, store } = openRemembered();
    const dayMs = 86_400_000;
    const credits = { available: true, unlimited: false };
    for (const isWritten of [false, true]) {
      store.mergeWindows("account-1", [aWindow({ usedPercent: 90, observedAtMs: 3 * dayMs })]);
      store.writeCredits("account-1", { ...credits, observedAtMs: 3 * dayMs });
      if (isWritten) await clock.advance(WAIT_MS);
      store.mergeWindows("account-1", [aWindow({ usedPercent: 10, observedAtMs: dayMs })]);
      store.writeCredits("account-1", { ...credits, available: false, observedAtMs: dayMs });
      const expected = { windows: [{ usedPercent: 10 }], credits: { available: false } };
      expect(store.accountState("account-1")).toMatchObject(expected);
      await clock.advance(WAIT_MS);
      expect(file.accountState("account-1")).toMatchObject(expected);
    }
  });

  test("an older look at the credits does not replace a newer one that waits", async () => {
    const { clock, file, store } = openRemembered();
    store.writeCredits("account-1", { available: true, unlimited: false, observedAtMs: 2_000 });
    store.writeCredits("account-1", { available: false, unlimited: false, observedAtMs: 1_000 });
    expect(store.accountState("account-1").credits?.available).toBe(true);
    await clock.advance(WAIT_MS);
    expect(file.accountState("account-1").credits?.available).toBe(true);
  });

  test("a cooldown is in the file at once, for the other runtime heeds it too", () => {
    const { file, store } = openRemembered();
    const shape = store.shapeVersion();
    store.accountState("account-1");
    store.setCooldown("account-1", aCooldown());
    expect(file.accountState("account-1").cooldowns).toEqual([aCooldown()]);
    expect(store.accountState("account-1").cooldowns).toEqual([aCooldown()]);
    store.clearCooldown("account-1", "all");
    expect(store.accountState("account-1").cooldowns).toEqual([]);
    expect(store.shapeVersion()).toBe(shape);
  });

  test("what another process writes while observations wait does not get lost, nor do they", async () => {
    const { clock, store, another } = openRemembered(useTempHome());
    store.addProfile(aProfile(), aCredential());
    store.mergeWindows("account-1", [aWindow({ usedPercent: 40 })]);
    const other = another();
    other.setCooldown("account-1", aCooldown());
    await clock.advance(WAIT_MS);
    expect(store.accountState("account-1")).toMatchObject({ cooldowns: [aCooldown()], windows: [{ usedPercent: 40 }] });
    expect(other.accountState("account-1").windows).toHaveLength(1);
    other.close();
    store.close();
  });

  test("is written when it is closed", () => {
    const { store, another } = openRemembered(useTempHome());
    store.mergeWindows("account-1", [aWindow()]);
    store.close();
    const other = another();
    expect(other.accountState("account-1").windows).toHaveLength(1);
    other.close();
  });
});

describe("a cooldown", () => {
  /** A file that another process holds until told to let go. */
  function openHeld() {
    const home = useTempHome();
    const opened = openRemembered(home);
    opened.file.setCooldown("account-2", aCooldown({ model: "gpt-5.5" }));
    const other = new Database(join(home, "settings.sqlite"));
    other.run("BEGIN IMMEDIATE");
    const release = () => {
      other.run("ROLLBACK");
      other.close();
    };
    return { ...opened, release };
  }

  test("holds from now on also while another process holds the file, and is written when it can be", async () => {
    const { store, file, clock, release } = openHeld();
    const version = store.version();
    store.mergeWindows("account-1", [aWindow()]);
    store.setCooldown("account-1", aCooldown({ strikes: 1 }));
    store.setCooldown("account-1", aCooldown({ strikes: 2 }));
    store.setCooldown("account-1", aCooldown({ model: "gpt-5.5" }));
    store.clearCooldown("account-2", "gpt-5.5");
    const cooldowns = [aCooldown({ strikes: 2 }), aCooldown({ model: "gpt-5.5" })];
    expect(store.accountState("account-1")).toMatchObject({ cooldowns, windows: [aWindow()] });
    expect(store.accountState("account-2").cooldowns).toEqual([]);
    expect(store.version()).not.toBe(version);
    expect(file.accountState("account-1").cooldowns).toEqual([]);
    release();
    await clock.advance(LIMITS.gatherRetryMs + WAIT_MS);
    expect(file.accountState("account-1")).toMatchObject({ cooldowns, windows: [aWindow()] });
    expect(file.accountState("account-2").cooldowns).toEqual([]);
    expect(store.accountState("account-1").cooldowns).toEqual(cooldowns);
    store.close();
  });

  test("that waits and is cleared is gone, for one model and for all", async () => {
    const { store, file, clock, release } = openHeld();
    store.setCooldown("account-1", aCooldown());
    store.setCooldown("account-1", aCooldown({ model: "gpt-5.5" }));
    store.clearCooldown("account-1", null);
    expect(store.accountState("account-1").cooldowns).toEqual([aCooldown({ model: "gpt-5.5" })]);
    store.clearCooldown("account-1", "all");
    store.setCooldown("account-1", aCooldown({ model: "other" }));
    release();
    await clock.advance(LIMITS.gatherRetryMs + WAIT_MS);
    expect(file.accountState("account-1").cooldowns).toEqual([aCooldown({ model: "other" })]);
    store.close();
  });

  test("that waits is written by whoever closes the store", () => {
    const { store, another, release } = openHeld();
    store.setCooldown("account-1", aCooldown());
    release();
    store.close();
    const after = another();
    expect(after.accountState("account-1").cooldowns).toEqual([aCooldown()]);
    after.close();
  });
});
