import { describe, expect, test } from "bun:test";
import type { SettingsStore } from "../../../src/ports.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";

const sealer = createSealer(new Uint8Array(32).fill(1));
const openInMemory = (): SettingsStore => openSettingsStore(":memory:", { sealer });

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
