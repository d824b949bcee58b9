import type { Migration } from "../migrate.ts";

/**
 * One-time tokens that let a browser in, and an index that counts turns by hour and profile without reading the turns: the
 * profile joins the index that was there, so that a turn still costs as many entries as before.
 */
export const runtime0004: Migration = {
  version: 4,
  sql: `
    CREATE TABLE page_tokens (
      hash          TEXT NOT NULL PRIMARY KEY,
      expires_at_ms REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    DROP INDEX turns_by_start;
    CREATE INDEX turns_by_start ON turns (started_at_ms, bytes, profile);
  `,
};
