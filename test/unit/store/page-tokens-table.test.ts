import { Database } from "bun:sqlite";
import { describe, expect, onTestFinished, test } from "bun:test";
import { join } from "node:path";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { aTurn } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";

function aStore(home = ":memory:") {
  const store = openRuntimeStore(home, "desktop");
  onTestFinished(() => store.close());
  return store;
}

describe("tokens of the page", () => {
  test("are good once", () => {
    const store = aStore();
    store.addPageToken({ hash: "h", expiresAtMs: 10 }, 0, 4);
    expect([store.spendPageToken("h", 5), store.spendPageToken("h", 5)]).toEqual([true, false]);
  });

  test("are good until they are over, and spent all the same", () => {
    const store = aStore();
    store.addPageToken({ hash: "h", expiresAtMs: 10 }, 0, 4);
    expect([store.spendPageToken("h", 10), store.spendPageToken("h", 5)]).toEqual([false, false]);
    expect(store.spendPageToken("never", 5)).toBe(false);
  });

  test("are few: the oldest makes room (trap 44)", () => {
    const store = aStore();
    for (let number = 1; number <= 6; number += 1) {
      store.addPageToken({ hash: `h${number}`, expiresAtMs: 100 + number }, number, 4);
    }
    const spent = [1, 2, 3, 4, 5, 6].map((number) => store.spendPageToken(`h${number}`, 10));
    expect(spent).toEqual([false, false, true, true, true, true]);
  });

  test("are spent by one process only, when two have them", () => {
    const home = useTempHome();
    const [one, other] = [aStore(home), aStore(home)];
    one.addPageToken({ hash: "h", expiresAtMs: 10 }, 0, 4);
    expect([other.spendPageToken("h", 5), one.spendPageToken("h", 5)]).toEqual([true, false]);
  });
});

describe("turns by the hour", () => {
  const HOUR_MS = 3_600_000;
  const START_MS = 500_000 * HOUR_MS;

  test("are counted by profile, without those that nobody served", () => {
    const store = aStore();
    const turns: readonly (readonly [number, string | null])[] = [
      [0, "a"],
      [1, "a"],
      [HOUR_MS - 1, "b"],
      [HOUR_MS, "a"],
      [HOUR_MS + 5, null],
      [-1, "a"],
    ];
    for (const [index, [atMs, profile]] of turns.entries()) {
      store.recordTurn(aTurn({ id: `t${index}`, startedAtMs: START_MS + atMs, profile }));
    }
    expect(store.turnsByHour(START_MS)).toEqual([
      { profile: "a", hourStartMs: START_MS, turns: 2 },
      { profile: "b", hourStartMs: START_MS, turns: 1 },
      { profile: "a", hourStartMs: START_MS + HOUR_MS, turns: 1 },
    ]);
  });

  test("are read from the index alone", () => {
    const home = useTempHome();
    aStore(home);
    using database = new Database(join(home, "desktop.sqlite"), { readonly: true });
    const plan = database
      .query<{ detail: string }, []>(
        `EXPLAIN QUERY PLAN SELECT profile, count(*) FROM turns INDEXED BY turns_by_start
         WHERE started_at_ms >= 1 AND profile IS NOT NULL GROUP BY CAST(started_at_ms / 3600000 AS INTEGER), profile`,
      )
      .all()
      .map(({ detail }) => detail);
    expect(plan[0]).toContain("COVERING INDEX turns_by_start");
  });
});
