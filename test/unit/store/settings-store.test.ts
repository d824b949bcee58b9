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
