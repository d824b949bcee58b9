import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES, type RuntimeStore } from "../../../src/ports.ts";
import { TURN_ENDS } from "../../../src/router/rules/turn-record.ts";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { aKey, aSession, aTurn } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";

const openInMemory = (): RuntimeStore => openRuntimeStore(":memory:", "daemon");

describe("openRuntimeStore()", () => {
  for (const runtime of RUNTIMES) {
    test(`${runtime} has a file and keys of its own`, () => {
      const home = useTempHome();
      const store = openRuntimeStore(home, runtime);
      store.addKey(aKey());
      store.close();
      expect(existsSync(join(home, `${runtime}.sqlite`))).toBe(true);
      const other = openRuntimeStore(home, runtime === "daemon" ? "desktop" : "daemon");
      expect(other.keys()).toEqual([]);
      other.close();
    });
  }

  test("remembers the port", () => {
    const store = openInMemory();
    expect(store.port()).toBeNull();
    store.setPort(4000);
    expect(store.port()).toBe(4000);
  });

  test("version() changes with every write", () => {
    const store = openInMemory();
    const before = store.version();
    expect(store.version()).toBe(before);
    store.setPort(1);
    expect(store.version()).not.toBe(before);
  });
});

describe("keys", () => {
  test("are found by their hash and listed newest first, revoked ones included", () => {
    const store = openInMemory();
    const old = aKey();
    const fresh = aKey({ id: "key-2", hash: "c".repeat(64), createdAtMs: 2_000, lastUsedAtMs: 3, revokedAtMs: 4 });
    store.addKey(old);
    store.addKey(fresh);
    expect(store.keys()).toEqual([fresh, old]);
    expect(store.keyByHash(old.hash)).toEqual(old);
    expect(store.keyByHash("d".repeat(64))).toBeNull();
  });

  test("are revoked once", () => {
    const store = openInMemory();
    store.addKey(aKey());
    expect(store.revokeKey("key-1", 5)).toBe(true);
    expect(store.revokeKey("key-1", 6)).toBe(false);
    expect(store.revokeKey("nobody", 6)).toBe(false);
    expect(store.keyByHash(aKey().hash)?.revokedAtMs).toBe(5);
  });

  test("remember their latest use, not an earlier one that was reported later", () => {
    const store = openInMemory();
    store.addKey(aKey());
    store.touchKey("key-1", 50);
    store.touchKey("key-1", 40);
    expect(store.keys()[0]?.lastUsedAtMs).toBe(50);
  });
});

describe("sessions", () => {
  test("come back as they were saved, the one used last first", () => {
    const store = openInMemory();
    const rollover = { from: "a", to: "b", reason: "quota", atMs: 5 };
    const first = aSession({ lastRollover: rollover, rollovers: 1, lastUsedAtMs: 10 });
    const second = aSession({ id: "session-2", affinityHash: "x", profileId: null, lastUsedAtMs: 20 });
    store.saveSession(first);
    store.saveSession(second);
    expect(store.sessions()).toEqual([second, first]);
    expect([store.latestSessions(1), store.sessionCount()]).toEqual([[second], 2]);
    expect(store.session("session-1")).toEqual(first);
    expect(store.session("nobody")).toBeNull();
    expect(store.sessionByAffinity("key-1", "x")).toEqual(second);
    expect(store.sessionByAffinity("key-2", "x")).toBeNull();
  });

  test("are replaced by id and by affinity: what was saved last owns the name", () => {
    const store = openInMemory();
    store.saveSession(aSession());
    store.saveSession(aSession({ turns: 2 }));
    expect(store.sessions()).toEqual([aSession({ turns: 2 })]);
    store.saveSession(aSession({ id: "session-2" }));
    expect(store.sessions()).toEqual([aSession({ id: "session-2" })]);
    store.saveSession(aSession({ id: "session-3", keyId: "key-2" }));
    expect(store.sessions()).toHaveLength(2);
  });

  test("are removed one by one, and together when idle", () => {
    const store = openInMemory();
    for (const atMs of [1, 2, 3]) {
      store.saveSession(aSession({ id: `s${atMs}`, affinityHash: `h${atMs}`, lastUsedAtMs: atMs }));
    }
    expect(store.dropSessionsIdleSince(3)).toBe(2);
    expect(store.removeSession("s3")).toBe(true);
    expect(store.removeSession("s3")).toBe(false);
  });
});

describe("turns", () => {
  for (const end of TURN_ENDS) {
    test(`come back as they were recorded when they ended as ${end}`, () => {
      const store = openInMemory();
      const turn = aTurn({ end });
      store.recordTurn(turn);
      expect(store.turn("turn-1")).toEqual(turn);
    });
  }

  test("may have had no profile, no attempt and no usage", () => {
    const store = openInMemory();
    const turn = aTurn({ profile: null, attempts: [], considered: [], usage: null, end: "refused", status: 503 });
    store.recordTurn(turn);
    expect(store.turn("turn-1")).toEqual(turn);
    expect(store.turn("nobody")).toBeNull();
  });

  test("are recorded only once: settling twice is a bug that shows", () => {
    const store = openInMemory();
    store.recordTurn(aTurn());
    expect(() => store.recordTurn(aTurn({ end: "failed" }))).toThrow();
    expect(store.turn("turn-1")?.end).toBe("done");
  });

  test("are listed newest first within a bound, and the latest of a session is found", () => {
    const store = openInMemory();
    for (const atMs of [10, 30, 20]) store.recordTurn(aTurn({ id: `t${atMs}`, startedAtMs: atMs }));
    store.recordTurn(aTurn({ id: "t40", startedAtMs: 40, sessionId: "session-2" }));
    expect(store.turnsSince(20, 2).map((turn) => turn.id)).toEqual(["t40", "t30"]);
    expect(store.turnsSince(20, 9).map((turn) => turn.id)).toEqual(["t40", "t30", "t20"]);
    expect(store.latestTurnOf("session-1")?.id).toBe("t30");
    expect(store.latestTurnOf("nobody")).toBeNull();
  });

  test("name the session of a response, for the key that made it only", () => {
    const store = openInMemory();
    store.recordTurn(aTurn({ id: "t1", responseId: "resp-1", startedAtMs: 1 }));
    store.recordTurn(aTurn({ id: "t2", responseId: "resp-1", startedAtMs: 2, sessionId: "session-2" }));
    store.recordTurn(aTurn({ id: "t3", responseId: null, startedAtMs: 3, sessionId: "session-3" }));
    expect(store.turn("t1")?.responseId).toBe("resp-1");
    expect(store.sessionOfResponse("key-1", "resp-1")).toBe("session-2");
    expect(store.sessionOfResponse("key-2", "resp-1")).toBeNull();
    expect(store.sessionOfResponse("key-1", "unheard")).toBeNull();
  });

  test("are pruned by age (trap 45)", () => {
    const store = openInMemory();
    for (const atMs of [1, 2, 3]) store.recordTurn(aTurn({ id: `t${atMs}`, startedAtMs: atMs }));
    expect(store.pruneTurns(3, 1_000_000)).toBe(2);
    expect(store.turnsSince(0, 9).map((turn) => turn.id)).toEqual(["t3"]);
  });

  test("are pruned by size, the oldest first, and no more than needed (trap 45)", () => {
    const store = openInMemory();
    const reason = "r".repeat(1_000);
    for (let atMs = 1; atMs <= 100; atMs += 1) {
      const attempts = [{ profile: "p", outcome: "served", reason, ms: 1 }];
      store.recordTurn(aTurn({ id: `t${atMs}`, startedAtMs: atMs, attempts }));
    }
    expect(store.pruneTurns(0, 1_000_000)).toBe(0);
    const dropped = store.pruneTurns(0, 50_000);
    const left = store.turnsSince(0, 1_000).map((turn) => turn.startedAtMs);
    expect(left).toHaveLength(100 - dropped);
    expect(Math.min(...left)).toBe(dropped + 1);
    expect(left.length).toBeGreaterThan(25);
    expect(left.length).toBeLessThan(50);
    expect(store.pruneTurns(0, 50_000)).toBe(0);
    expect(store.pruneTurns(0, 0)).toBe(left.length);
  });
});
