/** Is the pool on, and how does it route? One row, made with the file. */
import { ROUTINGS, type SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { memberOf, toFlag } from "./row-values.ts";
import { StoreError } from "./store-error.ts";

interface PoolRow {
  readonly enabled: number;
  readonly routing: string;
  readonly fast: number;
}

export function poolTable(connection: Connection): Pick<SettingsStore, "pool" | "updatePool"> {
  const selectPool = connection.prepare<PoolRow>("SELECT enabled, routing, fast FROM pool WHERE id = 1");
  const updateRow = connection.prepare(
    "UPDATE pool SET enabled = $enabled, routing = $routing, fast = $fast WHERE id = 1",
  );

  const pool: SettingsStore["pool"] = () => {
    const row = selectPool.get();
    if (row === null) {
      throw new StoreError("corrupt", "The pool's settings are missing.", "Put back a backup of settings.sqlite.");
    }
    return {
      enabled: row.enabled === 1,
      routing: memberOf(ROUTINGS, row.routing, "pool.routing"),
      fast: row.fast === 1,
    };
  };

  const updatePool: SettingsStore["updatePool"] = (change) => {
    connection.commit(() => {
      const next = { ...pool(), ...change };
      updateRow.run({ enabled: toFlag(next.enabled), routing: next.routing, fast: toFlag(next.fast) });
    });
  };

  return { pool, updatePool };
}
