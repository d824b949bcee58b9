/**
 * What are the secrets of a profile? One sealed row each, in a table of its own, so that no write of anything else can
 * bring an older token back. Every write here is on the disk before it answers: a refresh token is spent only once.
 */
import type { Credential, SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { parseColumn } from "./row-values.ts";
import type { Sealing } from "./sealing.ts";
import { StoreError } from "./store-error.ts";

interface CredentialRow {
  readonly sealed: Uint8Array;
  readonly generation: number;
  readonly refresh_started_at_ms: number | null;
}

export interface CredentialsTable extends Pick<SettingsStore, "credential" | "generation" | "markRefreshStarted"> {
  /** For a new profile; generation 1. */
  insertCredential(profileId: string, credential: Credential): void;
  /** False, and nothing written, when `expectedGeneration` is no longer the stored one. */
  replaceCredential(profileId: string, credential: Credential, expectedGeneration: number): boolean;
  /** Seals every row anew with the key of this id; generations stay. Answers how many there are. */
  resealCredentials(keyId: string): number;
}

const INSERT = `
  INSERT INTO credentials (profile_id, sealed, generation, refresh_started_at_ms)
  VALUES ($profileId, $sealed, 1, NULL)`;

const REPLACE = `
  UPDATE credentials
  SET sealed = $sealed, generation = generation + 1, refresh_started_at_ms = NULL
  WHERE profile_id = $profileId AND generation = $expectedGeneration`;

const MARK = `
  UPDATE credentials SET refresh_started_at_ms = $atMs
  WHERE profile_id = $profileId AND generation = $expectedGeneration`;

export function credentialsTable(connection: Connection, sealing: Sealing): CredentialsTable {
  const selectRow = connection.prepare<CredentialRow>(
    "SELECT sealed, generation, refresh_started_at_ms FROM credentials WHERE profile_id = ?",
  );
  const insertRow = connection.prepare(INSERT);
  const replaceRow = connection.prepare(REPLACE);
  const markRow = connection.prepare(MARK);
  const selectSealed = connection.prepare<{ profile_id: string; sealed: Uint8Array }>(
    "SELECT profile_id, sealed FROM credentials",
  );
  const updateSealed = connection.prepare("UPDATE credentials SET sealed = $sealed WHERE profile_id = $profileId");
  const unseal = rememberLastUnsealed(sealing);

  return {
    credential: (profileId) => {
      const row = selectRow.get(profileId);
      const credential = unseal(profileId, row?.sealed ?? null);
      if (row === null || credential === null) return null;
      return { credential, generation: row.generation, refreshStartedAtMs: row.refresh_started_at_ms };
    },

    generation: (profileId) => selectRow.get(profileId)?.generation ?? null,

    insertCredential: (profileId, credential) => {
      connection.commit(() => {
        insertRow.run({ profileId, sealed: sealing.seal(JSON.stringify(credential), profileId) });
      });
    },

    replaceCredential: (profileId, credential, expectedGeneration) =>
      connection.commit(() => {
        const sealed = sealing.seal(JSON.stringify(credential), profileId);
        return replaceRow.run({ profileId, sealed, expectedGeneration }).changes === 1;
      }),

    resealCredentials: (keyId) =>
      connection.commit(() => {
        const rows = selectSealed.all();
        for (const { profile_id: profileId, sealed } of rows) {
          updateSealed.run({ profileId, sealed: sealing.reseal(sealed, profileId, keyId) });
        }
        return rows.length;
      }),

    markRefreshStarted: (profileId, expectedGeneration, atMs) =>
      connection.commitSynced(() => markRow.run({ profileId, expectedGeneration, atMs }).changes === 1),
  };
}

/**
 * Opening a seal costs far more than reading its row, and every attempt of every turn asks. The sealed bytes
 * themselves are the key, so another process's write is never missed; there is one entry a profile at most.
 */
function rememberLastUnsealed(sealing: Sealing): (profileId: string, sealed: Uint8Array | null) => Credential | null {
  const remembered = new Map<string, { readonly sealed: Uint8Array; readonly credential: Credential }>();
  return (profileId, sealed) => {
    if (sealed === null) {
      remembered.delete(profileId);
      return null;
    }
    const last = remembered.get(profileId);
    if (last !== undefined && Buffer.compare(last.sealed, sealed) === 0) return last.credential;
    const credential = credentialOf(sealing.open(sealed, profileId));
    remembered.set(profileId, { sealed, credential });
    return credential;
  };
}

function credentialOf(text: string): Credential {
  const value = parseColumn(text, "credentials.sealed") as Credential;
  if (value?.kind === "chatgpt" || value?.kind === "api-key") return value;
  throw new StoreError("corrupt", "A saved sign-in is of an unknown kind.", "Remove the profile and sign in again.");
}
