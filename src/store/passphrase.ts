/** How does a passphrase keep a master key? Scrypt makes a key of it, which seals like every other. */
import { randomBytes, scryptSync } from "node:crypto";
import type { SealedKey } from "./backup-file.ts";
import { keyText } from "./key-file.ts";
import { createSealer, MASTER_KEY_BYTES } from "./seal.ts";
import { StoreError } from "./store-error.ts";

/** About a quarter of a second and 128 MiB for each guess. Fixed by the backup's form, so that no file can ask for more. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const SALT_BYTES = 16;
const CONTEXT = "master key in a backup";

export const PASSPHRASE_CHARACTERS_MIN = 12;

function keyOf(passphrase: string, salt: Uint8Array): Uint8Array {
  return Uint8Array.from(scryptSync(passphrase.normalize("NFKC"), salt, MASTER_KEY_BYTES, COST));
}

export function sealWithPassphrase(key: Uint8Array, passphrase: string): SealedKey {
  const salt = randomBytes(SALT_BYTES);
  const sealed = createSealer(keyOf(passphrase, salt)).seal(keyText(key), CONTEXT);
  return { salt: salt.toString("hex"), sealed: Buffer.from(sealed).toString("base64") };
}

/** Throws a `StoreError` "wrong-key" when it is another passphrase or the sealed key was changed. */
export function openWithPassphrase({ salt, sealed }: SealedKey, passphrase: string): Uint8Array {
  try {
    const sealer = createSealer(keyOf(passphrase, Buffer.from(salt, "hex")));
    const key = Buffer.from(sealer.open(Uint8Array.from(Buffer.from(sealed, "base64")), CONTEXT), "hex");
    if (key.length === MASTER_KEY_BYTES) return Uint8Array.from(key);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
  throw new StoreError(
    "wrong-key",
    "The passphrase does not open the master key in this backup.",
    "Give the right one.",
  );
}
