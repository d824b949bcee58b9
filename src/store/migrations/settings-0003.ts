import type { Migration } from "../migrate.ts";

/** What was left of an account's windows over time, for the chart of it. A null is a window the account does not have. */
export const settings0003: Migration = {
  version: 3,
  sql: `
    CREATE TABLE headroom_samples (
      account_key       TEXT NOT NULL,
      at_ms             REAL NOT NULL,
      five_hour_percent REAL,
      weekly_percent    REAL,
      PRIMARY KEY (account_key, at_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX headroom_samples_by_age ON headroom_samples (at_ms);
  `,
};
