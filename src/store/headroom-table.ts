/** How did an account's headroom come to be what it is? Samples over time, bounded by age and number. */
import type { HeadroomSample, SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

interface SampleRow {
  readonly account_key: string;
  readonly at_ms: number;
  readonly five_hour_percent: number | null;
  readonly weekly_percent: number | null;
}

type Doors = "addHeadroomSample" | "latestHeadroomSample" | "headroomSamples" | "pruneHeadroomSamples";

const COLUMNS = "account_key, at_ms, five_hour_percent, weekly_percent";

/** Both runtimes take samples: whoever comes second within the gap has nothing to add. */
const INSERT = `
  INSERT OR IGNORE INTO headroom_samples (${COLUMNS})
  SELECT $accountKey, $atMs, $fiveHourPercent, $weeklyPercent
  WHERE NOT EXISTS (
    SELECT 1 FROM headroom_samples WHERE account_key = $accountKey AND at_ms > $atMs - $gapMs AND at_ms <= $atMs)`;

const SELECT_LATEST = `
  SELECT ${COLUMNS} FROM headroom_samples WHERE account_key = ? AND at_ms <= ? ORDER BY at_ms DESC LIMIT 1`;

const DELETE_SURPLUS = `
  DELETE FROM headroom_samples WHERE at_ms <= (
    SELECT at_ms FROM headroom_samples ORDER BY at_ms DESC LIMIT 1 OFFSET ?)`;

export interface HeadroomTable extends Pick<SettingsStore, Doors> {
  forgetHeadroom(accountKey: string): void;
}

export function headroomTable(connection: Connection): HeadroomTable {
  const insertRow = connection.prepare(INSERT);
  const selectLatest = connection.prepare<SampleRow>(SELECT_LATEST);
  const selectSince = connection.prepare<SampleRow>(
    `SELECT ${COLUMNS} FROM headroom_samples WHERE account_key = ? AND at_ms >= ? ORDER BY at_ms`,
  );
  const deleteOld = connection.prepare("DELETE FROM headroom_samples WHERE at_ms < ?");
  const deleteSurplus = connection.prepare(DELETE_SURPLUS);
  const deleteAccount = connection.prepare("DELETE FROM headroom_samples WHERE account_key = ?");

  return {
    addHeadroomSample: (sample, gapMs) => connection.commit(() => insertRow.run({ ...sample, gapMs }).changes === 1),
    latestHeadroomSample: (accountKey, nowMs) => {
      const row = selectLatest.get(accountKey, nowMs);
      return row === null ? null : sampleOf(row);
    },
    headroomSamples: (accountKey, sinceMs) => selectSince.all(accountKey, sinceMs).map(sampleOf),
    pruneHeadroomSamples: (beforeMs, countMax) =>
      connection.commit(() => deleteOld.run(beforeMs).changes + deleteSurplus.run(countMax).changes),
    forgetHeadroom: (accountKey) => {
      connection.commit(() => deleteAccount.run(accountKey));
    },
  };
}

function sampleOf(row: SampleRow): HeadroomSample {
  return {
    accountKey: row.account_key,
    atMs: row.at_ms,
    fiveHourPercent: row.five_hour_percent,
    weeklyPercent: row.weekly_percent,
  };
}
