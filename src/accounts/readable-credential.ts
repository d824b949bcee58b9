/**
 * What is the credential of a profile, as far as it can be opened? One that was sealed with a key that is not here counts
 * as none: what neighbours it has must not keep a profile from being mended.
 */
import type { SettingsStore, StoredCredential } from "../ports.ts";
import { StoreError } from "../store/store-error.ts";

/** Null when there is none or it cannot be opened. Throws what else goes wrong with the store. */
export function readableCredential(
  settings: Pick<SettingsStore, "credential">,
  profileId: string,
): StoredCredential | null {
  try {
    return settings.credential(profileId);
  } catch (error) {
    if (isLocked(error)) return null;
    throw error;
  }
}

/** Whether the store is fine but for the key, or for this one secret. */
export function isLocked(error: unknown): boolean {
  return error instanceof StoreError && (error.kind === "wrong-key" || error.kind === "corrupt");
}
