/** Files of the version before get what the page needs, and keep what they had. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Migration } from "../../../src/store/migrate.ts";
import { runtime0001 } from "../../../src/store/migrations/runtime-0001.ts";
import { runtime0002 } from "../../../src/store/migrations/runtime-0002.ts";
import { runtime0003 } from "../../../src/store/migrations/runtime-0003.ts";
import { settings0001 } from "../../../src/store/migrations/settings-0001.ts";
import { settings0002 } from "../../../src/store/migrations/settings-0002.ts";
import { openDatabase } from "../../../src/store/open.ts";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { useTempHome } from "../../support/temp-home.ts";

const HOUR_MS = 3_600_000;
const TURNS = 3_000;

/** A file as an older program left it. */
function leave(path: string, migrations: readonly Migration[], sql: string): void {
  const connection = openDatabase(path, migrations, { busyMs: 1_000 });
  connection.commit(() => connection.prepare(sql).run());
  connection.close();
}

/** Copies that were made before the file was brought to a new format. */
function copiesOf(home: string, file: string): number {
  return [...new Bun.Glob(`${file}.before-v*.bak`).scanSync(home)].length;
}

test("a log of turns can be counted by the hour, and is bounded as before", () => {
  const home = useTempHome();
  leave(
    join(home, "desktop.sqlite"),
    [runtime0001, runtime0002, runtime0003],
    `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${TURNS - 1})
     INSERT INTO turns SELECT 't' || n, 's', 'k', 'm', 'm', n * 3600.0, n, 'done', 200, iif(n % 2, 'a', 'b'), NULL,
       '[]', '[]', NULL, 1000 FROM numbers`,
  );
  const store = openRuntimeStore(home, "desktop");
  const hours = store.turnsByHour(0);
  expect(hours[0]).toEqual({ profile: "a", hourStartMs: 0, turns: 500 });
  expect(hours.map(({ turns }) => turns).reduce((one, other) => one + other)).toBe(TURNS);
  expect(store.pruneTurns(HOUR_MS, 1_500_000)).toBe(1_500);
  expect(
    store
      .turnsByHour(0)
      .map(({ turns }) => turns)
      .reduce((one, other) => one + other),
  ).toBe(1_500);
  store.addPageToken({ hash: "h", expiresAtMs: 10 }, 0, 4);
  expect(store.spendPageToken("h", 5)).toBe(true);
  store.close();
  expect(copiesOf(home, "desktop.sqlite")).toBe(1);
});

test("settings can hold samples, and what is known of accounts stays", () => {
  const home = useTempHome();
  leave(
    join(home, "settings.sqlite"),
    [settings0001, settings0002],
    "INSERT INTO windows VALUES ('a', 'codex', 300, 12, NULL, 5)",
  );
  const store = openSettingsStore(home, { sealer: createSealer(new Uint8Array(32)) });
  expect(store.accountState("a").windows).toMatchObject([{ minutes: 300, usedPercent: 12 }]);
  const sample = { accountKey: "a", atMs: 1, fiveHourPercent: 88, weeklyPercent: null };
  expect(store.addHeadroomSample(sample, 0)).toBe(true);
  expect(store.headroomSamples("a", 0)).toEqual([sample]);
  store.close();
  expect(copiesOf(home, "settings.sqlite")).toBe(1);
});
