import type { Migration } from "../migrate.ts";

/**
 * The first shape of `settings.sqlite`. Instants are milliseconds since the epoch as REAL: upstream's arithmetic may
 * leave a fraction, which a strict INTEGER column would refuse in the middle of a turn.
 */
export const settings0001: Migration = {
  version: 1,
  sql: `
    CREATE TABLE pool (
      id      INTEGER PRIMARY KEY CHECK (id = 1),
      enabled INTEGER NOT NULL,
      routing TEXT    NOT NULL,
      fast    INTEGER NOT NULL
    ) STRICT;
    INSERT INTO pool (id, enabled, routing, fast) VALUES (1, 0, 'least-used', 0);

    CREATE TABLE profiles (
      id               TEXT    NOT NULL PRIMARY KEY,
      name             TEXT    NOT NULL,
      name_folded      TEXT    NOT NULL UNIQUE,
      kind             TEXT    NOT NULL,
      ownership        TEXT    NOT NULL,
      link_path        TEXT,
      account_key      TEXT    NOT NULL,
      workspace_id     TEXT,
      user_id          TEXT,
      email            TEXT,
      plan             TEXT,
      fedramp          INTEGER NOT NULL,
      selected         INTEGER NOT NULL,
      reserve_percent  REAL    NOT NULL,
      proxy_url        TEXT,
      sign_in_reason   TEXT,
      sign_in_since_ms REAL,
      created_at_ms    REAL    NOT NULL
    ) STRICT;
    CREATE INDEX profiles_by_account ON profiles (account_key);

    CREATE TABLE credentials (
      profile_id            TEXT    NOT NULL PRIMARY KEY REFERENCES profiles (id) ON DELETE CASCADE,
      sealed                BLOB    NOT NULL,
      generation            INTEGER NOT NULL,
      refresh_started_at_ms REAL
    ) STRICT;

    CREATE TABLE windows (
      account_key    TEXT NOT NULL,
      limit_id       TEXT NOT NULL,
      minutes        REAL NOT NULL,
      used_percent   REAL NOT NULL,
      resets_at_ms   REAL,
      observed_at_ms REAL NOT NULL,
      PRIMARY KEY (account_key, limit_id, minutes)
    ) STRICT, WITHOUT ROWID;

    -- model '' is the whole account: a key column cannot be null.
    CREATE TABLE cooldowns (
      account_key  TEXT    NOT NULL,
      model        TEXT    NOT NULL,
      reason       TEXT    NOT NULL,
      since_ms     REAL    NOT NULL,
      until_ms     REAL    NOT NULL,
      until_source TEXT    NOT NULL,
      strikes      INTEGER NOT NULL,
      PRIMARY KEY (account_key, model)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE accounts (
      account_key            TEXT NOT NULL PRIMARY KEY,
      credits_available      INTEGER,
      credits_unlimited      INTEGER,
      credits_observed_at_ms REAL,
      tokens_per_percent     REAL
    ) STRICT, WITHOUT ROWID;

    -- A revision is never used twice: it tells whether a list parsed earlier is still the stored one.
    CREATE TABLE catalogues (
      revision      INTEGER PRIMARY KEY AUTOINCREMENT,
      account_key   TEXT NOT NULL UNIQUE,
      etag          TEXT,
      models        TEXT NOT NULL,
      fetched_at_ms REAL NOT NULL
    ) STRICT;

    CREATE TABLE hidden_models (
      model TEXT NOT NULL PRIMARY KEY
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE aliases (
      name   TEXT    NOT NULL PRIMARY KEY,
      model  TEXT    NOT NULL,
      effort TEXT,
      fast   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE leases (
      name        TEXT NOT NULL PRIMARY KEY,
      holder      TEXT NOT NULL,
      taken_at_ms REAL NOT NULL,
      until_ms    REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE instants (
      name  TEXT NOT NULL PRIMARY KEY,
      at_ms REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
