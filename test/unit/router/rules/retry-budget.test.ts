/** How much all turns together may try again. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { depositTurn, openRetryBudget, withdrawRetry } from "../../../../src/router/rules/retry-budget.ts";
import { NOW, SECOND_MS } from "../../../support/rules.ts";

/** Every turn of an outage asks for as many retries as it can get; answers how many were granted. */
function sufferOutage(turns: number, msBetween: number, wishes: number): number {
  let budget = openRetryBudget(NOW);
  let granted = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const nowMs = NOW + turn * msBetween;
    budget = depositTurn(budget, nowMs);
    for (let wish = 0; wish < wishes; wish += 1) {
      const answer = withdrawRetry(budget, nowMs);
      budget = answer.budget;
      granted += answer.allowed ? 1 : 0;
    }
  }
  return granted;
}

describe("the retry budget", () => {
  test("lets a few turns retry freely", () => expect(sufferOutage(10, 1_000, 3)).toBe(30));

  test("does not multiply an outage: 10,000 turns at once retry a fifth as often, and no more", () => {
    expect(sufferOutage(10_000, 0, 3)).toBeWithin(2_000, 50 + 2_000 + 1);
  });

  test("never grants more than its store, a fifth of the turns and two a second", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(3_000), fc.nat(5), (turns, msBetween, wishes) => {
        const seconds = (turns * msBetween) / SECOND_MS;
        expect(sufferOutage(turns, msBetween, wishes)).toBeLessThanOrEqual(50 + turns / 5 + 2 * seconds + 1);
      }),
    );
  });

  test("takes nothing when it refuses, and fills up again with time", () => {
    let budget = openRetryBudget(NOW);
    for (let taken = 0; taken < 50; taken += 1) budget = withdrawRetry(budget, NOW).budget;
    const refused = withdrawRetry(budget, NOW);
    expect(refused.allowed).toBe(false);
    expect(refused.budget.tokens).toBe(budget.tokens);
    expect(withdrawRetry(budget, NOW + SECOND_MS).allowed).toBe(true);
    expect(depositTurn(budget, NOW + 3_600 * SECOND_MS).tokens).toBe(50);
  });

  test("gains nothing by a clock that goes back", () => {
    const budget = withdrawRetry(openRetryBudget(NOW), NOW).budget;
    const back = withdrawRetry(budget, NOW - 9 * SECOND_MS).budget;
    expect(back).toEqual({ tokens: 48, atMs: NOW });
  });
});
