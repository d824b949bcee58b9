import { describe, expect, test } from "bun:test";
import type { SettingsStore } from "../../../src/ports.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { useTempHome } from "../../support/temp-home.ts";

const sealer = createSealer(new Uint8Array(32).fill(1));
const openInMemory = (): SettingsStore => openSettingsStore(":memory:", { sealer });

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
