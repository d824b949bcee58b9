/** Which models does each account's own list have? Upstream's entries are kept unchanged. */
import type { CatalogueRecord, SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { listOf } from "./row-values.ts";

interface CatalogueRow {
  readonly revision: number;
  readonly etag: string | null;
  readonly models: string;
  readonly fetched_at_ms: number;
}

export interface CataloguesTable extends Pick<SettingsStore, "catalogue" | "writeCatalogue"> {
  forgetCatalogue(accountKey: string): void;
}

// Replacing deletes and inserts, which gives the row a revision that no row has had before.
const WRITE = `
  INSERT OR REPLACE INTO catalogues (account_key, etag, models, fetched_at_ms)
  VALUES ($accountKey, $etag, $models, $fetchedAtMs)`;

export function cataloguesTable(connection: Connection): CataloguesTable {
  const selectRow = connection.prepare<CatalogueRow>(
    "SELECT revision, etag, models, fetched_at_ms FROM catalogues WHERE account_key = ?",
  );
  const selectRevision = connection.prepare<{ revision: number }>(
    "SELECT revision FROM catalogues WHERE account_key = ?",
  );
  const writeRow = connection.prepare(WRITE);
  const deleteRow = connection.prepare("DELETE FROM catalogues WHERE account_key = ?");
  // A list may have hundreds of kilobytes, and every turn asks for it: it is parsed once a revision. One entry an
  // account at most.
  const parsed = new Map<string, { readonly revision: number; readonly record: CatalogueRecord }>();

  function readCatalogue(accountKey: string): CatalogueRecord | null {
    const row = selectRow.get(accountKey);
    if (row === null) return null;
    const models = listOf<Record<string, unknown>>(row.models, "catalogues.models");
    const record = { accountKey, etag: row.etag, models, fetchedAtMs: row.fetched_at_ms };
    parsed.set(accountKey, { revision: row.revision, record });
    return record;
  }

  return {
    catalogue: (accountKey) => {
      const revision = selectRevision.get(accountKey)?.revision ?? null;
      const last = parsed.get(accountKey);
      if (last !== undefined && last.revision === revision) return last.record;
      parsed.delete(accountKey);
      return revision === null ? null : readCatalogue(accountKey);
    },

    writeCatalogue: ({ accountKey, etag, models, fetchedAtMs }) => {
      const columns = { accountKey, etag, models: JSON.stringify(models), fetchedAtMs };
      connection.commit(() => writeRow.run(columns));
    },

    forgetCatalogue: (accountKey) => {
      connection.commit(() => deleteRow.run(accountKey));
    },
  };
}
