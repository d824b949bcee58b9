/** Accounts in turn. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseProfile } from "../../../../../src/router/rules/choose.ts";
import { pickRoundRobin } from "../../../../../src/router/rules/policy/round-robin.ts";
import { candidate, choiceInput, used } from "../../../../support/rules.ts";

const pool = ["c", "a", "b"].map((name) => candidate(name));

/** The names as they come, one after the other. */
function order(last: string | null): string {
  const names: string[] = [];
  let lastAccountKey = last;
  while (names.length < pool.length) {
    const next = pickRoundRobin(pool, lastAccountKey);
    if (next === null) break;
    names.push(next.name);
    lastAccountKey = next.accountKey;
  }
  return names.join("");
}

describe("pickRoundRobin()", () => {
  const ROWS: readonly (readonly [string, string | null, string])[] = [
    ["the first session", null, "abc"],
    ["after a", "account-a", "bca"],
    ["after the last one", "account-c", "abc"],
    ["after one that is gone", "account-b2", "cab"],
    ["after one that came behind all", "z", "abc"],
  ];
  test("picks nobody of none", () => expect(pickRoundRobin([], null)).toBeNull());

  for (const [what, last, names] of ROWS) test(`${what}: ${names}`, () => expect(order(last)).toBe(names));

  test("spreads new sessions evenly over any number of accounts, wherever it begins", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.string(),
        (names, start) => {
          const candidates = names.map((name) => candidate(name, { state: used(name.length % 90) }));
          const counts = new Map(names.map((name) => [name, 0]));
          let lastAccountKey: string | null = `account-${start}`;
          for (let session = 0; session < 4 * names.length; session += 1) {
            const choice = chooseProfile(choiceInput(candidates, { routing: "round-robin", lastAccountKey }));
            if (choice.kind === "nobody") throw new Error("nobody");
            lastAccountKey = choice.candidate.accountKey;
            counts.set(choice.candidate.name, (counts.get(choice.candidate.name) ?? 0) + 1);
          }
          expect([...new Set(counts.values())]).toEqual([4]);
        },
      ),
    );
  });

  test("gives two profiles of one account one turn between them", () => {
    const twins = [candidate("a"), candidate("a2", { accountKey: "account-a" }), candidate("b")];
    const served: string[] = [];
    let lastAccountKey: string | null = null;
    for (let session = 0; session < 6; session += 1) {
      const choice = chooseProfile(choiceInput(twins, { routing: "round-robin", lastAccountKey }));
      lastAccountKey = choice.kind === "chosen" ? choice.candidate.accountKey : null;
      served.push(lastAccountKey ?? "");
    }
    expect(served).toEqual([0, 1, 2].flatMap(() => ["account-a", "account-b"]));
  });
});
