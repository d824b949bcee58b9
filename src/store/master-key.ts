/**
 * Where does the key for the secrets come from? Must not keep it longer than the process lives, nor show it.
 *
 * Sources in order, the first that has one wins: the service manager's credentials folder; the system's keyring, where
 * the owner has moved the key there, which `master.key` then says instead of holding it; `master.key`, made on first use.
 * The keyring is never tried on suspicion: a box without one would start slower, and a service that runs while nobody is
 * signed in could not open what a desktop had put there.
 */
import { join } from "node:path";
import type { Environment } from "../ports.ts";
import { type KeyFile, keyPath, makeKeyFile, nextKeyPath, readKeyFile, tightenKeyFile } from "./key-file.ts";
import { type Keyring, keyringName } from "./keyring.ts";
import { type KeySource, keyIdOf } from "./seal.ts";
import { asStoreError, StoreError } from "./store-error.ts";

export const KEY_PLACES = ["service-manager", "keyring", "file"] as const;
export type KeyPlace = (typeof KEY_PLACES)[number];

export interface MasterKeys extends KeySource {
  /** The keys that are here already; never makes one. */
  existing(): readonly Uint8Array[];
  /** Where the key for new seals lies; makes one where there is none. */
  place(): KeyPlace;
  /** Tells of a key that the keyring has: from now on a file that names it means this one. */
  learn(key: Uint8Array): void;
}

/**
 * The sources as they are now and every time they are asked again. The keyring is asked once, here, for the keys that the
 * files name; a process that runs while the key moves into the keyring has to be started again.
 */
export async function openMasterKeys(home: string, env: Environment, keyring: Keyring): Promise<MasterKeys> {
  const fromKeyring = new Map<string, Uint8Array>();
  for (const keyId of keyringIds(home)) {
    const key = await askKeyring(keyring, keyId);
    if (key !== null) fromKeyring.set(keyId, key);
  }
  return { ...readSources(home, env, fromKeyring), learn: (key) => void fromKeyring.set(keyIdOf(key), key) };
}

/**
 * The 32 bytes of the master key, the keyring left aside; made and on the disk before it answers when there is none yet.
 * Throws a `StoreError`: "bad-key" when a source holds no key, "unreadable" and others when it cannot be read.
 */
export function readMasterKey(home: string, env: Environment): Uint8Array {
  const [first] = readSources(home, env, new Map()).keys();
  if (first === undefined) throw new Error("a source without a key answered");
  return first;
}

function readSources(
  home: string,
  env: Environment,
  fromKeyring: ReadonlyMap<string, Uint8Array>,
): Omit<MasterKeys, "learn"> {
  const resolve = (file: KeyFile | null): Uint8Array | null => {
    if (file === null) return null;
    return file.kind === "key" ? file.key : (fromKeyring.get(file.keyId) ?? null);
  };
  return {
    keys() {
      const service = serviceKey(env);
      const file = service === null ? readOrMakeKeyFile(home) : readKeyFile(keyPath(home));
      const own = resolve(file);
      // A key that the files name and nobody has must not be passed over: what is sealed instead would be lost with it.
      if (service === null && own === null) throw keyringSilent();
      const next = resolve(readKeyFile(nextKeyPath(home)));
      return [service, own, next].filter((key) => key !== null);
    },
    existing() {
      const files = [readKeyFile(keyPath(home)), readKeyFile(nextKeyPath(home))];
      return [serviceKey(env), ...files.map(resolve)].filter((key) => key !== null);
    },
    place() {
      if (serviceKey(env) !== null) return "service-manager";
      return readOrMakeKeyFile(home).kind === "keyring" ? "keyring" : "file";
    },
  };
}

function serviceKey(env: Environment): Uint8Array | null {
  const folder = env["CREDENTIALS_DIRECTORY"];
  const file = folder ? readKeyFile(join(folder, "master-key")) : null;
  return file?.kind === "key" ? file.key : null;
}

function readOrMakeKeyFile(home: string): KeyFile {
  const path = keyPath(home);
  tightenKeyFile(path);
  const stored = readKeyFile(path);
  if (stored !== null) return stored;
  try {
    makeKeyFile(path);
  } catch (error) {
    throw asStoreError(error, path);
  }
  const made = readKeyFile(path);
  if (made === null) throw new StoreError("unreadable", `${path} went away while it was made.`, "Try again.");
  return made;
}

/** Ids of the keys that the files leave to the keyring. A file in bad shape is told when a key is needed. */
function keyringIds(home: string): readonly string[] {
  return [keyPath(home), nextKeyPath(home)].flatMap((path) => {
    try {
      const file = readKeyFile(path);
      return file?.kind === "keyring" ? [file.keyId] : [];
    } catch (error) {
      if (error instanceof StoreError) return [];
      throw error;
    }
  });
}

async function askKeyring(keyring: Keyring, keyId: string): Promise<Uint8Array | null> {
  try {
    const text = await keyring.get(keyringName(keyId));
    return text === null ? null : Uint8Array.from(Buffer.from(text, "hex"));
  } catch {
    // Missing, locked, or without a session to ask in: told when the key is needed.
    return null;
  }
}

function keyringSilent(): StoreError {
  return new StoreError(
    "wrong-key",
    "The master key is kept in the system's keyring, which has not given it out.",
    "Unlock the keyring, or sign in to the desktop, and start this program again. " +
      "To keep the key in a file instead, run there: codexuse profile rekey --key-in=file",
  );
}
