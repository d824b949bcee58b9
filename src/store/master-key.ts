/**
 * Where does the key for the secrets come from? Owns `master.key`; must not keep nor show the key.
 *
 * Sources in order, the first that has one wins: the service manager's credentials folder, then the file in the home
 * folder, made on first use. The system's keyring belongs between the two.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { syncToDisk, tightenFile } from "./private-file.ts";
import { MASTER_KEY_BYTES } from "./seal.ts";
import { asStoreError, StoreError, systemCodeOf } from "./store-error.ts";

/**
 * The 32 bytes of the master key; made and on the disk before it answers when there is none yet. A `master.key` that
 * others may read is tightened to 0600 rather than refused: refusing would lock the owner out and undo nothing.
 * Throws a `StoreError`: "bad-key" when a source holds no key, "unreadable" and others when it cannot be read.
 */
export function readMasterKey(home: string, env: Readonly<Record<string, string | undefined>>): Uint8Array {
  const credentialsFolder = env["CREDENTIALS_DIRECTORY"];
  return (credentialsFolder ? readKeyFile(join(credentialsFolder, "master-key")) : null) ?? readOrMakeKey(home);
}

function readOrMakeKey(home: string): Uint8Array {
  const path = join(home, "master.key");
  try {
    tightenFile(path);
    const stored = readKeyFile(path);
    if (stored !== null) return stored;
    makeKeyFile(home, path);
  } catch (error) {
    throw asStoreError(error, path);
  }
  const made = readKeyFile(path);
  if (made === null) throw badKey(path);
  return made;
}

/** Null when there is no such file. */
function readKeyFile(path: string): Uint8Array | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return null;
    throw asStoreError(error, path);
  }
  const key = parseKey(bytes);
  if (key === null) throw badKey(path);
  return key;
}

/** Accepts 32 raw bytes, or the same as 64 hexadecimal digits or as Base64 (either alphabet), with white space around. */
function parseKey(bytes: Buffer): Uint8Array | null {
  if (bytes.length === MASTER_KEY_BYTES) return Uint8Array.from(bytes);
  const text = bytes.toString("latin1").trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.from(Buffer.from(text, "hex"));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Uint8Array.from(Buffer.from(text, "base64"));
  return null;
}

/**
 * Writes a new key under a name of its own and links it to the real one: the link succeeds for one process only, so
 * all that start at once read the same whole key afterwards, and a killed one leaves no half of a key.
 */
function makeKeyFile(home: string, path: string): void {
  const unfinishedPath = join(home, `master.key.${process.pid}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    writeSynced(unfinishedPath, `${randomBytes(MASTER_KEY_BYTES).toString("hex")}\n`);
    linkSync(unfinishedPath, path);
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(unfinishedPath, { force: true });
  }
  syncToDisk(home);
}

function writeSynced(path: string, text: string): void {
  const descriptor = openSync(path, "wx", 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function badKey(path: string): StoreError {
  return new StoreError(
    "bad-key",
    `${path} does not hold a master key.`,
    "It must be 32 raw bytes, 64 hexadecimal digits or Base64 of 32 bytes: put the right file back. " +
      "If the key is lost, move the file away, remove the profiles and sign in again.",
  );
}
