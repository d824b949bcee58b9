/**
 * How are secrets kept from who only copies the file? AES-256-GCM with a fresh random nonce each time, bound to what
 * the secret belongs to. Owns the format of sealed bytes; must not know what is sealed nor where keys come from.
 */
import { createHash } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { managedNonce } from "@noble/ciphers/utils.js";
import { StoreError } from "./store-error.ts";

/** Where keys come from. Asked again whenever a key is missing, so that a change by another process is seen. */
export interface KeySource {
  /** The keys that can be had now; the first one is for new seals. Throws a `StoreError` when there is none. */
  keys(): readonly Uint8Array[];
}

export interface Sealer {
  /**
   * `context` is not kept in the bytes but needed to open them: a row moved to another profile does not open. `keyId`
   * names the key to use; null, or one that cannot be had, means the source's first.
   */
  seal(text: string, context: string, keyId?: string | null): Uint8Array;
  /** Throws a `StoreError`: "wrong-key" for another key's bytes, "corrupt" for changed bytes or another context. */
  open(bytes: Uint8Array, context: string): string;
}

export const MASTER_KEY_BYTES = 32;

/** Sealed bytes: format (1), key id (4), nonce (12), ciphertext, tag (16). The key id tells which key opens them. */
const FORMAT = 1;
const KEY_ID_BYTES = 4;
const HEAD_BYTES = 1 + KEY_ID_BYTES;

const sealWithNonce = managedNonce(gcm);

/** Of one key, which is copied, or of a source. Throws a `StoreError` "bad-key" for a key that has not 32 bytes. */
export function createSealer(source: Uint8Array | KeySource): Sealer {
  const ring = openRing(source instanceof Uint8Array ? { keys: () => [source] } : source);

  function seal(text: string, context: string, keyId: string | null = null): Uint8Array {
    const chosen = (keyId === null ? null : ring.find(keyId)) ?? ring.first();
    const cipher = sealWithNonce(chosen.key, new TextEncoder().encode(context));
    const body = cipher.encrypt(new TextEncoder().encode(text));
    const sealed = new Uint8Array(HEAD_BYTES + body.length);
    sealed[0] = FORMAT;
    sealed.set(Buffer.from(chosen.id, "hex"), 1);
    sealed.set(body, HEAD_BYTES);
    return sealed;
  }

  function open(bytes: Uint8Array, context: string): string {
    const keyId = keyIdIn(bytes);
    if (keyId === null) throw damagedSeal(null);
    const found = ring.find(keyId);
    if (found === null) throw wrongKey();
    try {
      const cipher = sealWithNonce(found.key, new TextEncoder().encode(context));
      return new TextDecoder().decode(cipher.decrypt(bytes.subarray(HEAD_BYTES)));
    } catch (error) {
      throw damagedSeal(error);
    }
  }

  return { seal, open };
}

interface NamedKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Keys once seen are kept for opening; which one is first is as the source said last. */
function openRing(source: KeySource): { find(keyId: string): NamedKey | null; first(): NamedKey } {
  const known = new Map<string, NamedKey>();
  const load = (): NamedKey => {
    const named = source.keys().map(nameKey);
    for (const one of named) known.set(one.id, one);
    const [first] = named;
    if (first === undefined) throw wrongKey();
    return first;
  };
  let first = load();
  return {
    find(keyId) {
      const found = known.get(keyId);
      if (found !== undefined) return found;
      first = load();
      return known.get(keyId) ?? null;
    },
    first: () => first,
  };
}

function nameKey(key: Uint8Array): NamedKey {
  if (key.length !== MASTER_KEY_BYTES) {
    throw new StoreError("bad-key", `A master key has ${MASTER_KEY_BYTES} bytes.`, "Give one of that length.");
  }
  return { id: keyIdOf(key), key: Uint8Array.from(key) };
}

/** Names a key without telling anything about it: eight hexadecimal digits. */
export function keyIdOf(key: Uint8Array): string {
  return createHash("sha256")
    .update("codexuse key id")
    .update(key)
    .digest("hex")
    .slice(0, 2 * KEY_ID_BYTES);
}

/** The id of the key that sealed these bytes; null when they are not in our format. */
export function keyIdIn(bytes: Uint8Array): string | null {
  if (bytes[0] !== FORMAT || bytes.length < HEAD_BYTES) return null;
  return Buffer.from(bytes.subarray(1, HEAD_BYTES)).toString("hex");
}

function wrongKey(): StoreError {
  return new StoreError(
    "wrong-key",
    "A saved sign-in was encrypted with another master key than the one in use.",
    "Put that key back (master.key in the home folder, or master-key in $CREDENTIALS_DIRECTORY). " +
      "If it is lost, sign in again with `codexuse profile refresh <name>`.",
  );
}

function damagedSeal(cause: unknown): StoreError {
  return new StoreError(
    "corrupt",
    "A saved sign-in is damaged and cannot be decrypted.",
    "Put back a backup of settings.sqlite, or sign in again with `codexuse profile refresh <name>`.",
    cause,
  );
}
