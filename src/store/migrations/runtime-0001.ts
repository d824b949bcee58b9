import type { Migration } from "../migrate.ts";

/** The first shape of `desktop.sqlite` and `daemon.sqlite`. Instants are milliseconds since the epoch as REAL. */
export const runtime0001: Migration = {
  version: 1,
  sql: `
    CREATE TABLE runtime (
      id   INTEGER PRIMARY KEY CHECK (id = 1),
      port INTEGER
    ) STRICT;
    INSERT INTO runtime (id, port) VALUES (1, NULL);

    CREATE TABLE keys (
      id              TEXT NOT NULL PRIMARY KEY,
      name            TEXT NOT NULL,
      hash            TEXT NOT NULL UNIQUE,
      last4           TEXT NOT NULL,
      created_at_ms   REAL NOT NULL,
      last_used_at_ms REAL,
      revoked_at_ms   REAL
    ) STRICT;

    CREATE TABLE sessions (
      id              TEXT    NOT NULL PRIMARY KEY,
      key_id          TEXT    NOT NULL,
      affinity        TEXT    NOT NULL,
      affinity_hash   TEXT    NOT NULL,
      profile_id      TEXT,
      model           TEXT    NOT NULL,
      turns           INTEGER NOT NULL,
      rollovers       INTEGER NOT NULL,
      last_rollover   TEXT,
      created_at_ms   REAL    NOT NULL,
      last_used_at_ms REAL    NOT NULL,
      UNIQUE (key_id, affinity_hash)
    ) STRICT;
    CREATE INDEX sessions_by_use ON sessions (last_used_at_ms);

    CREATE TABLE turns (
      id             TEXT    NOT NULL PRIMARY KEY,
      session_id     TEXT    NOT NULL,
      key_id         TEXT    NOT NULL,
      model          TEXT    NOT NULL,
      upstream_model TEXT    NOT NULL,
      started_at_ms  REAL    NOT NULL,
      ended_at_ms    REAL    NOT NULL,
      ended_as       TEXT    NOT NULL,
      status         INTEGER NOT NULL,
      profile        TEXT,
      response_id    TEXT,
      attempts       TEXT    NOT NULL,
      considered     TEXT    NOT NULL,
      usage          TEXT,
      bytes          INTEGER NOT NULL
    ) STRICT;
    -- Holds the bytes too, so that adding them up does not read the turns themselves.
    CREATE INDEX turns_by_start ON turns (started_at_ms, bytes);
    CREATE INDEX turns_by_response ON turns (key_id, response_id) WHERE response_id IS NOT NULL;
    CREATE INDEX turns_by_session ON turns (session_id, started_at_ms);
  `,
};
