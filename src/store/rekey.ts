/**
 * How does every secret get a new master key without a moment in which a kill would lose one?
 *
 * Owns the order: the new key lies beside the old one (`master.key.next`) before anything is sealed with it; one
 * transaction seals everything anew and names the key in force; then the new file takes the old one's place. A reader
 * takes whichever file has the key that a secret asks for, so each state in between works, and whoever comes next
 * finishes what was cut off. Files change hands only under the database's write lock.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import type { SettingsStore } from "../ports.ts";
import { type KeyFile, keyPath, keyText, makeMasterKey, nextKeyPath, readKeyFile, replaceKeyFile } from "./key-file.ts";
import { type Keyring, keepInKeyring, keyringName } from "./keyring.ts";
import type { KeyPlace, MasterKeys } from "./master-key.ts";
import { syncToDisk } from "./private-file.ts";
import { keyIdOf } from "./seal.ts";
import { asStoreError } from "./store-error.ts";

/** The steps that touch files; tests end the process around them. */
export interface KeyFiles {
  writeNext(home: string, file: KeyFile): void;
  /** The next key becomes the key. */
  takeOver(home: string): void;
  dropNext(home: string): void;
}

export interface RekeyDesk {
  readonly home: string;
  readonly settings: Pick<SettingsStore, "holdKeys">;
  readonly keys: MasterKeys;
  readonly keyring: Keyring;
  readonly files?: KeyFiles;
}

/** Where the owner may want the key to lie. */
export type OwnPlace = Exclude<KeyPlace, "service-manager">;

export type RekeyResult =
  | { readonly kind: "done"; readonly from: OwnPlace; readonly to: OwnPlace; readonly signIns: number }
  /** Only the service manager can change its own credential. */
  | { readonly kind: "service-manager" }
  /** Nothing was changed. */
  | { readonly kind: "keyring-unusable" };

export const DISK_KEY_FILES: KeyFiles = {
  writeNext: (home, file) => replaceKeyFile(nextKeyPath(home), file),
  takeOver: (home) => {
    renameSync(nextKeyPath(home), keyPath(home));
    syncToDisk(home);
  },
  dropNext: (home) => {
    rmSync(nextKeyPath(home), { force: true });
  },
};

/**
 * Makes a new master key, in the place `to` or where the old one lay, and seals every secret with it. Throws a
 * `StoreError`, and then nothing has changed: "wrong-key" and "corrupt" when a secret cannot be opened.
 */
export async function rekey(desk: RekeyDesk, to: OwnPlace | null): Promise<RekeyResult> {
  const from = desk.keys.place();
  if (from === "service-manager") return { kind: "service-manager" };
  const place = to ?? from;
  const key = makeMasterKey();
  const keyId = keyIdOf(key);
  if (place === "keyring" && !(await keepInKeyring(desk.keyring, keyringName(keyId), keyText(key)))) {
    return { kind: "keyring-unusable" };
  }
  desk.keys.learn(key);
  const before = readKeyFile(keyPath(desk.home));
  const signIns = await changeKey(desk, place === "keyring" ? { kind: "keyring", keyId } : { kind: "key", keyId, key });
  if (before?.kind === "keyring") await forget(desk.keyring, before.keyId);
  return { kind: "done", from, to: place, signIns };
}

async function changeKey(desk: RekeyDesk, next: KeyFile): Promise<number> {
  const { home, settings, keyring, files = DISK_KEY_FILES } = desk;
  try {
    const signIns = settings.holdKeys((vault) => {
      finish(home, vault.keyInForce(), files);
      files.writeNext(home, next);
      return vault.resealAll(next.keyId);
    });
    settings.holdKeys((vault) => finish(home, vault.keyInForce(), files));
    return signIns;
  } catch (error) {
    const isUndone = settings.holdKeys((vault) => {
      if (vault.keyInForce() === next.keyId) return false;
      files.dropNext(home);
      return true;
    });
    if (isUndone && next.kind === "keyring") await forget(keyring, next.keyId);
    throw asStoreError(error, nextKeyPath(home));
  }
}

/** Finishes a change of the key that was cut off after its transaction. Cheap when there is none. */
export function finishRekey(home: string, settings: Pick<SettingsStore, "holdKeys">): void {
  if (!existsSync(nextKeyPath(home))) return;
  settings.holdKeys((vault) => finish(home, vault.keyInForce(), DISK_KEY_FILES));
}

/** One that was cut off before its transaction left a key that opens nothing: it waits to be written over. */
function finish(home: string, keyInForce: string | null, files: KeyFiles): void {
  const next = readKeyFile(nextKeyPath(home));
  if (next !== null && next.keyId === keyInForce) files.takeOver(home);
}

/** What stays in the keyring opens nothing. */
async function forget(keyring: Keyring, keyId: string): Promise<void> {
  await keyring.remove(keyringName(keyId)).catch(() => undefined);
}
