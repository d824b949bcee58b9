import type { Migration } from "../migrate.ts";

/**
 * Which master key new secrets are sealed with, once it has been changed; no row before that. Written in the transaction
 * that seals everything anew, so that no process can seal with the old key afterwards.
 */
export const settings0002: Migration = {
  version: 2,
  sql: `
    CREATE TABLE key_in_force (
      id     INTEGER PRIMARY KEY CHECK (id = 1),
      key_id TEXT    NOT NULL
    ) STRICT;
  `,
};
