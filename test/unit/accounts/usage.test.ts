/** Usage: asked gently, written down, and believed over older cooldowns. */
import { describe, expect, test } from "bun:test";
import { fetchCatalogue, parseModels } from "../../../src/accounts/catalogue.ts";
import { newestVersion } from "../../../src/accounts/codex-client.ts";
import { fetchUsage, recordUsage, refreshUsage } from "../../../src/accounts/usage.ts";
import { cooldownsDisproved, hasRoom, windowsToWrite } from "../../../src/accounts/usage-evidence.ts";
import { startUsagePoller } from "../../../src/accounts/usage-poller.ts";
import type { UsageReading } from "../../../src/protocol/quota.ts";
import { UNKNOWN_ACCOUNT_STATE } from "../../../src/router/rules/account-state.ts";
import {
  anAccountsWorld,
  aSignal,
  DAY_MS,
  HOUR_MS,
  halfChance,
  MINUTE_MS,
  OPENAI_ENDPOINTS,
  START_MS,
} from "../../support/accounts-world.ts";
import { aCooldown, aWindow } from "../../support/records.ts";

function aReading(change: Partial<UsageReading> = {}): UsageReading {
  return {
    windows: [aWindow({ usedPercent: 10 })],
    credits: null,
    plan: null,
    reachedType: null,
    allowed: true,
    modelsAvailable: new Map(),
    resetCredits: null,
    ...change,
  };
}

async function aWorld() {
  const world = anAccountsWorld();
  const { settings, tokens, upstream, clock } = world;
  const desk = { settings, tokens, wire: { upstream, clock }, endpoints: OPENAI_ENDPOINTS };
  const anna = world.sim.addChatgptAccount({ name: "anna" });
  const profile = await world.save(anna);
  return { ...world, desk, anna, profile };
}

describe("windowsToWrite()", () => {
  test("a window that a new plan no longer has holds nothing back", () => {
    const known = [aWindow({ usedPercent: 100, observedAtMs: 1 }), aWindow({ limit: "codex_bengalfox" })];
    const week = aWindow({ minutes: 10_080, usedPercent: 3, observedAtMs: 9 });
    expect(windowsToWrite(known, aReading({ windows: [week] }))).toEqual([
      week,
      aWindow({ usedPercent: 0, resetsAtMs: null, observedAtMs: 9 }),
    ]);
  });

  test("silence about windows changes none", () => {
    expect(windowsToWrite([aWindow({ usedPercent: 100 })], aReading({ windows: [] }))).toEqual([]);
  });

  test("what upstream still allows is not quite full", () => {
    const full = aWindow({ usedPercent: 100 });
    const percents = [true, false].map((allowed) =>
      windowsToWrite([], aReading({ windows: [full], allowed })).map((window) => window.usedPercent),
    );
    expect(percents).toEqual([[99.9], [100]]);
  });
});

describe("hasRoom()", () => {
  const ROWS: readonly [string, Partial<UsageReading>, boolean][] = [
    ["a window with room", {}, true],
    ["one full window of two", { windows: [aWindow(), aWindow({ minutes: 10_080, usedPercent: 100 })] }, false],
    [
      "a full window, but credits",
      { windows: [aWindow({ usedPercent: 100 })], credits: { available: true, unlimited: false, observedAtMs: 1 } },
      true,
    ],
    [
      "a full window and unlimited credits",
      { windows: [], credits: { available: false, unlimited: true, observedAtMs: 1 } },
      true,
    ],
    ["only a limit of other models", { windows: [aWindow({ limit: "codex_bengalfox" })] }, false],
    ["no window at all: silence is no evidence", { windows: [] }, false],
    ["upstream's own no", { allowed: false }, false],
    ["a limit of the workspace", { reachedType: "workspace_member_credits_depleted" }, false],
  ];
  for (const [what, change, room] of ROWS) test(`${what}: ${room}`, () => expect(hasRoom(aReading(change))).toBe(room));
});

describe("cooldownsDisproved()", () => {
  const cleared = (cooldown: Parameters<typeof aCooldown>[0], usage: Partial<UsageReading> = {}): boolean =>
    cooldownsDisproved([aCooldown({ reason: "usage-limit", sinceMs: 100, ...cooldown })], aReading(usage), 200)
      .length === 1;

  const ROWS: readonly [string, Parameters<typeof aCooldown>[0], Partial<UsageReading>, boolean][] = [
    ["a quota cooldown, with room (trap 5)", {}, {}, true],
    ["a workspace cooldown, with room", { reason: "workspace-limit" }, {}, true],
    ["a quota cooldown, still full", {}, { windows: [aWindow({ usedPercent: 100 })] }, false],
    ["one that was set while the answer was on its way", { sinceMs: 201 }, {}, false],
    ["a rate limit, of which usage says nothing", { reason: "rate-limit" }, {}, false],
    ["a refused workspace", { reason: "access-denied" }, {}, false],
    [
      "a model's own, when it is available",
      { model: "m" },
      { modelsAvailable: new Map([["m", true]]), windows: [] },
      true,
    ],
    ["a model's own, when it is not (trap 6)", { model: "m" }, { modelsAvailable: new Map([["m", false]]) }, false],
    ["a model's own, of which nothing is said", { model: "m" }, {}, true],
  ];
  for (const [what, cooldown, usage, goes] of ROWS) {
    test(`${what}: ${goes ? "goes" : "stays"}`, () => expect(cleared(cooldown, usage)).toBe(goes));
  }
});

describe("fetchUsage()", () => {
  test("reads what the simulated upstream says", async () => {
    const { desk, profile, anna } = await aWorld();
    anna.setUsed(40);
    const fetched = await fetchUsage(desk, profile, aSignal());
    expect(fetched).toMatchObject({ kind: "usage", usage: { plan: "plus", allowed: true } });
    const windows =
      fetched.kind === "usage" ? fetched.usage.windows.map((window) => [window.minutes, window.usedPercent]) : [];
    expect(windows).toEqual([
      [300, 40],
      [10_080, 0],
    ]);
  });

  test("renews a refused token once, and never condemns for what this endpoint says (trap 26)", async () => {
    const { desk, profile, anna, settings, clock, sim } = await aWorld();
    await clock.advance(2 * MINUTE_MS);
    anna.expireAccessTokens();
    expect((await clock.runUntil(fetchUsage(desk, profile, aSignal()))).kind).toBe("usage");
    anna.script.fail("unauthorized", { endpoint: "usage", times: "always" });
    await clock.advance(2 * MINUTE_MS);
    const refused = await clock.runUntil(fetchUsage(desk, profile, aSignal()));
    expect(refused).toEqual({ kind: "failed", reason: "status-401" });
    anna.script.fail("workspace-access-denied", { endpoint: "usage", times: "always" });
    expect((await clock.runUntil(fetchUsage(desk, profile, aSignal()))).kind).toBe("failed");
    expect(settings.profiles()[0]?.signIn.state).toBe("ok");
    expect(sim.callsTo("refresh")).toHaveLength(2);
  });

  for (const fault of ["server-error", "reset-before-headers", "cloudflare-challenge"] as const) {
    test(`${fault} is a failure, said as a value`, async () => {
      const { desk, profile, anna } = await aWorld();
      anna.script.fail(fault, { endpoint: "usage" });
      expect((await fetchUsage(desk, profile, aSignal())).kind).toBe("failed");
    });
  }

  test("API keys have none", async () => {
    const world = await aWorld();
    const profile = await world.save(world.sim.addApiKeyAccount({ name: "key" }));
    expect(await fetchUsage(world.desk, profile, aSignal())).toEqual({ kind: "none" });
  });
});

test("usage of 0 % ends a cooldown of six days within one look, in the store too (trap 5)", async () => {
  const { desk, profile, settings, clock } = await aWorld();
  const cooldown = aCooldown({ reason: "usage-limit", sinceMs: START_MS, untilMs: START_MS + 6 * DAY_MS });
  settings.setCooldown(profile.accountKey, cooldown);
  settings.setCooldown(
    profile.accountKey,
    aCooldown({ model: "m", reason: "rate-limit", untilMs: START_MS + HOUR_MS }),
  );
  await clock.advance(MINUTE_MS);
  await refreshUsage(desk, profile, aSignal());
  expect(settings.accountState(profile.accountKey).cooldowns.map((left) => left.reason)).toEqual(["rate-limit"]);
});

test("a reading is written for the account: windows, credits, and the plan of each of its profiles", async () => {
  const { settings, profile } = await aWorld();
  const credits = { available: true, unlimited: false, observedAtMs: 5 };
  recordUsage(settings, profile.accountKey, aReading({ credits, plan: "team" }), 5);
  expect(settings.accountState(profile.accountKey)).toEqual({
    ...UNKNOWN_ACCOUNT_STATE,
    windows: [aWindow({ usedPercent: 10, observedAtMs: 5 })],
    credits,
  });
  expect(settings.profiles()[0]?.plan).toBe("team");
});

test("what a turn saw while the answer was on its way is later evidence than the answer", async () => {
  const { settings, profile } = await aWorld();
  const seen = aWindow({ usedPercent: 60, observedAtMs: START_MS + 10 });
  const spent = { available: false, unlimited: false, observedAtMs: START_MS + 10 };
  settings.mergeWindows(profile.accountKey, [seen]);
  settings.writeCredits(profile.accountKey, spent);
  const late = START_MS + 20;
  const answer = aReading({
    windows: [aWindow({ usedPercent: 10, observedAtMs: late })],
    credits: { available: true, unlimited: false, observedAtMs: late },
  });
  recordUsage(settings, profile.accountKey, answer, START_MS);
  expect(settings.accountState(profile.accountKey)).toEqual({
    ...UNKNOWN_ACCOUNT_STATE,
    windows: [seen],
    credits: spent,
  });
});

describe("startUsagePoller()", () => {
  async function aPoller(accounts: number, isBusy: boolean) {
    const world = await aWorld();
    const profiles = [world.profile];
    for (let index = 1; index < accounts; index += 1) {
      profiles.push(await world.save(world.sim.addChatgptAccount({ name: `n${index}` })));
    }
    for (const { id } of profiles) world.settings.updateProfile(id, { selected: true });
    world.sim.forget();
    const start = () => startUsagePoller({ ...world.desk, rng: halfChance, isBusy: () => isBusy });
    return { ...world, start, poller: start() };
  }

  test("asks for one account at a time, each at most once a minute, over two processes", async () => {
    const { clock, sim, start, poller } = await aPoller(5, true);
    const second = start();
    await clock.advance(10 * MINUTE_MS);
    expect(sim.concurrencyAt("usage").max).toBeLessThanOrEqual(2);
    for (const account of sim.accounts) {
      const times = sim.callsTo("usage", account.name).map((call) => call.at);
      expect(times.length).toBeGreaterThanOrEqual(7);
      for (const [index, at] of times.entries()) {
        if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(MINUTE_MS);
      }
    }
    poller.stop();
    second.stop();
    sim.forget();
    await clock.advance(10 * MINUTE_MS);
    expect(sim.callsTo("usage")).toHaveLength(0);
  });

  test("is slow while nothing goes on", async () => {
    const { clock, sim } = await aPoller(2, false);
    await clock.advance(HOUR_MS);
    expect(sim.callsTo("usage").length).toBeGreaterThanOrEqual(4);
    expect(sim.callsTo("usage").length).toBeLessThanOrEqual(10);
  });

  test("goes on after failures, and asks once for two profiles of one account", async () => {
    const { clock, sim, save, anna, settings } = await aPoller(1, true);
    await save(anna, "copy");
    sim.script.fail("server-error", { endpoint: "usage", times: 3 });
    await clock.advance(10 * MINUTE_MS);
    expect(sim.callsTo("usage").length).toBeLessThanOrEqual(10);
    expect(settings.accountState(settings.profiles()[0]?.accountKey ?? "").windows).toHaveLength(2);
  });
});

describe("fetchCatalogue()", () => {
  test("stores upstream's entries unchanged, with the tag, for a current client version (trap 38)", async () => {
    const { desk, profile, sim, settings, clock } = await aWorld();
    const fetched = await fetchCatalogue(desk, profile, aSignal());
    expect(fetched.kind).toBe("fetched");
    const stored = settings.catalogue(profile.accountKey);
    expect(stored).toMatchObject({ accountKey: profile.accountKey, fetchedAtMs: clock.now() });
    expect(stored?.etag).not.toBeNull();
    expect(stored?.models.map((model) => model["slug"])).toContain("gpt-5.5");
    expect(sim.callsTo("models")[0]?.query).toEqual({ client_version: "0.169.0" });
  });

  for (const [what, answer] of [
    ["a failure", "server-error"],
    ["a broken connection", "reset-before-headers"],
    ["a refusal", "unauthorized"],
  ] as const) {
    test(`keeps the last good list after ${what} (trap 38)`, async () => {
      const { desk, profile, anna, clock } = await aWorld();
      const good = await fetchCatalogue(desk, profile, aSignal());
      await clock.advance(2 * MINUTE_MS);
      anna.script.fail(answer, { endpoint: "models", times: "always" });
      const kept = await clock.runUntil(fetchCatalogue(desk, profile, aSignal()));
      expect(kept.kind).toBe("kept");
      expect(kept.catalogue).toEqual(good.catalogue);
    });
  }

  test("asks the platform for an API key's list", async () => {
    const world = await aWorld();
    const profile = await world.save(world.sim.addApiKeyAccount({ name: "key" }));
    const fetched = await fetchCatalogue(world.desk, profile, aSignal());
    expect(fetched.catalogue?.models[0]).toHaveProperty("id");
    expect(world.sim.callsTo("models", "key")[0]?.path).toBe("/v1/models");
  });

  test("an answer without a usable entry is no list", () => {
    for (const json of [null, [], {}, { models: {} }]) expect(parseModels(json)).toBeNull();
    expect(parseModels({ models: [{ slug: "a" }, null, 5, { title: "b" }, { id: "c" }] })).toEqual([
      { slug: "a" },
      { id: "c" },
    ]);
  });
});

test("versions compare as numbers, and none goes below the floor (trap 38)", () => {
  expect(newestVersion([])).toBe("0.169.0");
  expect(newestVersion([null, "0.0.0", "0.99.9", "newest", "1.2"])).toBe("0.169.0");
  expect(newestVersion(["0.170.0", "0.1000.0", "0.999.9"])).toBe("0.1000.0");
});
