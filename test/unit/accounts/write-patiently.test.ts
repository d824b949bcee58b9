/** How long a write waits for a file that another process holds, and that nothing else waits with it. */
import { describe, expect, test } from "bun:test";
import { writePatiently } from "../../../src/accounts/write-patiently.ts";
import { LIMITS } from "../../../src/limits.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import { StoreError, type StoreErrorKind } from "../../../src/store/store-error.ts";

/** A store whose next calls fail like this, each with a number of its own. */
function failing(times: number, kind: StoreErrorKind) {
  const store = {
    tries: 0,
    briefly<Answer>(work: () => Answer): Answer {
      store.tries += 1;
      if (store.tries <= times) throw new StoreError(kind, `${store.tries}`, "");
      return work();
    },
  };
  return store;
}

describe("writePatiently()", () => {
  test("writes at once where nobody holds the file", async () => {
    const [clock, store] = [createVirtualClock(0), failing(0, "locked")];
    expect(await writePatiently(store, clock, () => "written")).toBe("written");
    expect([store.tries, clock.now()]).toEqual([1, 0]);
  });

  test("tries again while it is held, and lets others work in between", async () => {
    const [clock, store] = [createVirtualClock(0), failing(3, "locked")];
    const others: number[] = [];
    clock.after(1, () => others.push(store.tries));
    expect(await clock.runUntil(writePatiently(store, clock, () => "written"))).toBe("written");
    expect([store.tries, others]).toEqual([4, [1]]);
  });

  test("gives up after as long as a call of the store would wait", async () => {
    const [clock, store] = [createVirtualClock(0), failing(1_000, "locked")];
    await expect(clock.runUntil(writePatiently(store, clock, () => "written"))).rejects.toThrow(StoreError);
    const waitedMs = clock.now() + store.tries * LIMITS.gatherBusyMs;
    expect(waitedMs).toBeGreaterThan(LIMITS.sqliteBusyMs * 0.9);
    expect(waitedMs).toBeLessThanOrEqual(LIMITS.sqliteBusyMs);
  });

  for (const kind of ["disk-full", "corrupt", "read-only"] as const) {
    test(`says at once what waiting does not mend: ${kind}`, async () => {
      const [clock, store] = [createVirtualClock(0), failing(1_000, kind)];
      await expect(writePatiently(store, clock, () => "written")).rejects.toThrow("1");
      expect([store.tries, clock.now()]).toEqual([1, 0]);
    });
  }
});
