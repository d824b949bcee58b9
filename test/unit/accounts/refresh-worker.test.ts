/** Sign-ins that nobody uses are kept alive. */
import { describe, expect, test } from "bun:test";
import { startRefreshWorker } from "../../../src/accounts/refresh-worker.ts";
import { anAccountsWorld, aSignal, DAY_MS, HOUR_MS, MINUTE_MS } from "../../support/accounts-world.ts";
import { aCooldown } from "../../support/records.ts";

describe("startRefreshWorker()", () => {
  test("refreshes what is about to expire, also accounts that are cooling or outside the pool (trap 25)", async () => {
    const { clock, sim, settings, tokens, save } = anAccountsWorld({ accessTokenTtlMs: HOUR_MS });
    const profile = await save(sim.addChatgptAccount({ name: "anna" }));
    settings.setCooldown(profile.accountKey, aCooldown({ untilMs: clock.now() + 2 * HOUR_MS }));
    const worker = startRefreshWorker({ settings, tokens, clock });
    await clock.advance(2 * HOUR_MS);
    expect(sim.callsTo("refresh")).toHaveLength(2);
    sim.forget();
    expect((await tokens.lease(profile.id, aSignal())).kind).toBe("leased");
    expect(sim.callsTo("refresh")).toHaveLength(0);
    worker.stop();
    await clock.advance(DAY_MS);
    expect(sim.callsTo("refresh")).toHaveLength(0);
  });

  test("leaves alone what is fresh, linked, a key, or in need of its owner", async () => {
    const { clock, sim, settings, tokens, save } = anAccountsWorld();
    const anna = await save(sim.addChatgptAccount({ name: "anna" }));
    const ben = await save(sim.addChatgptAccount({ name: "ben" }));
    await save(sim.addApiKeyAccount({ name: "key" }));
    settings.updateProfile(anna.id, { ownership: "linked", linkPath: "/nowhere" });
    tokens.condemn(ben.id, "session-ended");
    const worker = startRefreshWorker({ settings, tokens, clock });
    await clock.advance(20 * DAY_MS);
    expect(sim.callsTo("refresh")).toHaveLength(0);
    worker.stop();
  });

  test("goes on after a store that failed", async () => {
    const { clock, sim, settings, tokens, save } = anAccountsWorld({ accessTokenTtlMs: HOUR_MS });
    await save(sim.addChatgptAccount({ name: "anna" }));
    const disk = { fails: true };
    const profiles = () => {
      if (disk.fails) throw new Error("locked");
      return settings.profiles();
    };
    startRefreshWorker({ settings: { ...settings, profiles }, tokens, clock });
    await clock.advance(HOUR_MS - 2 * MINUTE_MS);
    expect(sim.callsTo("refresh")).toHaveLength(0);
    disk.fails = false;
    await clock.advance(MINUTE_MS);
    expect(sim.callsTo("refresh")).toHaveLength(1);
  });
});
