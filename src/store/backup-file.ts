/**
 * What stands in a backup? One file: a line that says what it is, a line of JSON that lists the parts, the parts one after
 * another as they are, and the SHA-256 of all of it. Owns this form; must not know what the parts mean.
 *
 * Parts have names of a closed list and their bytes are stored plainly: no path, no link and no packing, so that nothing
 * in a file that somebody else has made can point anywhere or grow.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { StoreError } from "./store-error.ts";

export const BACKUP_PARTS = ["settings.sqlite", "daemon.sqlite", "desktop.sqlite"] as const;
export type BackupPart = (typeof BACKUP_PARTS)[number];

/** A master key, sealed with a passphrase. */
export interface SealedKey {
  /** Hexadecimal. */
  readonly salt: string;
  /** Base64. */
  readonly sealed: string;
}

export interface BackupManifest {
  readonly madeAt: string;
  /** Of the program that made it. */
  readonly version: string;
  /** Id of the master key that its sign-ins are encrypted with; null when there are none. */
  readonly keyId: string | null;
  /** Null when the owner keeps the key elsewhere. */
  readonly key: SealedKey | null;
  readonly parts: readonly { readonly name: BackupPart; readonly bytes: number }[];
}

const FORMAT = 1;
const FIRST_LINE = /^codexuse backup (\d{1,6})\n/;
const HEAD_BYTES_MAX = 16 * 1024;
const DIGEST_BYTES = 32;
const CHUNK_BYTES = 256 * 1024;

/** Writes to `descriptor`, which is new and empty, and syncs it. `paths` in the order of the manifest's parts. */
export function writeBackup(descriptor: number, manifest: BackupManifest, paths: readonly string[]): void {
  const digest = createHash("sha256");
  const put = (bytes: Uint8Array): void => {
    digest.update(bytes);
    writeWhole(descriptor, bytes);
  };
  put(Buffer.from(`codexuse backup ${FORMAT}\n${JSON.stringify(manifest)}\n`));
  for (const path of paths) readInChunks(path, put);
  writeWhole(descriptor, digest.digest());
  fsyncSync(descriptor);
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

function readInChunks(path: string, put: (bytes: Uint8Array) => void): void {
  const source = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let length = readSync(source, chunk); length > 0; length = readSync(source, chunk)) {
      put(chunk.subarray(0, length));
    }
  } finally {
    closeSync(source);
  }
}

/**
 * Reads a backup from its beginning to its end and answers its manifest; nothing is believed before the digest fits.
 * `open` gives where a part's bytes go, null for nowhere; it is called in order, before the part's first byte. Throws a
 * `StoreError`: "newer-file", or "corrupt" for everything that is not such a file, whole.
 */
export function readBackup(
  path: string,
  descriptor: number,
  open: ((part: BackupPart) => (bytes: Uint8Array) => void) | null,
): BackupManifest {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) throw notWhole(path, "it is not a file");
  const head = Buffer.alloc(Math.min(HEAD_BYTES_MAX, stat.size));
  readExactly(path, descriptor, head, 0);
  const { manifest, length } = parseHead(path, head);
  const partsBytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  if (length + partsBytes + DIGEST_BYTES !== stat.size) throw notWhole(path, "its length is not what it says");
  const digest = createHash("sha256").update(head.subarray(0, length));
  let at = length;
  for (const { name, bytes } of manifest.parts) {
    const put = open?.(name) ?? null;
    for (const end = at + bytes; at < end; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, end - at));
      readExactly(path, descriptor, chunk, at);
      digest.update(chunk);
      put?.(chunk);
      at += chunk.length;
    }
  }
  const told = Buffer.alloc(DIGEST_BYTES);
  readExactly(path, descriptor, told, at);
  if (!digest.digest().equals(told)) throw notWhole(path, "its checksum does not fit");
  return manifest;
}

function readExactly(path: string, descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const length = readSync(descriptor, bytes, done, bytes.length - done, position + done);
    if (length === 0) throw notWhole(path, "it ends too early");
    done += length;
  }
}

function parseHead(path: string, head: Buffer): { readonly manifest: BackupManifest; readonly length: number } {
  const text = head.toString("latin1");
  const first = FIRST_LINE.exec(text);
  if (first === null) throw notWhole(path, "it does not begin like one");
  if (Number(first[1]) > FORMAT) {
    const problem = `${path} is a backup of a newer codexuse (form ${first[1]}, this one knows ${FORMAT}).`;
    throw new StoreError("newer-file", problem, "Restore it with that version.");
  }
  const start = first[0].length;
  const end = text.indexOf("\n", start);
  const manifest = end === -1 ? null : parseManifest(head.toString("utf8", start, end));
  if (Number(first[1]) !== FORMAT || manifest === null) throw notWhole(path, "its list of parts cannot be read");
  return { manifest, length: end + 1 };
}

function parseManifest(text: string): BackupManifest | null {
  const value = parseJson(text);
  if (!isRecord(value)) return null;
  const { madeAt, version, keyId, key, parts } = value;
  if (typeof madeAt !== "string" || typeof version !== "string" || !Array.isArray(parts)) return null;
  if (keyId !== null && typeof keyId !== "string") return null;
  if (key !== null && !isSealedKey(key)) return null;
  if (!parts.every(isPart) || new Set(parts.map(({ name }) => name)).size !== parts.length) return null;
  return { madeAt, version, keyId, key, parts };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what is wrong with the file.
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isPart(value: unknown): value is BackupManifest["parts"][number] {
  if (!isRecord(value)) return false;
  const { name, bytes } = value;
  return BACKUP_PARTS.some((part) => part === name) && Number.isSafeInteger(bytes) && Number(bytes) >= 0;
}

function isSealedKey(value: unknown): value is SealedKey {
  return isRecord(value) && typeof value["salt"] === "string" && typeof value["sealed"] === "string";
}

function notWhole(path: string, why: string): StoreError {
  return new StoreError("corrupt", `${path} is not a whole codexuse backup: ${why}.`, "Use another copy of it.");
}
