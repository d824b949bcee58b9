import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SettingsStore } from "../../../src/ports.ts";
import { UNKNOWN_ACCOUNT_STATE } from "../../../src/router/rules/account-state.ts";
import { createSealer } from "../../../src/store/seal.ts";
import { openSettingsStore } from "../../../src/store/settings-store.ts";
import { aCooldown } from "../../support/records.ts";

const sealer = createSealer(new Uint8Array(32).fill(1));
const openInMemory = (): SettingsStore => openSettingsStore(":memory:", { sealer });

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
