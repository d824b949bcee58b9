import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ProfileRecord, Routing, SettingsStore } from "../../../src/ports.ts";
import { UNKNOWN_ACCOUNT_STATE } from "../../../src/router/rules/account-state.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { aCooldown, aCredential, aProfile, aWindow } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";

const sealer = createSealer(new Uint8Array(32).fill(1));
const openInMemory = (): SettingsStore => openSettingsStore(":memory:", { sealer });

describe("pool", () => {
  test("begins disabled, least-used and not fast, with nobody in it", () => {
    const store = openInMemory();
    expect(store.pool()).toEqual({ enabled: false, routing: "least-used", fast: false });
    expect(store.profiles()).toEqual([]);
  });

  test("changes what is named and nothing else", () => {
    const store = openInMemory();
    store.updatePool({ routing: "round-robin" });
    store.updatePool({ enabled: true });
    expect(store.pool()).toEqual({ enabled: true, routing: "round-robin", fast: false });
  });
});

describe("profiles", () => {
  test("come back as they were saved, for every field", () => {
    const text = fc.string({ minLength: 1 });
    const profile = fc.record({
      id: text,
      name: text,
      kind: fc.constantFrom("chatgpt", "api-key"),
      ownership: fc.constantFrom("owned", "linked"),
      linkPath: fc.option(text),
      accountKey: text,
      workspaceId: fc.option(text),
      userId: fc.option(text),
      email: fc.option(text),
      plan: fc.option(text),
      fedramp: fc.boolean(),
      selected: fc.boolean(),
      reservePercent: fc.double({ min: 0, max: 100, noNaN: true }).map((percent) => percent + 0),
      proxyUrl: fc.option(text),
      signIn: fc.oneof(
        fc.constant({ state: "ok" as const }),
        fc.record({ state: fc.constant("needed" as const), reason: fc.string(), sinceMs: fc.nat() }),
      ),
      createdAtMs: fc.nat(),
    }) as fc.Arbitrary<ProfileRecord>;
    fc.assert(
      fc.property(profile, (saved) => {
        const store = openInMemory();
        expect(store.addProfile(saved, aCredential())).toBe(true);
        expect(store.profiles()).toEqual([saved]);
        expect(store.profileNamed(saved.name)).toEqual(saved);
        store.close();
      }),
      { numRuns: 50 },
    );
  });

  test("are listed in the order they were made", () => {
    const store = openInMemory();
    store.addProfile(aProfile({ id: "b", name: "b", createdAtMs: 2 }), aCredential());
    store.addProfile(aProfile({ id: "c", name: "c", createdAtMs: 2 }), aCredential());
    store.addProfile(aProfile({ id: "a", name: "a", createdAtMs: 1 }), aCredential());
    expect(store.profiles().map((profile) => profile.id)).toEqual(["a", "b", "c"]);
  });

  test("are found by name in any case and however accents are encoded", () => {
    const store = openInMemory();
    store.addProfile(aProfile({ name: "Büro" }), aCredential());
    for (const name of ["Büro", "BÜRO", "büro", "Bu\u0308ro"]) expect(store.profileNamed(name)?.id).toBe("profile-1");
    expect(store.profileNamed("Buro")).toBeNull();
  });

  test("are not added under a name that is taken; neither is the credential", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    expect(store.addProfile(aProfile({ id: "other", name: "WORK" }), aCredential())).toBe(false);
    expect(store.profiles()).toHaveLength(1);
    expect(store.credential("other")).toBeNull();
  });

  test("change what is named and nothing else", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    const change = {
      selected: true,
      reservePercent: 12.5,
      signIn: { state: "needed", reason: "x", sinceMs: 5 },
    } as const;
    expect(store.updateProfile("profile-1", change)).toBe(true);
    expect(store.profiles()).toEqual([aProfile(change)]);
  });

  test("are not renamed to a taken name, but may change the case of their own", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    store.addProfile(aProfile({ id: "profile-2", name: "Home" }), aCredential());
    expect(store.updateProfile("profile-2", { name: "work", selected: true })).toBe(false);
    expect(store.profileNamed("home")?.selected).toBe(false);
    expect(store.updateProfile("profile-2", { name: "HOME" })).toBe(true);
    expect(store.profileNamed("home")?.name).toBe("HOME");
    expect(store.updateProfile("nobody", { name: "x" })).toBe(false);
  });

  test("take their credential along when removed; the account is forgotten with its last profile", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    store.addProfile(aProfile({ id: "profile-2", name: "Twin" }), aCredential());
    store.mergeWindows("account-1", [aWindow()]);
    store.setCooldown("account-1", aCooldown());
    store.writeTokensPerPercent("account-1", 10);
    store.writeCatalogue({ accountKey: "account-1", etag: null, models: [{ slug: "m" }], fetchedAtMs: 1 });
    store.removeProfile("profile-1");
    expect(store.credential("profile-1")).toBeNull();
    expect(store.accountState("account-1").windows).toHaveLength(1);
    store.removeProfile("profile-2");
    expect(store.accountState("account-1")).toEqual(UNKNOWN_ACCOUNT_STATE);
    expect(store.catalogue("account-1")).toBeNull();
    store.removeProfile("nobody");
  });
});

describe("credentials", () => {
  test("come back as they were saved, whichever kind", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    store.addProfile(aProfile({ id: "p2", name: "Key" }), { kind: "api-key", apiKey: "sk-1" });
    expect(store.credential("profile-1")).toEqual({
      credential: aCredential(),
      generation: 1,
      refreshStartedAtMs: null,
    });
    expect(store.credential("p2")?.credential).toEqual({ kind: "api-key", apiKey: "sk-1" });
    expect(store.credential("nobody")).toBeNull();
  });

  test("are replaced only from the generation that is stored (trap 23)", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    expect(store.writeCredential("profile-1", aCredential({ accessToken: "access-2" }), 1)).toBe(true);
    expect(store.writeCredential("profile-1", aCredential({ accessToken: "loser" }), 1)).toBe(false);
    expect(store.writeCredential("nobody", aCredential(), 1)).toBe(false);
    expect(store.credential("profile-1")).toEqual({
      credential: aCredential({ accessToken: "access-2" }),
      generation: 2,
      refreshStartedAtMs: null,
    });
  });

  test("keep the trace of a refresh until the new pair is written, and the pair mends the sign-in (trap 23)", () => {
    const store = openInMemory();
    store.addProfile(aProfile({ signIn: { state: "needed", reason: "gone", sinceMs: 1 } }), aCredential());
    expect(store.markRefreshStarted("profile-1", 2, 50)).toBe(false);
    expect(store.credential("profile-1")?.refreshStartedAtMs).toBeNull();
    expect(store.markRefreshStarted("profile-1", 1, 50)).toBe(true);
    expect(store.credential("profile-1")).toMatchObject({ generation: 1, refreshStartedAtMs: 50 });
    store.writeCredential("profile-1", aCredential(), 1);
    expect(store.credential("profile-1")).toMatchObject({ generation: 2, refreshStartedAtMs: null });
    expect(store.profileNamed("work")?.signIn).toEqual({ state: "ok" });
  });

  test("are not touched by writes of anything else (trap 23)", () => {
    const store = openInMemory();
    store.addProfile(aProfile(), aCredential());
    store.writeCredential("profile-1", aCredential({ refreshToken: "rotated" }), 1);
    store.updateProfile("profile-1", { plan: "pro" });
    store.mergeWindows("account-1", [aWindow()]);
    expect(store.credential("profile-1")?.credential).toMatchObject({ refreshToken: "rotated" });
  });

  test("are never an older pair than the stored one, whoever wrote it (trap 23)", () => {
    const home = useTempHome();
    const mine = openSettingsStore(home, { sealer });
    const other = openSettingsStore(home, { sealer });
    mine.addProfile(aProfile(), aCredential());
    expect(mine.credential("profile-1")?.credential).toEqual(aCredential());
    other.writeCredential("profile-1", aCredential({ refreshToken: "theirs" }), 1);
    expect(mine.credential("profile-1")?.credential).toMatchObject({ refreshToken: "theirs" });
    mine.writeCredential("profile-1", aCredential({ refreshToken: "ours" }), 2);
    expect(mine.credential("profile-1")?.credential).toMatchObject({ refreshToken: "ours" });
    other.removeProfile("profile-1");
    expect(mine.credential("profile-1")).toBeNull();
    mine.close();
    other.close();
  });

  test("of another master key name that key as the trouble, and can be replaced", () => {
    const home = useTempHome();
    const before = openSettingsStore(home, { sealer });
    before.addProfile(aProfile(), aCredential());
    before.close();
    const store = openSettingsStore(home, { sealer: createSealer(new Uint8Array(32).fill(2)) });
    expect(store.profiles()).toHaveLength(1);
    expect(kindOf(() => store.credential("profile-1"))).toBe("wrong-key");
    expect(store.writeCredential("profile-1", aCredential({ accessToken: "new" }), 1)).toBe(true);
    expect(store.credential("profile-1")?.credential).toMatchObject({ accessToken: "new" });
    store.close();
  });
});

describe("account state", () => {
  test("is unknown until something is known", () => {
    expect(openInMemory().accountState("nobody")).toEqual(UNKNOWN_ACCOUNT_STATE);
  });

  test("keeps the later observation of a (limit, minutes), in whatever order they arrive", () => {
    const observation = fc.record({
      limit: fc.constantFrom("codex", "other"),
      minutes: fc.constantFrom(300, 10_080, 0.5),
      usedPercent: fc.integer({ min: 0, max: 100 }),
      resetsAtMs: fc.option(fc.double({ min: 0, max: 1e13, noNaN: true }).map((atMs) => atMs + 0)),
      observedAtMs: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 12 }), (observations) => {
        const store = openInMemory();
        for (const window of observations) store.mergeWindows("a", [window]);
        const expected = new Map<string, (typeof observations)[number]>();
        for (const window of observations) {
          const name = `${window.limit} ${window.minutes}`;
          if (window.observedAtMs >= (expected.get(name)?.observedAtMs ?? 0)) expected.set(name, window);
        }
        const byName = (left: object, right: object) => JSON.stringify(left).localeCompare(JSON.stringify(right));
        expect([...store.accountState("a").windows].sort(byName)).toEqual([...expected.values()].sort(byName));
        store.close();
      }),
      { numRuns: 50 },
    );
  });

  test("holds credits and capacity each for itself; the older report of credits is dropped", () => {
    const store = openInMemory();
    store.writeTokensPerPercent("a", 1234.5);
    expect(store.accountState("a")).toEqual({ ...UNKNOWN_ACCOUNT_STATE, tokensPerPercent: 1234.5 });
    store.writeCredits("a", { available: true, unlimited: false, observedAtMs: 10 });
    store.writeCredits("a", { available: false, unlimited: true, observedAtMs: 9 });
    const credits = { available: true, unlimited: false, observedAtMs: 10 };
    expect(store.accountState("a")).toEqual({ ...UNKNOWN_ACCOUNT_STATE, tokensPerPercent: 1234.5, credits });
    expect(store.accountState("b")).toEqual(UNKNOWN_ACCOUNT_STATE);
  });

  test("has one cooldown for each model and one for the whole account", () => {
    const store = openInMemory();
    store.setCooldown("a", aCooldown({ untilMs: 5 }));
    store.setCooldown("a", aCooldown({ untilMs: 6.5, strikes: 2, untilSource: "assumed" }));
    store.setCooldown("a", aCooldown({ model: "m" }));
    store.setCooldown("b", aCooldown());
    const whole = aCooldown({ untilMs: 6.5, strikes: 2, untilSource: "assumed" });
    expect(store.accountState("a").cooldowns).toEqual([whole, aCooldown({ model: "m" })]);
  });

  const clears: { clear: string | null; left: (string | null)[] }[] = [
    { clear: null, left: ["m", "n"] },
    { clear: "m", left: [null, "n"] },
    { clear: "unheard", left: [null, "m", "n"] },
    { clear: "all", left: [] },
  ];
  for (const { clear, left } of clears) {
    test(`clearCooldown(${clear}) leaves ${JSON.stringify(left)} and other accounts alone`, () => {
      const store = openInMemory();
      for (const model of [null, "m", "n"]) store.setCooldown("a", aCooldown({ model }));
      store.setCooldown("b", aCooldown());
      store.clearCooldown("a", clear);
      expect(store.accountState("a").cooldowns.map((cooldown) => cooldown.model)).toEqual(left);
      expect(store.accountState("b").cooldowns).toHaveLength(1);
    });
  }
});

describe("catalogues", () => {
  test("keep upstream's entries unchanged, one list an account", () => {
    const store = openInMemory();
    const first = { accountKey: "a", etag: "e", models: [{ slug: "m", deep: { n: [1, null] } }], fetchedAtMs: 1 };
    store.writeCatalogue(first);
    expect(store.catalogue("a")).toEqual(first);
    const second = { ...first, etag: null, models: [], fetchedAtMs: 2 };
    store.writeCatalogue(second);
    expect(store.catalogue("a")).toEqual(second);
    expect(store.catalogue("b")).toBeNull();
  });

  test("show another process's list as soon as it is written", () => {
    const home = useTempHome();
    const mine = openSettingsStore(home, { sealer });
    const other = openSettingsStore(home, { sealer });
    const list = { accountKey: "a", etag: "e", models: [{ slug: "m" }], fetchedAtMs: 1 };
    mine.writeCatalogue(list);
    expect(mine.catalogue("a")).toEqual(list);
    other.writeCatalogue({ ...list, models: [{ slug: "n" }] });
    expect(mine.catalogue("a")?.models).toEqual([{ slug: "n" }]);
    mine.close();
    other.close();
  });
});

describe("models", () => {
  test("are hidden and shown again", () => {
    const store = openInMemory();
    for (const model of ["b", "a", "b"]) store.setModelHidden(model, true);
    expect(store.hiddenModels()).toEqual(["a", "b"]);
    store.setModelHidden("a", false);
    store.setModelHidden("never", false);
    expect(store.hiddenModels()).toEqual(["b"]);
  });

  test("have aliases with names of their own", () => {
    const store = openInMemory();
    const alias = { name: "deep", model: "gpt-5", effort: "high", fast: true };
    expect(store.addAlias(alias)).toBe(true);
    expect(store.addAlias({ ...alias, model: "other" })).toBe(false);
    expect(store.addAlias({ name: "bare", model: "gpt-5", effort: null, fast: false })).toBe(true);
    expect(store.aliases()).toEqual([{ name: "bare", model: "gpt-5", effort: null, fast: false }, alias]);
    expect(store.removeAlias("deep")).toBe(true);
    expect(store.removeAlias("deep")).toBe(false);
  });
});

describe("leases", () => {
  test("belong to one holder until their time has come (trap 21)", () => {
    const store = openInMemory();
    expect(store.takeLease("refresh", "a", 100, 200)).toBe(true);
    expect(store.takeLease("refresh", "b", 199, 299)).toBe(false);
    expect(store.leaseHolder("refresh", 199)).toBe("a");
    expect(store.leaseHolder("refresh", 200)).toBeNull();
    expect(store.takeLease("refresh", "b", 200, 300)).toBe(true);
    expect(store.leaseHolder("refresh", 250)).toBe("b");
    expect(store.leaseHolder("other", 250)).toBeNull();
  });

  test("are extended by their holder and released by nobody else", () => {
    const store = openInMemory();
    store.takeLease("refresh", "a", 100, 200);
    expect(store.takeLease("refresh", "a", 150, 250)).toBe(true);
    store.releaseLease("refresh", "b");
    expect(store.leaseHolder("refresh", 240)).toBe("a");
    store.releaseLease("refresh", "a");
    expect(store.takeLease("refresh", "b", 150, 250)).toBe(true);
  });

  test("do not outlive a clock that was set back by more than they last", () => {
    const store = openInMemory();
    store.takeLease("refresh", "dead", 1_000_000, 1_000_100);
    expect(store.takeLease("refresh", "b", 999_950, 1_000_050)).toBe(false);
    expect(store.leaseHolder("refresh", 500)).toBeNull();
    expect(store.takeLease("refresh", "b", 500, 600)).toBe(true);
  });

  test("stand beside plain instants", () => {
    const store = openInMemory();
    expect(store.instant("refresh-ended")).toBeNull();
    store.setInstant("refresh-ended", 5.5);
    store.setInstant("refresh-ended", 6.5);
    expect(store.instant("refresh-ended")).toBe(6.5);
  });
});

describe("version()", () => {
  test("changes with every own write and with none of the reads", () => {
    const store = openInMemory();
    const seen = new Set([store.version()]);
    const writes: (() => unknown)[] = [
      () => store.updatePool({ enabled: true }),
      () => store.addProfile(aProfile(), aCredential()),
      () => store.markRefreshStarted("profile-1", 1, 5),
      () => store.writeCredential("profile-1", aCredential(), 1),
      () => store.mergeWindows("a", [aWindow()]),
      () => store.setCooldown("a", aCooldown()),
      () => store.takeLease("l", "h", 1, 2),
      () => store.setInstant("i", 1),
      () => store.setModelHidden("m", true),
      () => store.removeProfile("profile-1"),
    ];
    for (const write of writes) {
      write();
      seen.add(store.version());
    }
    expect(seen.size).toBe(writes.length + 1);
    store.profiles();
    store.accountState("a");
    expect(store.version()).toBe(Math.max(...seen));
  });

  test("changes when another connection writes, and only then", () => {
    const home = useTempHome();
    const mine = openSettingsStore(home, { sealer });
    const other = openSettingsStore(home, { sealer });
    const before = mine.version();
    other.pool();
    expect(mine.version()).toBe(before);
    other.updatePool({ fast: true });
    expect(mine.version()).not.toBe(before);
    expect(mine.pool().fast).toBe(true);
    mine.close();
    other.close();
  });
});

describe("boundary", () => {
  test("a routing that no version writes is a damaged file, not a value", () => {
    const store = openInMemory();
    store.updatePool({ routing: "by-dice" as Routing });
    expect(kindOf(() => store.pool())).toBe("corrupt");
  });

  test("close() may be called again", () => {
    const store = openInMemory();
    store.close();
    store.close();
    expect(() => store.pool()).toThrow();
  });
});

function kindOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof StoreError) return error.kind;
    throw error;
  }
  return "fine";
}
