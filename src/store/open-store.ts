/** How do tables become one store? Opens the file of a home folder and hands the tables one connection. */
import { join } from "node:path";
import { LIMITS } from "../limits.ts";
import type { Connection } from "./connection.ts";
import { ensureHome } from "./home.ts";
import { MEMORY_PATH, type Migration } from "./migrate.ts";
import { openDatabase } from "./open.ts";
import { asStoreError, translateErrors } from "./store-error.ts";

/**
 * Opens `fileName` in `home`, making both where they are missing, and answers what `compose` makes of it, with every
 * method throwing `StoreError`s. A home of `:memory:` touches no disk and ends with `close`.
 */
export function openStore<Store extends object>(
  home: string,
  fileName: string,
  migrations: readonly Migration[],
  compose: (connection: Connection) => Store,
): Store {
  const path = home === MEMORY_PATH ? MEMORY_PATH : join(home, fileName);
  if (home !== MEMORY_PATH) ensureHome(home);
  const connection = openDatabase(path, migrations, { busyMs: LIMITS.sqliteBusyMs });
  try {
    return translateErrors(compose(connection), path);
  } catch (error) {
    connection.close();
    throw asStoreError(error, path);
  }
}
