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
import { leasesTable } from "./leases-table.ts";
import { settings0001 } from "./migrations/settings-0001.ts";
import { modelsTable } from "./models-table.ts";
import { openStore } from "./open-store.ts";
import { poolTable } from "./pool-table.ts";
import { profilesTable } from "./profiles-table.ts";
import type { Sealer } from "./seal.ts";

const MIGRATIONS = [settings0001];

export interface SettingsStoreOptions {
  /** Encrypts credentials at rest. Another key than the one they were sealed with fails `credential` only. */
  readonly sealer: Sealer;
}

/** Opens the settings of `home` (`:memory:` for none on disk). Throws a `StoreError`, here and from every method. */
export function openSettingsStore(home: string, options: SettingsStoreOptions): SettingsStore {
  return openStore(home, "settings.sqlite", MIGRATIONS, (connection) => composeSettings(connection, options.sealer));
}

function composeSettings(connection: Connection, sealer: Sealer): SettingsStore {
  const { insertProfile, deleteProfile, markSignedIn, ...profiles } = profilesTable(connection);
  const { insertCredential, replaceCredential, ...credentials } = credentialsTable(connection, sealer);
  const { forgetAccount, ...accounts } = accountsTable(connection);
  const { forgetCatalogue, ...catalogues } = cataloguesTable(connection);

  return {
    version: connection.version,
    close: connection.close,
    ...poolTable(connection),
    ...profiles,
    ...credentials,
    ...accounts,
    ...catalogues,
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
      });
    },
  };
}
