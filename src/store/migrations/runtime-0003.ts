import type { Migration } from "../migrate.ts";

/** Who may control this runtime from a chat, and what each of them was told last. */
export const runtime0003: Migration = {
  version: 3,
  sql: `
    -- One row, made with the file: the bot that listens now, and the code that pairs the next chat with it.
    CREATE TABLE remote (
      id   INTEGER PRIMARY KEY CHECK (id = 1),
      bot  TEXT,
      code TEXT
    ) STRICT;
    INSERT INTO remote (id, bot, code) VALUES (1, NULL, NULL);

    CREATE TABLE remote_chats (
      chat_id        TEXT NOT NULL PRIMARY KEY,
      title          TEXT NOT NULL,
      paired_at_ms   REAL NOT NULL,
      quiet_from_min INTEGER,
      quiet_to_min   INTEGER,
      told           TEXT NOT NULL
    ) STRICT;
  `,
};
