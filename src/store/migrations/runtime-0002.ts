import type { Migration } from "../migrate.ts";

/**
 * Finished responses that clients may read again and go on from, zstd-packed, and which of them an item came out of. Their
 * size is kept by triggers: adding it up at every turn would read the whole table.
 */
export const runtime0002: Migration = {
  version: 2,
  sql: `
    CREATE TABLE responses (
      number      INTEGER PRIMARY KEY,
      key_id      TEXT    NOT NULL,
      id          TEXT    NOT NULL,
      saved_at_ms REAL    NOT NULL,
      bytes       INTEGER NOT NULL,
      response    BLOB    NOT NULL,
      input       BLOB    NOT NULL,
      UNIQUE (key_id, id)
    ) STRICT;
    CREATE INDEX responses_by_age ON responses (saved_at_ms);

    CREATE TABLE response_items (
      key_id   TEXT    NOT NULL,
      item_id  TEXT    NOT NULL,
      response INTEGER NOT NULL REFERENCES responses (number) ON DELETE CASCADE,
      PRIMARY KEY (key_id, item_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX response_items_by_response ON response_items (response);

    CREATE TABLE responses_size (
      id    INTEGER PRIMARY KEY CHECK (id = 1),
      bytes INTEGER NOT NULL
    ) STRICT;
    INSERT INTO responses_size (id, bytes) VALUES (1, 0);
    CREATE TRIGGER responses_grow AFTER INSERT ON responses BEGIN
      UPDATE responses_size SET bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER responses_shrink AFTER DELETE ON responses BEGIN
      UPDATE responses_size SET bytes = bytes - old.bytes;
    END;
  `,
};
