import { describe, expect, test } from "bun:test";
import {
  PROFILE_STATES,
  type ProfileFacts,
  type ProfileState,
  profileView,
} from "../../../src/operations/profile-view.ts";
import type { AccountState } from "../../../src/router/rules/account-state.ts";
import { aCooldown, aProfile, aWindow } from "../../support/records.ts";

const NOW_MS = 10_000;
const LATER_MS = 20_000;

function anAccount(change: Partial<AccountState> = {}): AccountState {
  return { windows: [], cooldowns: [], credits: null, tokensPerPercent: null, ...change };
}

function facts(change: Partial<ProfileFacts> = {}): ProfileFacts {
  const alone = { duplicateOf: null, otherSeats: [], isLocked: false };
  return { profile: aProfile(), ...alone, account: anAccount(), inFlight: 0, ...change };
}

const withRoom = (usedPercent: number) => anAccount({ windows: [aWindow({ usedPercent, resetsAtMs: LATER_MS })] });
const signedOut = (reason: string) => aProfile({ signIn: { state: "needed", reason, sinceMs: 1 } });
const cooling = aCooldown({ untilMs: LATER_MS, reason: "rate-limit" });

const table: readonly (readonly [given: string, facts: ProfileFacts, state: ProfileState])[] = [
  ["plenty of room", facts({ account: withRoom(20) }), "ready"],
  ["room and turns that run", facts({ account: withRoom(20), inFlight: 2 }), "busy"],
  ["room, and nobody knows what runs", facts({ account: withRoom(20), inFlight: null }), "ready"],
  ["a tenth left", facts({ account: withRoom(90) }), "low"],
  ["as much left as is reserved", facts({ profile: aProfile({ reservePercent: 40 }), account: withRoom(60) }), "low"],
  ["little left and turns that run", facts({ account: withRoom(95), inFlight: 1 }), "low"],
  ["nothing left until a known reset", facts({ account: withRoom(100) }), "cooling"],
  [
    "nothing left in the windows, but credits",
    facts({ account: { ...withRoom(100), credits: { available: true, unlimited: false, observedAtMs: 1 } } }),
    "low",
  ],
  [
    "a spent window whose reset has passed",
    facts({ account: anAccount({ windows: [aWindow({ usedPercent: 100 })] }) }),
    "ready",
  ],
  ["a cooldown", facts({ account: { ...withRoom(20), cooldowns: [cooling] } }), "cooling"],
  ["a cooldown that is over", facts({ account: { ...withRoom(20), cooldowns: [aCooldown()] } }), "ready"],
  [
    "a cooldown of one model only",
    facts({ account: { ...withRoom(20), cooldowns: [{ ...cooling, model: "gpt-5" }] } }),
    "ready",
  ],
  ["no window seen yet", facts(), "unknown"],
  [
    "windows of other limits only",
    facts({ account: anAccount({ windows: [aWindow({ limit: "spark" })] }) }),
    "unknown",
  ],
  ["no window, for it is an API key", facts({ profile: aProfile({ kind: "api-key" }) }), "ready"],
  [
    "a sign-in that ended, whatever else",
    facts({ profile: signedOut("sign-in-refused"), account: withRoom(20) }),
    "needs-sign-in",
  ],
  ["an account that upstream closed", facts({ profile: signedOut("account-deactivated") }), "disabled"],
  ["a workspace that upstream closed", facts({ profile: signedOut("workspace-deactivated") }), "disabled"],
];

describe("the state of a profile", () => {
  for (const [given, known, state] of table) {
    test(`with ${given} is ${state}`, () => {
      expect(profileView(known, NOW_MS).state).toBe(state);
    });
  }

  test("has a row for every state", () => {
    expect([...new Set(table.map(([, , state]) => state))].sort()).toEqual([...PROFILE_STATES].sort());
  });
});

describe("the view of a profile", () => {
  test("has every field under its public name (trap 27: the reason is never missing)", () => {
    const proxyUrl = "http://user:secret@proxy.example:8080";
    const owner = { name: "work", selected: true, reservePercent: 5, accountKey: "chatgpt-1" };
    const profile = aProfile({ ...owner, workspaceId: "0f3c1234-5678", proxyUrl });
    const account = anAccount({ windows: [aWindow({ resetsAtMs: LATER_MS })], cooldowns: [cooling] });
    const given = facts({ profile, duplicateOf: "home", otherSeats: ["team"], account, inFlight: 3 });
    expect(profileView(given, NOW_MS)).toEqual({
      name: "work",
      selected: true,
      kind: "chatgpt",
      ownership: "owned",
      link_path: null,
      email: "person@example.test",
      plan: "plus",
      account: "chatgpt-1",
      workspace: "0f3c1234",
      duplicate_of: "home",
      other_seats: ["team"],
      state: "cooling",
      state_reason: "rate-limit",
      headroom_percent: 75,
      windows: [{ limit: "codex", minutes: 300, used_percent: 25, resets_at: "1970-01-01T00:00:20.000Z" }],
      usage: { observed_at: "1970-01-01T00:00:01.000Z", fresh: true },
      cooldown: { until: "1970-01-01T00:00:20.000Z", reason: "rate-limit" },
      proxy: "http://***@proxy.example:8080",
      reserve_percent: 5,
      in_flight: 3,
    });
  });

  test("takes the smallest share that is left as the headroom", () => {
    const windows = [
      aWindow({ minutes: 10_080, usedPercent: 70, resetsAtMs: LATER_MS }),
      aWindow({ resetsAtMs: LATER_MS }),
    ];
    const view = profileView(facts({ account: anAccount({ windows }) }), NOW_MS);
    expect(view.headroom_percent).toBe(30);
    expect(view.windows.map((window) => window.minutes)).toEqual([300, 10_080]);
  });

  test("leaves an unknown headroom unknown (trap 8)", () => {
    expect(profileView(facts(), NOW_MS).headroom_percent).toBeNull();
  });

  test("names the latest of several account-wide cooldowns", () => {
    const cooldowns = [cooling, { ...cooling, untilMs: LATER_MS + 5_000, reason: "usage-limit" }];
    const view = profileView(facts({ account: anAccount({ cooldowns }) }), NOW_MS);
    expect(view.cooldown).toEqual({ until: "1970-01-01T00:00:25.000Z", reason: "usage-limit" });
  });

  test("counts a window as empty again when its reset has passed (trap 5)", () => {
    const account = anAccount({ windows: [aWindow({ usedPercent: 100, resetsAtMs: NOW_MS - 1 })] });
    const view = profileView(facts({ account }), NOW_MS);
    expect([view.headroom_percent, view.windows[0]?.used_percent, view.cooldown]).toEqual([100, 0, null]);
  });
});

test("percentages carry two digits at most, whatever arithmetic makes of them", () => {
  const account = anAccount({ windows: [aWindow({ usedPercent: 100 / 3, resetsAtMs: LATER_MS })] });
  const view = profileView(facts({ account }), NOW_MS);
  expect([view.headroom_percent, view.windows[0]?.used_percent]).toEqual([66.67, 33.33]);
});
