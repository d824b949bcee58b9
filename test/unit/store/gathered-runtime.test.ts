import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { LIMITS } from "../../../src/limits.ts";
import type { RuntimeStore } from "../../../src/ports.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import { gatherRuntimeWrites } from "../../../src/store/gathered-runtime.ts";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { aKey, aSession, aTurn } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";

const WAIT_MS = 50;

function openGathered(file: RuntimeStore = openRuntimeStore(":memory:", "daemon")) {
  const clock = createVirtualClock(1_000_000);
  const lost: unknown[] = [];
  const options = { clock, waitMs: WAIT_MS, onTrouble: (error: unknown) => lost.push(error) };
  return { clock, lost, file, store: gatherRuntimeWrites(file, options) };
}

describe("gatherRuntimeWrites()", () => {
  test("shows at once what it writes a little later, all of it in one write", async () => {
    const { clock, file, store } = openGathered();
    const before = file.version();
    store.saveSession(aSession());
    store.updateSession(aSession({ turns: 2 }));
    store.recordTurn(aTurn());
    expect(store.session("session-1")?.turns).toBe(2);
    expect(store.sessionByAffinity("key-1", "b".repeat(64))?.turns).toBe(2);
    expect(file.version()).toBe(before);
    await clock.advance(WAIT_MS);
    expect(file.version()).toBe(before + 1);
    expect(file.session("session-1")?.turns).toBe(2);
    expect(file.turn(aTurn().id)).toEqual(aTurn());
  });

  test("writes what waits before anything else is read or written", () => {
    const { store, file } = openGathered();
    store.recordTurn(aTurn());
    expect(store.turn(aTurn().id)).toEqual(aTurn());
    store.saveSession(aSession());
    store.addKey(aKey());
    expect(file.sessions()).toEqual([aSession()]);
  });

  test("finds the session of a response that was answered a moment ago", () => {
    const { store } = openGathered();
    store.recordTurn(aTurn({ keyId: "key-1", responseId: "resp-1", sessionId: "session-1" }));
    expect(store.sessionOfResponse("key-1", "resp-1")).toBe("session-1");
  });

  test("brings no session back that another process has ended", async () => {
    const { clock, store, file } = openGathered();
    file.saveSession(aSession());
    store.updateSession(aSession({ turns: 9 }));
    file.removeSession("session-1");
    await clock.advance(WAIT_MS);
    expect(file.session("session-1")).toBeNull();
  });

  test("loses nothing when it is closed, and what a killed process had gathered when it is not", () => {
    const home = useTempHome();
    const first = openGathered(openRuntimeStore(home, "daemon"));
    first.store.recordTurn(aTurn({ id: "closed" }));
    first.store.close();
    const second = openGathered(openRuntimeStore(home, "daemon"));
    second.store.recordTurn(aTurn({ id: "killed" }));
    second.file.close();
    const after = openRuntimeStore(home, "daemon");
    expect(after.turnsSince(0, 10).map((turn) => turn.id)).toEqual(["closed"]);
    after.close();
  });

  test("says what could not be written, and goes on", async () => {
    let isFull = true;
    const file = openRuntimeStore(":memory:", "daemon");
    const failing: RuntimeStore = {
      ...file,
      keepTogether: (batch) => {
        if (isFull) throw new Error("full");
        file.keepTogether(batch);
      },
    };
    const { clock, lost, store } = openGathered(failing);
    store.recordTurn(aTurn({ id: "lost" }));
    await clock.advance(WAIT_MS);
    isFull = false;
    store.recordTurn(aTurn({ id: "kept" }));
    await clock.advance(WAIT_MS);
    expect(lost).toHaveLength(1);
    expect(file.turnsSince(0, 10).map((turn) => turn.id)).toEqual(["kept"]);
  });

  test("keeps what it cannot write while another process holds the file, and troubles nobody with it meanwhile", async () => {
    const home = useTempHome();
    let tries = 0;
    const file = openRuntimeStore(home, "daemon");
    const counted: RuntimeStore = {
      ...file,
      keepTogether: (batch) => {
        tries += 1;
        file.keepTogether(batch);
      },
    };
    file.addKey(aKey({ id: "key-1" }));
    const { clock, lost, store } = openGathered(counted);
    const other = new Database(join(home, "daemon.sqlite"));
    other.run("BEGIN IMMEDIATE");
    store.saveSession(aSession());
    store.recordTurn(aTurn({ id: "first" }));
    store.touchKey("key-1", 7_000);
    await clock.advance(WAIT_MS);
    store.recordTurn(aTurn({ id: "second" }));
    store.sessions();
    await clock.advance(WAIT_MS);
    expect([tries, lost.length]).toEqual([1, 1]);
    expect(store.session("session-1")).toEqual(aSession());
    other.run("ROLLBACK");
    other.close();
    await clock.advance(LIMITS.gatherRetryMs);
    expect(file.turnsSince(0, 10).map((turn) => turn.id)).toEqual(["second", "first"]);
    expect(file.keys()[0]?.lastUsedAtMs).toBe(7_000);
    expect([file.sessions(), tries, lost.length]).toEqual([[aSession()], 2, 1]);
    store.close();
  });

  test("does not keep without end what it cannot write", async () => {
    const file = openRuntimeStore(":memory:", "daemon");
    let isHeld = true;
    let written = 0;
    const held: RuntimeStore = {
      ...file,
      keepTogether: ({ turns }) => {
        if (isHeld) throw new StoreError("locked", "held", "wait");
        written += turns.length;
      },
    };
    const { clock, lost, store } = openGathered(held);
    for (let count = 0; count < 10_050; count += 1) store.recordTurn(aTurn({ id: `turn-${count}` }));
    expect(lost).toHaveLength(2);
    isHeld = false;
    await clock.advance(LIMITS.gatherRetryMs);
    expect(written).toBeLessThan(1_000);
  });

  test("a burst does not wait for the clock", () => {
    const { store, file } = openGathered();
    for (let count = 0; count < 600; count += 1) store.recordTurn(aTurn({ id: `turn-${count}` }));
    expect(file.turnsSince(0, 1_000).length).toBeGreaterThanOrEqual(500);
  });
});
