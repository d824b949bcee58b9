/** Who may do what only one process may do, and when was it last done? Rows are compared with the caller's clock. */
import type { SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

type Doors = "takeLease" | "leaseHolder" | "releaseLease" | "instant" | "setInstant";

/**
 * A lease is over when its time has come, or when it was taken further in the future than it lasts: then the clock has
 * been set back since, and waiting for the old time could take years.
 */
const IS_OVER = `(leases.until_ms <= $nowMs OR leases.taken_at_ms - $nowMs > leases.until_ms - leases.taken_at_ms)`;

const TAKE = `
  INSERT INTO leases (name, holder, taken_at_ms, until_ms) VALUES ($name, $holder, $nowMs, $untilMs)
  ON CONFLICT (name) DO UPDATE
  SET holder = excluded.holder, taken_at_ms = excluded.taken_at_ms, until_ms = excluded.until_ms
  WHERE leases.holder = excluded.holder OR ${IS_OVER}`;

const SELECT_HOLDER = `SELECT holder FROM leases WHERE name = $name AND NOT ${IS_OVER}`;

export function leasesTable(connection: Connection): Pick<SettingsStore, Doors> {
  const takeRow = connection.prepare(TAKE);
  const selectHolder = connection.prepare<{ holder: string }>(SELECT_HOLDER);
  const deleteLease = connection.prepare("DELETE FROM leases WHERE name = ? AND holder = ?");
  const selectInstant = connection.prepare<{ at_ms: number }>("SELECT at_ms FROM instants WHERE name = ?");
  const writeInstant = connection.prepare("INSERT OR REPLACE INTO instants (name, at_ms) VALUES (?, ?)");

  return {
    takeLease: (name, holder, nowMs, untilMs) =>
      connection.commit(() => takeRow.run({ name, holder, nowMs, untilMs }).changes === 1),
    leaseHolder: (name, nowMs) => selectHolder.get({ name, nowMs })?.holder ?? null,
    releaseLease: (name, holder) => {
      connection.commit(() => deleteLease.run(name, holder));
    },
    instant: (name) => selectInstant.get(name)?.at_ms ?? null,
    setInstant: (name, atMs) => {
      connection.commit(() => writeInstant.run(name, atMs));
    },
  };
}
