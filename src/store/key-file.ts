/**
 * What stands in a file that holds the master key? Owns the forms of `master.key` and `master.key.next` and writing them
 * whole. A file holds the key itself or says that the system's keyring has it. Must not keep nor show a key.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncToDisk, tightenFile } from "./private-file.ts";
import { keyIdOf, MASTER_KEY_BYTES } from "./seal.ts";
import { asStoreError, StoreError, systemCodeOf } from "./store-error.ts";

export type KeyFile =
  | { readonly kind: "key"; readonly keyId: string; readonly key: Uint8Array }
  /** The system's keyring has the key of this id. */
  | { readonly kind: "keyring"; readonly keyId: string };

const KEYRING_FORM = /^keyring:([0-9a-f]{8})$/;

export function keyPath(home: string): string {
  return join(home, "master.key");
}

/** A key that is about to take over: written before anything is sealed with it. */
export function nextKeyPath(home: string): string {
  return join(home, "master.key.next");
}

/** Null when there is no such file. Throws a `StoreError`: "bad-key" when it holds no key, "unreadable" and others. */
export function readKeyFile(path: string): KeyFile | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return null;
    throw asStoreError(error, path);
  }
  const file = parseKeyFile(bytes);
  if (file === null) throw badKey(path);
  return file;
}

/** Accepts 32 raw bytes, or the same as 64 hexadecimal digits or as Base64 (either alphabet), with white space around. */
function parseKeyFile(bytes: Buffer): KeyFile | null {
  const key = parseKey(bytes);
  if (key !== null) return { kind: "key", keyId: keyIdOf(key), key };
  const keyId = KEYRING_FORM.exec(bytes.toString("latin1").trim())?.[1];
  return keyId === undefined ? null : { kind: "keyring", keyId };
}

function parseKey(bytes: Buffer): Uint8Array | null {
  if (bytes.length === MASTER_KEY_BYTES) return Uint8Array.from(bytes);
  const text = bytes.toString("latin1").trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.from(Buffer.from(text, "hex"));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Uint8Array.from(Buffer.from(text, "base64"));
  return null;
}

export function makeMasterKey(): Uint8Array {
  return Uint8Array.from(randomBytes(MASTER_KEY_BYTES));
}

/** A key as text, for a file or the keyring. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString("hex");
}

/**
 * Makes the first key of a home. It is written under a name of its own and linked to the real one: the link succeeds for
 * one process only, so all that start at once read the same whole key afterwards, and a killed one leaves no half of it.
 */
export function makeKeyFile(path: string): void {
  const unfinishedPath = unfinishedPathOf(path);
  try {
    writeSynced(unfinishedPath, `${keyText(makeMasterKey())}\n`);
    linkSync(unfinishedPath, path);
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(unfinishedPath, { force: true });
  }
  syncToDisk(dirname(path));
}

/** Puts a key file in the place of whatever is there, whole and on the disk. */
export function replaceKeyFile(path: string, file: KeyFile): void {
  const unfinishedPath = unfinishedPathOf(path);
  try {
    writeSynced(unfinishedPath, `${file.kind === "key" ? keyText(file.key) : `keyring:${file.keyId}`}\n`);
    renameSync(unfinishedPath, path);
  } finally {
    rmSync(unfinishedPath, { force: true });
  }
  syncToDisk(dirname(path));
}

function unfinishedPathOf(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
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

/** Takes the rights of others from a key file rather than refusing it: that would lock the owner out and undo nothing. */
export function tightenKeyFile(path: string): void {
  try {
    tightenFile(path);
  } catch (error) {
    throw asStoreError(error, path);
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
