/**
 * A process of its own that works on a home folder, for tests of what several processes, or a killed one, leave.
 * `bun store-child.ts <task> <home> <name>`: prints `ready`, waits for a line on stdin, works, prints one JSON line a
 * result. Ends by itself after a bounded number of writes.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { RuntimeStore, SettingsStore } from "../../src/ports.ts";
import { ensureHome } from "../../src/store/home.ts";
import { readMasterKey } from "../../src/store/master-key.ts";
import type { Migration } from "../../src/store/migrate.ts";
import { openDatabase } from "../../src/store/open.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { aCooldown, aCredential, aKey, aProfile, aSession, aTurn, aWindow } from "./records.ts";

const WRITES = 500;
const ENDLESS_WRITES_MAX = 200_000;

/** The fake second format that `migrate` brings a file to. */
export const CHILD_MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: "CREATE TABLE notes (text TEXT) STRICT;" },
  { version: 2, sql: "CREATE TABLE marks (text TEXT) STRICT; INSERT INTO marks VALUES ('once');" },
];

interface Stores {
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly keyHash: string;
}

function openStores(home: string): Stores {
  ensureHome(home);
  const masterKey = readMasterKey(home, {});
  return {
    settings: openSettingsStore(home, { sealer: createSealer(masterKey) }),
    runtime: openRuntimeStore(home, "daemon"),
    keyHash: createHash("sha256").update(masterKey).digest("hex"),
  };
}

function closeStores({ settings, runtime }: Stores): void {
  settings.close();
  runtime.close();
}

/** First use of a home: one key, one profile of one's own, its credential read back. */
function openTask(home: string, name: string): unknown {
  const stores = openStores(home);
  stores.settings.addProfile(aProfile({ id: name, name }), aCredential({ accessToken: `access-${name}` }));
  const stored = stores.settings.credential(name)?.credential;
  closeStores(stores);
  return { keyHash: stores.keyHash, readBack: stored?.kind === "chatgpt" && stored.accessToken === `access-${name}` };
}

/** Every kind of writing, as fast as possible. */
function writeTask(home: string, name: string): unknown {
  const stores = openStores(home);
  const { settings, runtime } = stores;
  settings.addProfile(aProfile({ id: name, name }), aCredential());
  for (let count = 1; count <= WRITES; count += 1) {
    settings.mergeWindows("shared", [aWindow({ observedAtMs: count }), aWindow({ limit: name, observedAtMs: count })]);
    settings.setCooldown("shared", aCooldown({ model: name, strikes: count }));
    settings.updateProfile(name, { reservePercent: count % 100 });
    settings.takeLease("refresh", name, count, count + 1);
    runtime.recordTurn(aTurn({ id: `${name}-${count}`, startedAtMs: count }));
    runtime.saveSession(aSession({ id: `${name}-${count % 7}`, affinityHash: `${name}-${count % 7}`, turns: count }));
    if (count % 50 === 0) settings.writeCredential(name, aCredential(), count / 50);
  }
  closeStores(stores);
  return null;
}

/** Writes until it is killed and reports each credential that the store has confirmed. */
function writeForeverTask(home: string, name: string): unknown {
  const { settings, runtime } = openStores(home);
  settings.addProfile(aProfile({ id: name, name }), aCredential());
  runtime.addKey(aKey());
  for (let count = 1; count <= ENDLESS_WRITES_MAX; count += 1) {
    settings.markRefreshStarted(name, count, count);
    settings.writeCredential(name, aCredential({ refreshToken: `refresh-${count + 1}` }), count);
    settings.mergeWindows("shared", [
      aWindow({ observedAtMs: count }),
      aWindow({ minutes: 10_080, observedAtMs: count }),
    ]);
    runtime.recordTurn(aTurn({ id: `turn-${count}`, startedAtMs: count }));
    report({ generation: count + 1 });
  }
  return null;
}

/** Keeps everything open under a mask that forbids nothing, until its input ends. */
async function holdTask(home: string, name: string, input: AsyncIterator<string>): Promise<unknown> {
  process.umask(0);
  const stores = openStores(home);
  stores.settings.addProfile(aProfile({ id: name, name }), aCredential());
  stores.runtime.addKey(aKey());
  report("open");
  await input.next();
  closeStores(stores);
  return null;
}

function migrateTask(home: string): unknown {
  const connection = openDatabase(join(home, "fake.sqlite"), CHILD_MIGRATIONS, { busyMs: 5_000 });
  const marks = connection.prepare("SELECT text FROM marks").all().length;
  connection.close();
  return { marks };
}

function report(result: unknown): void {
  console.log(JSON.stringify(result));
}

async function runTask(task: string, home: string, name: string): Promise<unknown> {
  const input = console[Symbol.asyncIterator]();
  report("ready");
  await input.next();
  switch (task) {
    case "open":
      return openTask(home, name);
    case "write":
      return writeTask(home, name);
    case "write-forever":
      return writeForeverTask(home, name);
    case "hold":
      return holdTask(home, name, input);
    case "migrate":
      return migrateTask(home);
    default:
      throw new Error(`no such task: ${task}`);
  }
}

if (import.meta.main) {
  const [task = "", home = "", name = ""] = process.argv.slice(2);
  report(await runTask(task, home, name));
  process.exit(0);
}
