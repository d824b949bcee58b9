import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { TurnStates } from "../../../src/router/turn-states.ts";

function noteMany(states: TurnStates, from: number, count: number): void {
  for (let at = from; at < from + count; at += 1) states.note(`state-${at}`, `profile-${at}`);
}

describe("TurnStates", () => {
  test("knows who issued a state, the latest where there were two, and nobody for one that was never seen", () => {
    const states = new TurnStates();
    states.note("a", "first");
    states.note("a", "second");
    expect(["a", "b"].map((hash) => states.issuerOf(hash))).toEqual(["second", null]);
  });

  test("knows the newest half of what it may hold, and has let go of what is older than all of it", () => {
    const states = new TurnStates();
    const half = LIMITS.liveSessionsMax / 2;
    noteMany(states, 0, 5 * half + 3);
    const newest = 5 * half + 2;
    expect(states.issuerOf(`state-${newest}`)).toBe(`profile-${newest}`);
    expect(states.issuerOf(`state-${newest - half}`)).toBe(`profile-${newest - half}`);
    expect(states.issuerOf(`state-${newest - 2 * half}`)).toBeNull();
  });

  test("knows the latest issuer of a state that was issued again much later", () => {
    const states = new TurnStates();
    states.note("a", "first");
    noteMany(states, 0, LIMITS.liveSessionsMax / 2);
    states.note("a", "second");
    expect(states.issuerOf("a")).toBe("second");
  });
});
