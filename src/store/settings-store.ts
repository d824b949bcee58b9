/**
 * What does every process share? `settings.sqlite`: profiles, credentials, pool, models, and what is true of accounts.
 *
 * Owns what spans several tables; must not decide anything about the pool.
 */
import type { SettingsStore } from "../ports.ts";
import { accountsTable } from "./accounts-table.ts";
import { cataloguesTable } from "./catalogues-table.ts";
import type { Connection } from "./connection.ts";
import { credentialsTable } from "./credentials-table.ts";
import { headroomTable } from "./headroom-table.ts";
import { leasesTable } from "./leases-table.ts";
import { settings0001 } from "./migrations/settings-0001.ts";
import { settings0002 } from "./migrations/settings-0002.ts";
import { settings0003 } from "./migrations/settings-0003.ts";
import { modelsTable } from "./models-table.ts";
import { openStore } from "./open-store.ts";
import { poolTable } from "./pool-table.ts";
import { profilesTable } from "./profiles-table.ts";
import type { Sealer } from "./seal.ts";
import { openSealing, type Sealing } from "./sealing.ts";

const MIGRATIONS = [settings0001, settings0002, settings0003];

export interface SettingsStoreOptions {
  /** Encrypts credentials at rest. Another key than the one they were sealed with fails `credential` only. */
  readonly sealer: Sealer;
}

/** Opens the settings of `home` (`:memory:` for none on disk). Throws a `StoreError`, here and from every method. */
export function openSettingsStore(home: string, options: SettingsStoreOptions): SettingsStore {
  return openStore(home, "settings.sqlite", MIGRATIONS, (connection) => composeSettings(connection, options.sealer));
}

function composeSettings(connection: Connection, sealer: Sealer): SettingsStore {
  const sealing = openSealing(connection, sealer);
  const { insertProfile, deleteProfile, markSignedIn, resealProxies, ...profiles } = profilesTable(connection, sealing);
  const { insertCredential, replaceCredential, resealCredentials, ...credentials } = credentialsTable(
    connection,
    sealing,
  );
  const { forgetAccount, ...accounts } = accountsTable(connection);
  const { forgetCatalogue, ...catalogues } = cataloguesTable(connection);
  const { forgetHeadroom, ...headroom } = headroomTable(connection);

  return {
    version: connection.version,
    // Nothing is remembered here that a change would have to be told apart for.
    shapeVersion: connection.version,
    damage: connection.damage,
    briefly: connection.briefly,
    close: connection.close,
    ...poolTable(connection),
    ...profiles,
    ...credentials,
    ...accounts,
    ...catalogues,
    ...headroom,
    ...modelsTable(connection),
    ...leasesTable(connection),

    addProfile: (profile, credential) =>
      connection.commitSynced(() => {
        if (!insertProfile(profile)) return false;
        insertCredential(profile.id, credential);
        return true;
      }),

    writeCredential: (profileId, credential, expectedGeneration) =>
      connection.commitSynced(() => {
        if (!replaceCredential(profileId, credential, expectedGeneration)) return false;
        markSignedIn(profileId);
        return true;
      }),

    removeProfile: (id) => {
      connection.commit(() => {
        const orphanedAccount = deleteProfile(id);
        if (orphanedAccount === null) return;
        forgetAccount(orphanedAccount);
        forgetCatalogue(orphanedAccount);
        forgetHeadroom(orphanedAccount);
      });
    },

    holdKeys: holdKeysOf(connection, sealing, { resealProxies, resealCredentials }),
  };
}

interface Reseal {
  resealProxies(keyId: string): void;
  /** Answers how many. */
  resealCredentials(keyId: string): number;
}

function holdKeysOf(connection: Connection, sealing: Sealing, reseal: Reseal): SettingsStore["holdKeys"] {
  // What the old key opens must not stay behind in a corner of the file. Where others read, the journal is emptied later.
  const wipeFreed = connection.prepare("PRAGMA secure_delete = ON");
  const emptyJournal = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  return (work) => {
    const resealed = { done: false };
    const vault = {
      keyInForce: sealing.keyInForce,
      resealAll: (keyId: string) => {
        wipeFreed.get();
        reseal.resealProxies(keyId);
        const count = reseal.resealCredentials(keyId);
        sealing.setKeyInForce(keyId);
        resealed.done = true;
        return count;
      },
    };
    const answer = connection.commitSynced(() => work(vault));
    if (resealed.done) emptyJournal.get();
    return answer;
  };
}
