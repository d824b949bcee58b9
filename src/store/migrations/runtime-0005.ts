import type { Migration } from "../migrate.ts";

/** Where this runtime served last at a free port of the moment, which is not its pinned one. */
export const runtime0005: Migration = {
  version: 5,
  sql: "ALTER TABLE runtime ADD COLUMN free_port INTEGER;",
};
