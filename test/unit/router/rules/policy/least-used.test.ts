/** Most breathing room first: order, laws, and how chance and load share the work out. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Candidate } from "../../../../../src/router/rules/candidate.ts";
import { chooseProfile } from "../../../../../src/router/rules/choose.ts";
import { headroomFor } from "../../../../../src/router/rules/eligibility.ts";
import { capacityUnitsOf, pickLeastUsed, roomsOf } from "../../../../../src/router/rules/policy/least-used.ts";
import { createSeededRng } from "../../../../../src/simulator/rng.ts";
import { accountState, candidate, choiceInput, MODEL, NOW, quotaWindow, used } from "../../../../support/rules.ts";

const measure = (candidate: Candidate) => ({ candidate, headroom: headroomFor(candidate, MODEL, NOW) });

/** Names by room, the most first. */
function rank(candidates: readonly Candidate[]): string[] {
  const rooms = roomsOf(candidates.map(measure));
  const entries = candidates.map(({ name }, index) => ({ name, room: rooms[index] ?? Number.NaN }));
  return entries.toSorted((a, b) => b.room - a.room).map(({ name }) => name);
}

const measured = (usedPercent: number, tokensPerPercent: number) => ({
  state: { ...used(usedPercent), tokensPerPercent },
});

const ROWS: readonly (readonly [string, readonly Candidate[], string])[] = [
  ["more left comes first", [candidate("a", { state: used(60) }), candidate("b", { state: used(30) })], "ba"],
  [
    "a larger plan has more room in the same share",
    [candidate("a", { state: used(50) }), candidate("b", { state: used(50), plan: "pro" })],
    "ba",
  ],
  ["a smaller plan needs more left", [candidate("a", { plan: "free" }), candidate("b", { state: used(80) })], "ba"],
  [
    "an unknown plan counts as Plus",
    [candidate("a", { plan: "toString", state: used(49) }), candidate("b", { plan: null, state: used(50) })],
    "ab",
  ],
  [
    "what was measured outweighs the table",
    [candidate("a", { ...measured(50, 60_000), plan: "pro" }), candidate("b", measured(50, 120_000))],
    "ba",
  ],
  [
    "a reserve is no room",
    [candidate("a", { state: used(10), reservePercent: 60 }), candidate("b", { state: used(50) })],
    "ba",
  ],
  [
    "running turns weigh",
    [candidate("a", { inFlight: 3, state: used(50) }), candidate("b", { state: used(52) })],
    "ba",
  ],
  ["sessions that live there weigh a little", [candidate("a", { boundSessions: 1 }), candidate("b")], "ba"],
  [
    "nineteen quiet sessions weigh less than two turns",
    [candidate("a", { boundSessions: 19 }), candidate("b", { inFlight: 2 })],
    "ab",
  ],
  ["twenty-one weigh more", [candidate("a", { boundSessions: 21 }), candidate("b", { inFlight: 2 })], "ba"],
  // Trap 8: unknown is the middle of what is known, neither full nor empty.
  [
    "unknown comes between full and empty",
    [candidate("a", { state: used(99) }), candidate("b"), candidate("c", { state: used(1) })],
    "cba",
  ],
  [
    "unknown among spent ones is no invitation",
    [candidate("a", { state: used(98) }), candidate("b", { inFlight: 2 }), candidate("c", { state: used(96) })],
    "cab",
  ],
];

describe("roomsOf()", () => {
  for (const [what, candidates, order] of ROWS) {
    test(`${what}: ${order}`, () => expect(rank(candidates).join("")).toBe(order));
  }

  test("measures the model by the family that meters it (trap 6)", () => {
    const own = (usedPercent: number) =>
      accountState({
        windows: [quotaWindow({ limit: MODEL, usedPercent }), quotaWindow({ usedPercent: 100 - usedPercent })],
      });
    expect(rank([candidate("a", { state: own(90) }), candidate("b", { state: own(10) })])).toEqual(["b", "a"]);
  });

  const anyPool = fc.array(
    fc.record({
      usedPercent: fc.integer({ min: 1, max: 100 }),
      plan: fc.constantFrom(null, "free", "plus", "pro"),
      reservePercent: fc.constantFrom(0, 30),
      inFlight: fc.nat(5),
      boundSessions: fc.nat(20),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const build = ({ usedPercent, ...change }: { usedPercent: number } & Partial<Candidate>, index: number) =>
    candidate(`p${index}`, { ...change, state: used(usedPercent) });

  test("raising an account's headroom never lowers its rank", () => {
    fc.assert(
      fc.property(anyPool, fc.nat(5), fc.integer({ min: 0, max: 99 }), (pool, pick, less) => {
        const index = pick % pool.length;
        const before = rank(pool.map(build));
        const raised = pool.map((entry, at) => ({
          ...entry,
          usedPercent: at === index ? Math.min(less, entry.usedPercent) : entry.usedPercent,
        }));
        const place = (order: readonly string[]) => order.indexOf(`p${index}`);
        expect(place(rank(raised.map(build)))).toBeLessThanOrEqual(place(before));
      }),
    );
  });

  test("is a number for every candidate, whatever is known of it; one with the most is picked, and none is changed", () => {
    fc.assert(
      fc.property(anyPool, fc.nat(5), fc.integer(), (pool, unknown, seed) => {
        const candidates = pool.map((entry, at) => (at === unknown ? candidate(`p${at}`) : build(entry, at)));
        const copy = structuredClone(candidates);
        const measured = candidates.map(measure);
        const rooms = roomsOf(measured);
        expect(rooms.filter(Number.isFinite)).toHaveLength(candidates.length);
        const picked = pickLeastUsed(measured, createSeededRng(seed));
        const place = candidates.findIndex(({ name }) => name === picked?.name);
        expect(rooms[place]).toBe(Math.max(...rooms));
        expect(candidates).toEqual(copy);
      }),
    );
  });
});

describe("pickLeastUsed()", () => {
  test("picks nobody of none", () => expect(pickLeastUsed([], Math.random)).toBeNull());

  test("shares equal room out by chance: 3,000 ties of three within 5 % of a third each", () => {
    const rng = createSeededRng(7);
    const pool = ["a", "b", "c"].map((name) => candidate(name));
    const firsts = new Map<string, number>();
    for (let round = 0; round < 3_000; round += 1) {
      const first = pickLeastUsed(pool.map(measure), rng)?.name ?? "";
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    expect(firsts.size).toBe(3);
    for (const count of firsts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe("capacityUnitsOf()", () => {
  const ROWS = [
    [{ plan: "plus" }, 1],
    [{ plan: "pro" }, 10],
    [{ plan: "something new" }, 1],
    [{ plan: "constructor" }, 1],
    [{ plan: "pro", state: { ...used(1), tokensPerPercent: 30_000 } }, 0.5],
    [{ plan: "pro", state: { ...used(1), tokensPerPercent: 0 } }, 10],
  ] as const;
  for (const [change, units] of ROWS) {
    test(`${JSON.stringify(change)}: ${units}`, () => expect(capacityUnitsOf(candidate("a", change))).toBe(units));
  }
});

/**
 * Fifty sub-agents, each a session of its own, begin on two accounts of which this much is used; answers how many began
 * on each. What an account used is seen with its first answer.
 */
function startSubAgents(given: readonly Candidate[], usedPercent: number, isTogether: boolean, seed: number): number[] {
  const rng = createSeededRng(seed);
  const pool = [...given];
  const starts = pool.map(() => 0);
  for (let agent = 0; agent < 50; agent += 1) {
    const choice = chooseProfile(choiceInput(pool, { rng }));
    if (choice.kind === "nobody") throw new Error("nobody");
    const { candidate: chosen } = choice;
    const index = pool.indexOf(chosen);
    const count = (starts[index] ?? 0) + 1;
    starts[index] = count;
    // Together: none is over and none is bound yet. One after the other: each is over, and its session stays.
    pool[index] = isTogether
      ? { ...chosen, inFlight: count }
      : { ...chosen, boundSessions: count, state: used(usedPercent + count / 5) };
  }
  return starts;
}

describe("50 sub-agents on two accounts (trap 13)", () => {
  const POOLS: readonly (readonly [string, number, readonly Candidate[]])[] = [
    ["of which nothing is known", 0, [candidate("a"), candidate("b")]],
    ["of which one is known", 20, [candidate("a", { state: used(20) }), candidate("b")]],
    ["with the same room", 40, [candidate("a", { state: used(40) }), candidate("b", { state: used(40) })]],
    ["of the same large plan", 0, [candidate("a", { plan: "pro" }), candidate("b", { plan: "pro" })]],
  ];
  for (const [what, usedPercent, pool] of POOLS) {
    for (const isTogether of [false, true]) {
      test(`${what}, ${isTogether ? "all at once" : "one after the other"}: neither gets more than 60 %`, () => {
        for (const seed of [1, 2, 3]) {
          for (const count of startSubAgents(pool, usedPercent, isTogether, seed))
            expect(count).toBeLessThanOrEqual(30);
        }
      });
    }
  }
});
