/**
 * With which key is a secret of this file sealed? The file itself names the key in force, because several processes seal
 * and one of them may change the key: read in the same transaction as the write, it can never be an old one.
 */
import type { Connection } from "./connection.ts";
import { keyIdIn, type Sealer } from "./seal.ts";
import { StoreError } from "./store-error.ts";

export interface Sealing {
  /** Only within a transaction that writes. */
  seal(text: string, context: string): Uint8Array;
  open(bytes: Uint8Array, context: string): string;
  /** Opens and seals again with the key of this id. Throws a `StoreError` "wrong-key" when that key cannot be had. */
  reseal(bytes: Uint8Array, context: string, keyId: string): Uint8Array;
  /** Null as long as the key was never changed. */
  keyInForce(): string | null;
  setKeyInForce(keyId: string): void;
}

const WRITE = "INSERT OR REPLACE INTO key_in_force (id, key_id) VALUES (1, ?)";

export function openSealing(connection: Connection, sealer: Sealer): Sealing {
  const selectRow = connection.prepare<{ key_id: string }>("SELECT key_id FROM key_in_force WHERE id = 1");
  const writeRow = connection.prepare(WRITE);
  const keyInForce = (): string | null => selectRow.get()?.key_id ?? null;
  const setKeyInForce = (keyId: string): void => {
    connection.commit(() => writeRow.run(keyId));
  };

  return {
    keyInForce,
    setKeyInForce,
    open: (bytes, context) => sealer.open(bytes, context),

    seal(text, context) {
      const wanted = keyInForce();
      const sealed = sealer.seal(text, context, wanted);
      const used = keyIdIn(sealed);
      // The key in force is lost: life goes on with the one that is there, and the file has to know.
      if (wanted !== null && used !== null && used !== wanted) setKeyInForce(used);
      return sealed;
    },

    reseal(bytes, context, keyId) {
      const sealed = sealer.seal(sealer.open(bytes, context), context, keyId);
      if (keyIdIn(sealed) === keyId) return sealed;
      throw new StoreError("wrong-key", "The new master key cannot be read back.", "Try again.");
    },
  };
}
