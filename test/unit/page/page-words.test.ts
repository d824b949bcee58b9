/** What the page says, as far as it can be said without a browser. */
import { describe, expect, test } from "bun:test";
import type { PageProfile, PageSnapshot } from "../../../src/operations/page-wire.ts";
import { clientSnippets } from "../../../src/page/client-snippets.ts";
import { firstSteps, poolStanding, turnsOfDay } from "../../../src/page/pool-words.ts";
import {
  accountColours,
  countAccounts,
  countOf,
  isAble,
  roomTone,
  windowName,
} from "../../../src/page/profile-words.ts";

const NOW_MS = Date.parse("2026-03-04T12:00:00Z");

function aProfile(change: Partial<PageProfile> = {}): PageProfile {
  return {
    name: "work",
    selected: true,
    kind: "chatgpt",
    ownership: "owned",
    link_path: null,
    email: "a@example.com",
    plan: "plus",
    account: `account of ${change.name ?? "work"}`,
    workspace: null,
    duplicate_of: null,
    other_seats: [],
    state: "ready",
    state_reason: null,
    headroom_percent: 80,
    windows: [],
    usage: { observed_at: null, fresh: false },
    cooldown: null,
    proxy: null,
    reserve_percent: 0,
    in_flight: 0,
    ...change,
  };
}

function aSnapshot(profiles: readonly PageProfile[], enabled = true): PageSnapshot {
  return {
    at: new Date(NOW_MS).toISOString(),
    pool: {
      enabled,
      runtime: "desktop",
      running: true,
      pid: 1,
      port: 3774,
      base_url: "http://127.0.0.1:3774/v1",
      routing: "least-used",
      fast: false,
      keys: 0,
      sessions: 0,
      models: ["gpt-5.5"],
      profiles,
      hint: null,
    },
    daemon: {
      runtime: "daemon",
      running: false,
      pid: null,
      port: 3773,
      base_url: "http://127.0.0.1:3773/v1",
      version: null,
      uptime_s: null,
      keys: 0,
      sessions: 0,
    },
    sessions: [],
    turns: [],
    keys: [],
    models: [],
    history: { since: new Date(0).toISOString(), headroom: [], turns: [] },
    sign_in: null,
  };
}

describe("how the pool stands", () => {
  const cooling = aProfile({ name: "home", state: "cooling" });
  const twin = aProfile({ name: "twin", account: "account of work", duplicate_of: "work" });
  test.each([
    ["off", aSnapshot([aProfile()], false), "quiet", /^Off/],
    ["nobody chosen", aSnapshot([aProfile({ selected: false })]), "warn", /no profile is in the pool/],
    ["nobody able", aSnapshot([cooling]), "bad", /no profile of the pool can take a turn/],
    ["some able", aSnapshot([aProfile(), cooling]), "warn", /1 of 2 accounts/],
    ["one account twice", aSnapshot([aProfile(), twin]), "good", /Its one account/],
    ["only the second sign-in of an account", aSnapshot([aProfile({ selected: false }), twin]), "good", /Its one/],
    ["all able", aSnapshot([aProfile(), aProfile({ name: "home" })]), "good", /All 2 accounts/],
  ] as const)("%s", (_, snapshot, tone, words) => {
    expect(poolStanding(snapshot)).toMatchObject({ tone, text: expect.stringMatching(words) });
  });
});

describe("the first steps", () => {
  const key = { id: "k", name: "laptop", last4: "abcd", created_at: "", last_used_at: null };
  const doneOf = (snapshot: PageSnapshot) => firstSteps(snapshot).map((step) => step.isDone);

  test("are all open in an empty home", () => {
    expect(doneOf(aSnapshot([], false))).toEqual([false, false, false, false, false]);
  });

  test("need a key of the runtime whose address the page shows", () => {
    const snapshot = aSnapshot([aProfile()]);
    expect(doneOf({ ...snapshot, keys: [{ ...key, runtime: "daemon" }] })[3]).toBe(false);
    expect(doneOf({ ...snapshot, keys: [{ ...key, runtime: "desktop" }] })[3]).toBe(true);
  });
});

describe("small words", () => {
  test("windows go by their length, and by their limit where it is not the ordinary one", () => {
    const window = { used_percent: 0, resets_at: null };
    expect(windowName({ ...window, limit: "codex", minutes: 300 })).toBe("5 h");
    expect(windowName({ ...window, limit: "codex", minutes: 10_080 })).toBe("7 d");
    expect(windowName({ ...window, limit: "codex", minutes: 30 })).toBe("30 min");
    expect(windowName({ ...window, limit: "sora", minutes: 300 })).toBe("5 h · sora");
  });

  test("room is good, then worth a look, then nearly gone", () => {
    expect([100, 31, 30, 11, 10, 0].map(roomTone)).toEqual(["good", "good", "warn", "warn", "bad", "bad"]);
  });

  test("counts agree with their word", () => {
    expect([countOf(0, "key"), countOf(1, "key"), countOf(2, "turn runs", "turns run")]).toEqual([
      "0 keys",
      "1 key",
      "2 turns run",
    ]);
  });

  test("profiles of one account have one colour, and count as one", () => {
    const profiles = [aProfile(), aProfile({ name: "twin", account: "account of work", duplicate_of: "work" })];
    expect([...accountColours(profiles)]).toEqual([["account of work", 0]]);
    expect([countAccounts(profiles), ...profiles.map(isAble)]).toEqual([1, true, true]);
  });

  test("turns are counted over the last 24 h", () => {
    const bucket = (hoursAgo: number) => ({ at: new Date(NOW_MS - hoursAgo * 3_600_000).toISOString(), turns: 2 });
    const snapshot = aSnapshot([]);
    const history = { ...snapshot.history, turns: [{ profile: "work", buckets: [bucket(30), bucket(23), bucket(0)] }] };
    expect(turnsOfDay({ ...snapshot, history }, NOW_MS)).toBe(4);
  });
});

describe("lines to paste", () => {
  const snippets = clientSnippets("http://127.0.0.1:3774/v1", ["gpt-5.5", "deep"], "desktop");
  const textOf = (id: string) => snippets.find((snippet) => snippet.id === id)?.text ?? "";

  test("all name the address, and none holds a key", () => {
    for (const { text } of snippets) {
      expect(text).toContain("http://127.0.0.1:3774/v1");
      expect(text).toContain("CODEXUSE_API_KEY");
      expect(text).not.toContain("cux_pool_");
    }
  });

  test("are what Codex and opencode read", () => {
    expect(Bun.TOML.parse(textOf("codex"))).toMatchObject({
      model_provider: "codexuse",
      model_providers: { codexuse: { wire_api: "responses", env_key: "CODEXUSE_API_KEY" } },
    });
    expect(JSON.parse(textOf("opencode"))).toMatchObject({
      provider: { codexuse: { npm: "@ai-sdk/openai", models: { "gpt-5.5": {}, deep: {} } } },
    });
  });

  test("name a model where none is published yet", () => {
    const [curl] = clientSnippets("http://127.0.0.1:1/v1", [], "desktop");
    expect(curl?.text).toContain("gpt-5.5");
  });
});
