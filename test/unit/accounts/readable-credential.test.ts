/** A sign-in whose master key is not there: it is said, and its neighbours live on. */
import { describe, expect, test } from "bun:test";
import { startRefreshWorker } from "../../../src/accounts/refresh-worker.ts";
import type { SettingsStore } from "../../../src/ports.ts";
import { StoreError, type StoreErrorKind } from "../../../src/store/store-error.ts";
import { anAccountsWorld, aSignal, DAY_MS, MINUTE_MS } from "../../support/accounts-world.ts";

/** The store as it is when one profile's secret cannot be opened. */
function lock(settings: SettingsStore, profileId: string, kind: StoreErrorKind): SettingsStore {
  return {
    ...settings,
    credential(id) {
      if (id === profileId) throw new StoreError(kind, "The problem.", "The hint.");
      return settings.credential(id);
    },
  };
}

async function aLockedWorld(kind: StoreErrorKind = "wrong-key") {
  const world = anAccountsWorld();
  const locked = await world.save(world.sim.addChatgptAccount({ name: "locked" }));
  const open = await world.save(world.sim.addChatgptAccount({ name: "open" }));
  const settings = lock(world.settings, locked.id, kind);
  return { ...world, settings, locked, open, tokens: world.open({ settings }) };
}

describe("a credential that cannot be decrypted", () => {
  for (const kind of ["wrong-key", "corrupt"] as const) {
    test(`(${kind}) is a reason of its own, and no call upstream`, async () => {
      const { tokens, locked, open, sim } = await aLockedWorld(kind);
      expect(await tokens.lease(locked.id, aSignal())).toEqual({ kind: "unavailable", reason: "key-missing" });
      expect(await tokens.renew(locked.id, 1, aSignal())).toEqual({ kind: "unavailable", reason: "key-missing" });
      expect(await tokens.refresh(locked.id, true)).toMatchObject({ kind: "unavailable", reason: "key-missing" });
      expect(sim.requests).toEqual([]);
      expect((await tokens.lease(open.id, aSignal())).kind).toBe("leased");
    });
  }

  test("does not keep other sign-ins from being refreshed in time (trap 25)", async () => {
    const { tokens, settings, clock, sim } = await aLockedWorld();
    await clock.advance(10 * DAY_MS - MINUTE_MS);
    const worker = startRefreshWorker({ settings, tokens, clock });
    await clock.advance(MINUTE_MS);
    worker.stop();
    expect(sim.callsTo("refresh").map((call) => call.account)).toEqual(["open"]);
  });

  test("does not become a store that fails in silence: other trouble stays an error", async () => {
    const { tokens, locked } = await aLockedWorld("disk-full");
    await expect(tokens.lease(locked.id, aSignal())).rejects.toThrow("The problem.");
  });
});
