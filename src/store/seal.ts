/**
 * How are secrets kept from who only copies the file? AES-256-GCM with a fresh random nonce each time, bound to what
 * the secret belongs to. Owns the format of sealed bytes; must not know what is sealed nor where the key comes from.
 */
import { createHash } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { managedNonce } from "@noble/ciphers/utils.js";
import { StoreError } from "./store-error.ts";

export interface Sealer {
  /** `context` is not kept in the bytes but needed to open them: a row moved to another profile does not open. */
  seal(text: string, context: string): Uint8Array;
  /** Throws a `StoreError`: "wrong-key" for another key's bytes, "corrupt" for changed bytes or another context. */
  open(bytes: Uint8Array, context: string): string;
}

export const MASTER_KEY_BYTES = 32;

/** Sealed bytes: format (1), key id (4), nonce (12), ciphertext, tag (16). Format and key id allow later rotation. */
const FORMAT = 1;
const KEY_ID_BYTES = 4;
const HEAD_BYTES = 1 + KEY_ID_BYTES;

const sealWithNonce = managedNonce(gcm);

/** `masterKey` has 32 bytes and is copied. Throws a `StoreError` "bad-key" for any other length. */
export function createSealer(masterKey: Uint8Array): Sealer {
  if (masterKey.length !== MASTER_KEY_BYTES) {
    throw new StoreError("bad-key", `A master key has ${MASTER_KEY_BYTES} bytes.`, "Give one of that length.");
  }
  const key = Uint8Array.from(masterKey);
  const keyId = keyIdOf(key);

  function seal(text: string, context: string): Uint8Array {
    const cipher = sealWithNonce(key, new TextEncoder().encode(context));
    const body = cipher.encrypt(new TextEncoder().encode(text));
    const sealed = new Uint8Array(HEAD_BYTES + body.length);
    sealed[0] = FORMAT;
    sealed.set(keyId, 1);
    sealed.set(body, HEAD_BYTES);
    return sealed;
  }

  function open(bytes: Uint8Array, context: string): string {
    if (bytes[0] !== FORMAT) throw damagedSeal(null);
    if (Buffer.compare(bytes.subarray(1, HEAD_BYTES), keyId) !== 0) throw wrongKey();
    try {
      const cipher = sealWithNonce(key, new TextEncoder().encode(context));
      return new TextDecoder().decode(cipher.decrypt(bytes.subarray(HEAD_BYTES)));
    } catch (error) {
      throw damagedSeal(error);
    }
  }

  return { seal, open };
}

/** Names a key without telling anything about it. */
function keyIdOf(key: Uint8Array): Uint8Array {
  return createHash("sha256").update("codexuse key id").update(key).digest().subarray(0, KEY_ID_BYTES);
}

function wrongKey(): StoreError {
  return new StoreError(
    "wrong-key",
    "A saved sign-in was encrypted with another master key than the one in use.",
    "Put that key back (master.key in the home folder, or master-key in $CREDENTIALS_DIRECTORY). " +
      "If it is lost, remove the profile and sign in again.",
  );
}

function damagedSeal(cause: unknown): StoreError {
  return new StoreError(
    "corrupt",
    "A saved sign-in is damaged and cannot be decrypted.",
    "Put back a backup of settings.sqlite, or remove the profile and sign in again.",
    cause,
  );
}
