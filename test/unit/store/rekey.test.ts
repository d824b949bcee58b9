import { describe, expect, onTestFinished, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SettingsStore } from "../../../src/ports.ts";
import type { Keyring } from "../../../src/store/keyring.ts";
import { type MasterKeys, openMasterKeys, readMasterKey } from "../../../src/store/master-key.ts";
import { DISK_KEY_FILES, finishRekey, type KeyFiles, type RekeyDesk, rekey } from "../../../src/store/rekey.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { aCredential, aProfile } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";

const PROXY = "http://user:password@proxy.example:8080";

function aKeyring(entries = new Map<string, string>()): Keyring & { readonly entries: Map<string, string> } {
  return {
    entries,
    get: async (name) => entries.get(name) ?? null,
    set: async (name, value) => void entries.set(name, value),
    remove: async (name) => void entries.delete(name),
  };
}

interface Opened extends RekeyDesk {
  readonly settings: SettingsStore;
  readonly keys: MasterKeys;
}

/** As another process would open it. */
async function open(home: string, keyring: Keyring = aKeyring(), env = {}): Promise<Opened> {
  const keys = await openMasterKeys(home, env, keyring);
  const settings = openSettingsStore(home, { sealer: createSealer(keys) });
  onTestFinished(() => settings.close());
  finishRekey(home, settings);
  return { home, settings, keys, keyring };
}

function fill({ settings }: Opened): void {
  settings.addProfile(aProfile({ proxyUrl: PROXY }), aCredential());
  settings.addProfile(aProfile({ id: "p2", name: "Key" }), { kind: "api-key", apiKey: "sk-1" });
}

function expectWhole({ settings }: Opened): void {
  expect(settings.credential("profile-1")?.credential).toEqual(aCredential());
  expect(settings.credential("p2")?.credential).toEqual({ kind: "api-key", apiKey: "sk-1" });
  expect(settings.profileNamed("Work")?.proxyUrl).toBe(PROXY);
}

function keyTexts(home: string): string[] {
  const names = readdirSync(home).filter((name) => name.startsWith("master.key"));
  return names.map((name) => readFileSync(join(home, name), "utf8"));
}

function kindOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof StoreError) return error.kind;
    throw error;
  }
  return "fine";
}

describe("rekey()", () => {
  test("gives every secret a new key; the old one opens none of them", async () => {
    const home = useTempHome();
    const first = await open(home);
    fill(first);
    const oldKey = readMasterKey(home, {});
    const before = first.settings.generation("profile-1");
    expect(await rekey(first, null)).toEqual({ kind: "done", from: "file", to: "file", signIns: 2 });
    expect(readMasterKey(home, {})).not.toEqual(oldKey);
    expect(readdirSync(home).filter((name) => name.startsWith("master.key"))).toEqual(["master.key"]);
    expect(statSync(join(home, "master.key")).mode & 0o777).toBe(0o600);
    expectWhole(first);
    expectWhole(await open(home));
    expect(first.settings.generation("profile-1")).toBe(before);
    const withOldKey = openSettingsStore(home, { sealer: createSealer(oldKey) });
    onTestFinished(() => withOldKey.close());
    expect(kindOf(() => withOldKey.credential("profile-1"))).toBe("wrong-key");
  });

  test("leaves no trace of what was sealed with the old key in the file", async () => {
    const home = useTempHome();
    const first = await open(home);
    fill(first);
    const { default: Database } = await import("bun:sqlite");
    const database = new Database(join(home, "settings.sqlite"), { readonly: true });
    const rows = database.query<{ sealed: Uint8Array }, []>("SELECT sealed FROM credentials").all();
    database.close();
    await rekey(first, null);
    const bytes = Buffer.concat(
      ["settings.sqlite", "settings.sqlite-wal"]
        .map((name) => join(home, name))
        .filter(existsSync)
        .map((path) => readFileSync(path)),
    );
    expect(rows.length).toBe(2);
    for (const { sealed } of rows) expect(bytes.includes(Buffer.from(sealed))).toBe(false);
  });

  test("is noticed by a process that runs: it reads on, and seals with the new key from then on", async () => {
    const home = useTempHome();
    const running = await open(home);
    fill(running);
    await rekey(await open(home), null);
    expectWhole(running);
    expect(running.settings.writeCredential("profile-1", aCredential({ accessToken: "access-2" }), 1)).toBe(true);
    running.settings.updateProfile("p2", { proxyUrl: PROXY });
    const later = await open(home);
    expect(later.settings.credential("profile-1")?.credential).toMatchObject({ accessToken: "access-2" });
    expect(later.settings.profileNamed("Key")?.proxyUrl).toBe(PROXY);
  });

  test("can be done again and again, by whoever", async () => {
    const home = useTempHome();
    const desks = [await open(home), await open(home)];
    fill(desks[0] as Opened);
    for (const desk of [...desks, ...desks]) expect((await rekey(desk, null)).kind).toBe("done");
    for (const desk of [...desks, await open(home)]) expectWhole(desk);
  });

  test("changes nothing when a secret cannot be opened", async () => {
    const home = useTempHome();
    const desk = await open(home);
    fill(desk);
    const stranger = openSettingsStore(home, { sealer: createSealer(new Uint8Array(32).fill(9)) });
    onTestFinished(() => stranger.close());
    stranger.addProfile(aProfile({ id: "p3", name: "Lost" }), aCredential());
    const before = keyTexts(home);
    expect(await rekey(desk, null).catch((error: unknown) => (error as StoreError).kind)).toBe("wrong-key");
    expect(keyTexts(home)).toEqual(before);
    expectWhole(await open(home));
  });

  test("leaves the service manager's key to the service manager", async () => {
    const home = useTempHome();
    const folder = useTempHome();
    writeFileSync(join(folder, "master-key"), "ab".repeat(32));
    const desk = await open(home, aKeyring(), { CREDENTIALS_DIRECTORY: folder });
    fill(desk);
    expect(await rekey(desk, "file")).toEqual({ kind: "service-manager" });
    expect(keyTexts(home)).toEqual([]);
    expectWhole(desk);
  });
});

describe("a rekey that is cut off", () => {
  const steps: readonly (readonly [when: string, files: Partial<KeyFiles>])[] = [
    ["before the next key is written", { writeNext: fail }],
    [
      "after the next key was written",
      {
        writeNext: (home, file) => {
          DISK_KEY_FILES.writeNext(home, file);
          fail();
        },
        dropNext: fail,
      },
    ],
    ["after everything was sealed anew", { takeOver: fail }],
    [
      "after the next key took over",
      {
        takeOver: (home) => {
          DISK_KEY_FILES.takeOver(home);
          fail();
        },
      },
    ],
  ];
  for (const [when, files] of steps) {
    test(`${when} leaves a store that works, for who runs and who comes, and another rekey`, async () => {
      const home = useTempHome();
      const running = await open(home);
      fill(running);
      const cut = await open(home);
      await expect(rekey({ ...cut, files: { ...DISK_KEY_FILES, ...files } }, null)).rejects.toThrow();
      expectWhole(running);
      running.settings.writeCredential("profile-1", aCredential({ accessToken: "access-2" }), 1);
      running.settings.writeCredential("profile-1", aCredential(), 2);
      expectWhole(await open(home));
      expect((await rekey(await open(home), null)).kind).toBe("done");
      expect(readdirSync(home).filter((name) => name.startsWith("master.key"))).toEqual(["master.key"]);
      expectWhole(await open(home));
      expectWhole(running);
    });
  }
});

function fail(): never {
  throw new Error("cut off here");
}

describe("the system's keyring", () => {
  test("keeps the key when the owner says so; the file then only names it", async () => {
    const home = useTempHome();
    const keyring = aKeyring();
    const desk = await open(home, keyring);
    fill(desk);
    expect(await rekey(desk, "keyring")).toEqual({ kind: "done", from: "file", to: "keyring", signIns: 2 });
    expect(keyTexts(home)).toEqual([expect.stringMatching(/^keyring:[0-9a-f]{8}\n$/)]);
    expect([...keyring.entries.values()]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    const later = await open(home, keyring);
    expectWhole(later);
    expect(later.keys.place()).toBe("keyring");
    // The next key stays there, and the one before goes.
    expect(await rekey(later, null)).toMatchObject({ from: "keyring", to: "keyring" });
    expect(keyring.entries.size).toBe(1);
    expectWhole(await open(home, keyring));
    expect(await rekey(await open(home, keyring), "file")).toMatchObject({ from: "keyring", to: "file" });
    expect(keyring.entries.size).toBe(0);
    expectWhole(await open(home, keyring));
  });

  const unusable: readonly (readonly [how: string, change: Partial<Keyring>])[] = [
    ["that is not there", { set: () => Promise.reject(new Error("libsecret not available")) }],
    ["that gives nothing back", { get: () => Promise.resolve(null) }],
    ["that gives something else back", { get: () => Promise.resolve("else") }],
    ["that is locked when asked", { get: () => Promise.reject(new Error("locked")) }],
  ];
  for (const [how, change] of unusable) {
    test(`${how} changes nothing`, async () => {
      const home = useTempHome();
      const desk = await open(home, { ...aKeyring(), ...change });
      fill(desk);
      const before = keyTexts(home);
      expect(await rekey(desk, "keyring")).toEqual({ kind: "keyring-unusable" });
      expect(keyTexts(home)).toEqual(before);
      expectWhole(await open(home));
    });
  }

  test("is not asked while the key is in the file: no slow start, no question to the owner", async () => {
    const home = useTempHome();
    const silent: Keyring = {
      get: () => Promise.reject(new Error("asked")),
      set: () => Promise.reject(new Error("asked")),
      remove: () => Promise.reject(new Error("asked")),
    };
    let asked = 0;
    const counting = { ...silent, get: () => silent.get(String(asked++)) };
    fill(await open(home, counting));
    expectWhole(await open(home, counting));
    expect(asked).toBe(0);
  });

  test("that has lost the key, or is locked, keeps everybody from sealing with another one", async () => {
    const home = useTempHome();
    const keyring = aKeyring();
    const desk = await open(home, keyring);
    fill(desk);
    await rekey(desk, "keyring");
    for (const broken of [aKeyring(), { ...keyring, get: () => Promise.reject(new Error("locked")) }]) {
      const keys = await openMasterKeys(home, {}, broken);
      expect(kindOf(() => createSealer(keys))).toBe("wrong-key");
    }
    expect(keyTexts(home)).toHaveLength(1);
  });

  test("cannot be seen by a process that ran before: it fails, and writes nothing with the old key", async () => {
    const home = useTempHome();
    const keyring = aKeyring();
    const running = await open(home, keyring);
    fill(running);
    await rekey(await open(home, keyring), "keyring");
    const write = () => running.settings.writeCredential("profile-1", aCredential({ accessToken: "late" }), 1);
    expect(kindOf(write)).toBe("wrong-key");
    expectWhole(await open(home, keyring));
  });
});

describe("a key that is lost", () => {
  test("fails the secrets it sealed and nothing else: new ones are sealed with the key that is there", async () => {
    const home = useTempHome();
    const first = await open(home);
    fill(first);
    await rekey(first, null);
    writeFileSync(join(home, "master.key"), "cd".repeat(32));
    const later = await open(home);
    expect(kindOf(() => later.settings.credential("profile-1"))).toBe("wrong-key");
    expect(later.settings.profiles().map((profile) => profile.name)).toEqual(["Work", "Key"]);
    expect(later.settings.profileNamed("Work")?.proxyUrl).toBe("unreadable://proxy");
    expect(
      later.settings.writeCredential("profile-1", aCredential(), later.settings.generation("profile-1") ?? 0),
    ).toBe(true);
    const again = await open(home);
    expect(again.settings.credential("profile-1")?.credential).toEqual(aCredential());
    expect(kindOf(() => again.settings.credential("p2"))).toBe("wrong-key");
  });

  test("does not lose a proxy's address with an unrelated change", async () => {
    const home = useTempHome();
    const first = await open(home);
    fill(first);
    const key = readFileSync(join(home, "master.key"), "utf8");
    writeFileSync(join(home, "master.key"), "cd".repeat(32));
    const locked = await open(home);
    locked.settings.updateProfile("profile-1", { reservePercent: 7 });
    writeFileSync(join(home, "master.key"), key);
    expect((await open(home)).settings.profileNamed("Work")).toMatchObject({ proxyUrl: PROXY, reservePercent: 7 });
  });
});

test("a proxy's password is in no file (trap 48)", async () => {
  const home = useTempHome();
  const { settings } = await open(home);
  settings.addProfile(aProfile({ proxyUrl: "http://user:canary-5d1c@proxy.example:8080" }), aCredential());
  settings.updateProfile("profile-1", { proxyUrl: "http://user:canary-5d1c@other.example:8080" });
  settings.close();
  const holding = readdirSync(home).filter((name) => readFileSync(join(home, name)).includes("canary-5d1c"));
  expect(holding).toEqual([]);
});
