/** Which figures are worth writing down. */
import { describe, expect, test } from "bun:test";
import type { QuotaWindow } from "../../../../src/router/rules/account-state.ts";
import { isCreditNews, isWindowNews } from "../../../../src/router/rules/quota-news.ts";
import { accountState, NOW, quotaWindow, SECOND_MS } from "../../../support/rules.ts";

describe("isWindowNews()", () => {
  const ROWS: readonly (readonly [string, Partial<QuotaWindow>, boolean])[] = [
    ["the same figures at once", {}, false],
    ["the same figures a little later", { observedAtMs: NOW + 30 * SECOND_MS - 1 }, false],
    ["the same figures as proof that they hold", { observedAtMs: NOW + 30 * SECOND_MS }, true],
    ["more use", { usedPercent: 51 }, true],
    ["another reset", { resetsAtMs: NOW }, true],
    ["another length", { minutes: 10_080 }, true],
    ["another limit", { limit: "spark" }, true],
  ];
  for (const [what, change, isNews] of ROWS) {
    test(`${what}: ${isNews}`, () => {
      const state = accountState({ windows: [quotaWindow({ limit: "other" }), quotaWindow()] });
      expect(isWindowNews(state, [quotaWindow(), quotaWindow(change)])).toBe(isNews);
    });
  }

  test("an account of which nothing is known: everything is", () => {
    expect([isWindowNews(accountState(), [quotaWindow()]), isWindowNews(accountState(), [])]).toEqual([true, false]);
  });
});

describe("isCreditNews()", () => {
  const known = { available: true, unlimited: false, observedAtMs: NOW };
  const ROWS = [
    [known, false],
    [{ ...known, observedAtMs: NOW + 30 * SECOND_MS }, true],
    [{ ...known, available: false }, true],
    [{ ...known, unlimited: true }, true],
  ] as const;
  for (const [seen, isNews] of ROWS) {
    test(`${JSON.stringify(seen)}: ${isNews}`, () => {
      expect(isCreditNews(accountState({ credits: known }), seen)).toBe(isNews);
    });
  }
  test("credits never seen before are", () => expect(isCreditNews(accountState(), known)).toBe(true));
});
