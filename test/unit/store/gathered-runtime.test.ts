import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { LIMITS } from "../../../src/limits.ts";
import type { RuntimeStore, StoredResponse } from "../../../src/ports.ts";
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

  test("finds each session that waits by its own key and name", () => {
    const { store } = openGathered();
    const [one, other] = ["1".repeat(64), "2".repeat(64)];
    const sessions = [
      aSession({ id: "s-1", keyId: "key-1", affinityHash: one }),
      aSession({ id: "s-2", keyId: "key-1", affinityHash: other }),
      aSession({ id: "s-3", keyId: "key-2", affinityHash: one }),
    ];
    for (const session of sessions) store.saveSession(session);
    for (const session of sessions) {
      expect(store.sessionByAffinity(session.keyId, session.affinityHash)).toEqual(session);
    }
    expect(store.sessionByAffinity("key-2", other)).toBeNull();
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

  test("asks the file for a key again only when somebody has written", () => {
    const file = openRuntimeStore(":memory:", "daemon");
    let reads = 0;
    const counted: RuntimeStore = {
      ...file,
      keyByHash: (hash) => {
        reads += 1;
        return file.keyByHash(hash);
      },
    };
    const { store } = openGathered(counted);
    const key = aKey({ id: "key-1" });
    expect(store.keyByHash(key.hash)).toBeNull();
    store.addKey(key);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(store.keyByHash(key.hash)).toEqual(key);
    }
    expect(reads).toBe(2);
    file.revokeKey("key-1", 9_000);
    expect(store.keyByHash(key.hash)?.revokedAtMs).toBe(9_000);
    expect(reads).toBe(3);
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

const ROOMY = 1_000_000_000;

function aResponse(change: Partial<StoredResponse> = {}): StoredResponse {
  const texts = { response: '{"id":"resp-1"}', input: "[]" };
  return { keyId: "key-1", id: "resp-1", savedAtMs: 5_000, ...texts, itemIds: ["item-1"], ...change };
}

/** A store over a file that another process holds until told to let go. */
function openHeld() {
  const home = useTempHome();
  const gathered = openGathered(openRuntimeStore(home, "daemon"));
  const other = new Database(join(home, "daemon.sqlite"));
  other.run("BEGIN IMMEDIATE");
  const release = () => {
    other.run("ROLLBACK");
    other.close();
  };
  return { ...gathered, home, release };
}

describe("a stored response", () => {
  test("is in the file before its client can know of it", () => {
    const { store, file } = openGathered();
    store.saveResponse(aResponse(), ROOMY);
    expect(file.responseText("key-1", "resp-1", 0)).toBe(aResponse().response);
  });

  test("waits for a file that another process holds, and can be read and gone on from meanwhile", async () => {
    const { clock, lost, store, file, release } = openHeld();
    store.recordTurn(aTurn());
    store.saveResponse(aResponse(), ROOMY);
    store.saveResponse(aResponse({ id: "resp-2", input: "[1]", itemIds: ["item-2"] }), ROOMY);
    expect(store.responseText("key-1", "resp-1", 5_000)).toBe(aResponse().response);
    expect(store.inputText("key-1", "resp-2", 0)).toBe("[1]");
    expect(store.responseOfItem("key-1", "item-2", 0)).toBe("resp-2");
    expect([store.responseText("key-2", "resp-1", 0), store.responseText("key-1", "resp-1", 5_001)]).toEqual([
      null,
      null,
    ]);
    expect([store.responseOfItem("key-2", "item-1", 0), store.responseOfItem("key-1", "item-1", 5_001)]).toEqual([
      null,
      null,
    ]);
    expect(lost).toHaveLength(1);
    release();
    await clock.advance(LIMITS.gatherRetryMs);
    expect([file.inputText("key-1", "resp-1", 0), file.inputText("key-1", "resp-2", 0)]).toEqual(["[]", "[1]"]);
    expect(file.turnsSince(0, 10)).toEqual([aTurn()]);
    expect(lost).toHaveLength(1);
    store.close();
  });

  test("that waits is written by whoever closes the store", () => {
    const { store, home, release } = openHeld();
    store.saveResponse(aResponse(), ROOMY);
    release();
    store.close();
    const after = openRuntimeStore(home, "daemon");
    expect(after.responseText("key-1", "resp-1", 0)).toBe(aResponse().response);
    after.close();
  });

  test("that waits is not there any more when it was removed", async () => {
    const held = { isFull: true };
    const file = openRuntimeStore(":memory:", "daemon");
    const full: RuntimeStore = {
      ...file,
      saveResponse: (response, bytesMax) => {
        if (held.isFull) throw new StoreError("disk-full", "full", "free some");
        file.saveResponse(response, bytesMax);
      },
    };
    const { clock, store } = openGathered(full);
    store.saveResponse(aResponse(), ROOMY);
    expect([store.removeResponse("key-1", "resp-1"), store.removeResponse("key-1", "resp-1")]).toEqual([true, false]);
    held.isFull = false;
    await clock.advance(LIMITS.gatherRetryMs);
    expect(file.responseText("key-1", "resp-1", 0)).toBeNull();
  });

  test("is refused where waiting mends nothing, and when too much waits already", () => {
    const failure: { kind: "corrupt" | "locked" } = { kind: "corrupt" };
    const file = openRuntimeStore(":memory:", "daemon");
    const failing: RuntimeStore = {
      ...file,
      saveResponse: () => {
        throw new StoreError(failure.kind, "failing", "wait");
      },
    };
    const { store } = openGathered(failing);
    expect(() => store.saveResponse(aResponse(), ROOMY)).toThrow(StoreError);
    failure.kind = "locked";
    const input = "x".repeat(10 * 1024 * 1024);
    for (const id of ["one", "two", "three"]) store.saveResponse(aResponse({ id, input }), ROOMY);
    // The same again takes the place of the first.
    store.saveResponse(aResponse({ id: "one", input }), ROOMY);
    expect(() => store.saveResponse(aResponse({ id: "four", input }), ROOMY)).toThrow(StoreError);
    expect(store.inputText("key-1", "three", 0)).toBe(input);
    expect(store.inputText("key-1", "four", 0)).toBeNull();
  });
});
