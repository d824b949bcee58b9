import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NOTHING_TOLD, newsSince, readTold, type Told } from "../../../src/operations/pool-news.ts";
import { PROFILE_STATES, type ProfileView } from "../../../src/operations/profile-view.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const MINUTE_MS = 60_000;

type Seen = Pick<ProfileView, "name" | "account" | "selected" | "state" | "cooldown">;

function aView(change: Partial<Seen> = {}): ProfileView {
  const seen: Seen = { name: "work", account: "a", selected: true, state: "ready", cooldown: null, ...change };
  // The rules read nothing else.
  return seen as ProfileView;
}

function pausedFor(minutes: number, change: Partial<Seen> = {}): ProfileView {
  const until = new Date(NOW_MS + minutes * MINUTE_MS).toISOString();
  return aView({ state: "cooling", cooldown: { until, reason: "quota" }, ...change });
}

const NEEDS = aView({ state: "needs-sign-in" });
const DRAINED: Told = { ...NOTHING_TOLD, drained: ["a"], empty: true };
const OTHER = aView({ name: "home", account: "b" });

describe("what is news", () => {
  const rows: Readonly<Record<string, { told?: Told; views: ProfileView[]; news: string[] }>> = {
    "nothing, while all is well": { views: [aView()], news: [] },
    "nothing, for a pool that was never filled": { views: [], news: [] },
    "an account that is used up": { views: [pausedFor(60), OTHER], news: ["drained work"] },
    "nothing, for a pause of minutes": { views: [pausedFor(4), OTHER], news: [] },
    "nothing, for what was told": { told: DRAINED, views: [pausedFor(60)], news: [] },
    "nothing, when the end of what was told is near": { told: DRAINED, views: [pausedFor(1)], news: [] },
    "its return, and the pool's": { told: DRAINED, views: [aView()], news: ["back work", "pool-serves"] },
    "one account, for two profiles of it": {
      views: [pausedFor(60), pausedFor(60, { name: "twin" }), OTHER],
      news: ["drained work"],
    },
    "a sign-in": { views: [NEEDS, OTHER], news: ["sign-in-needed work"] },
    "a sign-in that was mended": {
      told: { ...NOTHING_TOLD, sign_in: ["work"] },
      views: [aView(), OTHER],
      news: ["signed-in work"],
    },
    "no return of an account that now needs a sign-in": {
      told: { ...NOTHING_TOLD, drained: ["a"] },
      views: [NEEDS, OTHER],
      news: ["sign-in-needed work"],
    },
    "the last one to go, with the pool": {
      told: { ...NOTHING_TOLD, sign_in: ["work"] },
      views: [NEEDS, pausedFor(60, { name: "home", account: "b" })],
      news: ["drained home", "pool-empty"],
    },
    "nothing of profiles outside of the pool": { views: [OTHER, pausedFor(60, { selected: false })], news: [] },
  };
  for (const [name, { told = NOTHING_TOLD, views, news }] of Object.entries(rows)) {
    test(name, () => {
      const found = newsSince(told, views, NOW_MS).news;
      expect(found.map((entry) => ("profile" in entry ? `${entry.kind} ${entry.profile}` : entry.kind))).toEqual(news);
    });
  }

  test("is told once: what was told changes nothing again", () => {
    const states = fc.constantFrom(...PROFILE_STATES);
    const names = fc.constantFrom("work", "home", "spare");
    const view = fc.record({ name: names, account: fc.constantFrom("a", "b"), selected: fc.boolean(), state: states });
    const minutes = fc.integer({ min: 1, max: 300 });
    const views = fc.uniqueArray(view, { selector: (entry) => entry.name, maxLength: 3 });
    fc.assert(
      fc.property(views, minutes, (seen, pause) => {
        const all = seen.map((entry) => (entry.state === "cooling" ? pausedFor(pause, entry) : aView(entry)));
        const first = newsSince(NOTHING_TOLD, all, NOW_MS);
        const second = newsSince(first.told, all, NOW_MS);
        expect(second).toEqual({ news: [], told: first.told });
      }),
    );
  });
});

describe("what was told", () => {
  test("is read back, and nothing is known of what has another form", () => {
    expect(readTold(JSON.stringify(DRAINED))).toEqual(DRAINED);
    for (const text of ["", "{}", "null", '{"drained":1}']) expect(readTold(text)).toEqual(NOTHING_TOLD);
  });
});
