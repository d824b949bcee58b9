import { describe, expect, test } from "bun:test";
import type { SettingsStore } from "../../../src/ports.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";

const sealer = createSealer(new Uint8Array(32).fill(1));
const openInMemory = (): SettingsStore => openSettingsStore(":memory:", { sealer });

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
