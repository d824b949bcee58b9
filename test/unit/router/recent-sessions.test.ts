import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITS } from "../../../src/limits.ts";
import { RecentSessions } from "../../../src/router/recent-sessions.ts";

const uses = fc.array(
  fc.record({
    session: fc.constantFrom("a", "b", "c", "d"),
    account: fc.constantFrom("one", "two"),
    waitMs: fc.constantFrom(0, 1, LIMITS.recentSessionMs / 3, LIMITS.recentSessionMs),
  }),
  { maxLength: 40 },
);

describe("RecentSessions", () => {
  test("count by account exactly the sessions that were used lately, each at its last account", () => {
    fc.assert(
      fc.property(uses, (steps) => {
        const recent = new RecentSessions();
        const last = new Map<string, { account: string; atMs: number }>();
        let nowMs = 0;
        for (const { session, account, waitMs } of steps) {
          nowMs += waitMs;
          recent.note(session, account, nowMs);
          last.set(session, { account, atMs: nowMs });
          const lately = [...last.values()].filter(({ atMs }) => atMs >= nowMs - LIMITS.recentSessionMs);
          const counts = Map.groupBy(lately, (entry) => entry.account);
          const wanted = [...counts].map(([name, entries]): [string, number] => [name, entries.length]).sort();
          expect([...recent.countByAccount(nowMs)].sort()).toEqual(wanted);
        }
      }),
    );
  });

  test("hold no more of them than the bound: the longest unused go first", () => {
    const recent = new RecentSessions();
    recent.note("kept", "one", 0);
    for (let at = 0; at < LIMITS.liveSessionsMax; at += 1) recent.note(`session-${at}`, at === 0 ? "two" : "three", 1);
    recent.note("kept", "one", 2);
    expect([...recent.countByAccount(2)].sort()).toEqual([
      ["one", 1],
      ["three", LIMITS.liveSessionsMax - 1],
    ]);
  });
});
