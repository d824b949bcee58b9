/**
 * What are the secrets of a profile? One sealed row each, in a table of its own, so that no write of anything else can
 * bring an older token back. Every write here is on the disk before it answers: a refresh token is spent only once.
 */
import type { Credential, SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { parseColumn } from "./row-values.ts";
import type { Sealer } from "./seal.ts";
import { StoreError } from "./store-error.ts";

interface CredentialRow {
  readonly sealed: Uint8Array;
  readonly generation: number;
  readonly refresh_started_at_ms: number | null;
}

export interface CredentialsTable extends Pick<SettingsStore, "credential" | "markRefreshStarted"> {
  /** For a new profile; generation 1. */
  insertCredential(profileId: string, credential: Credential): void;
  /** False, and nothing written, when `expectedGeneration` is no longer the stored one. */
  replaceCredential(profileId: string, credential: Credential, expectedGeneration: number): boolean;
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

export function credentialsTable(connection: Connection, sealer: Sealer): CredentialsTable {
  const selectRow = connection.prepare<CredentialRow>(
    "SELECT sealed, generation, refresh_started_at_ms FROM credentials WHERE profile_id = ?",
  );
  const insertRow = connection.prepare(INSERT);
  const replaceRow = connection.prepare(REPLACE);
  const markRow = connection.prepare(MARK);
  const unseal = rememberLastUnsealed(sealer);

  return {
    credential: (profileId) => {
      const row = selectRow.get(profileId);
      const credential = unseal(profileId, row?.sealed ?? null);
      if (row === null || credential === null) return null;
      return { credential, generation: row.generation, refreshStartedAtMs: row.refresh_started_at_ms };
    },

    insertCredential: (profileId, credential) => {
      const sealed = sealer.seal(JSON.stringify(credential), profileId);
      connection.commit(() => insertRow.run({ profileId, sealed }));
    },

    replaceCredential: (profileId, credential, expectedGeneration) => {
      const sealed = sealer.seal(JSON.stringify(credential), profileId);
      return connection.commit(() => replaceRow.run({ profileId, sealed, expectedGeneration }).changes === 1);
    },

    markRefreshStarted: (profileId, expectedGeneration, atMs) =>
      connection.commitSynced(() => markRow.run({ profileId, expectedGeneration, atMs }).changes === 1),
  };
}

/**
 * Opening a seal costs far more than reading its row, and every attempt of every turn asks. The sealed bytes
 * themselves are the key, so another process's write is never missed; there is one entry a profile at most.
 */
function rememberLastUnsealed(sealer: Sealer): (profileId: string, sealed: Uint8Array | null) => Credential | null {
  const remembered = new Map<string, { readonly sealed: Uint8Array; readonly credential: Credential }>();
  return (profileId, sealed) => {
    if (sealed === null) {
      remembered.delete(profileId);
      return null;
    }
    const last = remembered.get(profileId);
    if (last !== undefined && Buffer.compare(last.sealed, sealed) === 0) return last.credential;
    const credential = credentialOf(sealer.open(sealed, profileId));
    remembered.set(profileId, { sealed, credential });
    return credential;
  };
}

function credentialOf(text: string): Credential {
  const value = parseColumn(text, "credentials.sealed") as Credential;
  if (value?.kind === "chatgpt" || value?.kind === "api-key") return value;
  throw new StoreError("corrupt", "A saved sign-in is of an unknown kind.", "Remove the profile and sign in again.");
}
