/** Leases, renewals and what each answer of the token endpoint leads to. */
import { describe, expect, test } from "bun:test";
import type { AccountTokens } from "../../../src/accounts/tokens.ts";
import type { Leased, ProfileRecord, SettingsStore } from "../../../src/ports.ts";
import type { SimChatgptAccount } from "../../../src/simulator/account.ts";
import { REFRESH_FAILURE_NAMES as NAMES, type REFRESH_FAILURE_NAMES } from "../../../src/simulator/failures.ts";
import { connectionFault, httpAnswer } from "../../../src/simulator/fault.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { type AccountsWorld, anAccountsWorld, aSignal, DAY_MS, MINUTE_MS } from "../../support/accounts-world.ts";

const TOKEN_TTL_MS = 10 * DAY_MS;

interface World extends AccountsWorld {
  readonly anna: SimChatgptAccount;
  readonly profile: ProfileRecord;
  lease(source?: AccountTokens): Promise<Leased>;
  renew(generation: number): Promise<Leased>;
  refreshes(): number;
}

async function aWorld(...options: Parameters<typeof anAccountsWorld>): Promise<World> {
  const world = anAccountsWorld(...options);
  const anna = world.sim.addChatgptAccount({ name: "anna" });
  const profile = await world.save(anna);
  return {
    ...world,
    anna,
    profile,
    lease: (source = world.tokens) => world.clock.runUntil(source.lease(profile.id, aSignal())),
    renew: (generation) => world.clock.runUntil(world.tokens.renew(profile.id, generation, aSignal())),
    refreshes: () => world.sim.callsTo("refresh").length,
  };
}

function generationOf(leased: Leased): number {
  if (leased.kind !== "leased") throw new Error(`not leased: ${leased.kind} ${leased.reason}`);
  return leased.identity.generation;
}

function accessOf(leased: Leased): string {
  if (leased.kind !== "leased" || leased.identity.kind !== "chatgpt") throw new Error("no ChatGPT identity");
  return leased.identity.accessToken;
}

describe("lease()", () => {
  test("gives a fresh credential as it is, with everything an attempt travels as", async () => {
    const { anna, lease, refreshes, sim } = await aWorld();
    anna.routing.accountRoutingOverride = "us";
    const leased = await lease();
    expect(leased).toMatchObject({
      kind: "leased",
      identity: {
        kind: "chatgpt",
        accountId: anna.accountId,
        fedramp: false,
        baseUrl: "https://chatgpt.com/backend-api/codex",
        routingOverride: "us",
        proxyUrl: null,
        generation: 1,
      },
    });
    expect(refreshes()).toBe(0);
    expect(sim.violations).toEqual([]);
  });

  test("within the lead time a turn gets the old token at once, and the refresh runs beside it", async () => {
    const { clock, lease, refreshes, anna } = await aWorld();
    const old = accessOf(await lease());
    await clock.advance(TOKEN_TTL_MS - 4 * MINUTE_MS);
    anna.script.fail("hang-before-headers", { endpoint: "refresh" });
    expect(accessOf(await lease())).toBe(old);
    await clock.advance(MINUTE_MS);
    expect(accessOf(await lease())).not.toBe(old);
    expect(refreshes()).toBe(2);
  });

  test("an expired token is waited for, once for all who wait", async () => {
    const { clock, tokens, profile, refreshes, settings } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    const all = await clock.runUntil(
      Promise.all(Array.from({ length: 20 }, () => tokens.lease(profile.id, aSignal()))),
    );
    expect(new Set(all.map(accessOf)).size).toBe(1);
    expect(refreshes()).toBe(1);
    expect(settings.credential(profile.id)).toMatchObject({ generation: 2, refreshStartedAtMs: null });
  });

  test("two sources over one store spend one refresh token once, and the loser adopts the pair (trap 21)", async () => {
    const { clock, open, tokens, profile, refreshes, sim } = await aWorld();
    const other = open();
    await clock.advance(TOKEN_TTL_MS);
    const both = [tokens, other].map((source) => source.lease(profile.id, aSignal()));
    const [one, two] = await clock.runUntil(Promise.all(both));
    expect(one && two && accessOf(one) === accessOf(two)).toBe(true);
    expect(refreshes()).toBe(1);
    expect(sim.violations).toEqual([]);
  });

  test("a caller that leaves does not take the refresh with it", async () => {
    const { clock, tokens, profile, lease, refreshes } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    const leaver = new AbortController();
    const left = tokens.lease(profile.id, leaver.signal);
    leaver.abort(new Error("client left"));
    await expect(left).rejects.toThrow("client left");
    await clock.settle();
    expect(generationOf(await lease())).toBe(2);
    expect(refreshes()).toBe(1);
  });

  test("an opaque token is refreshed by its age", async () => {
    const world = anAccountsWorld();
    const anna = world.sim.addChatgptAccount({ name: "anna", opaqueTokens: true });
    const profile = await world.save(anna);
    await world.clock.advance(8 * DAY_MS);
    await world.tokens.lease(profile.id, aSignal());
    await world.clock.settle();
    expect(world.sim.callsTo("refresh")).toHaveLength(0);
    await world.clock.advance(1);
    await world.tokens.lease(profile.id, aSignal());
    await world.clock.settle();
    expect(world.sim.callsTo("refresh")).toHaveLength(1);
  });

  test("an API key is given as it is, with nothing of ChatGPT's", async () => {
    const world = anAccountsWorld();
    const key = world.sim.addApiKeyAccount({ name: "platform" });
    const profile = await world.save(key);
    const leased = await world.tokens.lease(profile.id, aSignal());
    expect(leased).toEqual({
      kind: "leased",
      identity: {
        kind: "api-key",
        apiKey: key.apiKey,
        baseUrl: "https://api.openai.com/v1",
        proxyUrl: null,
        generation: 1,
      },
    });
    expect(world.sim.requests).toHaveLength(0);
  });

  test("a removed profile is unavailable", async () => {
    const { settings, profile, lease } = await aWorld();
    settings.removeProfile(profile.id);
    expect(await lease()).toEqual({ kind: "unavailable", reason: "profile-missing" });
  });
});

type RefreshFailure = (typeof REFRESH_FAILURE_NAMES)[number];

/** What an expired sign-in comes to when the endpoint answers so every time, and how many exchanges that costs. */
const ANSWERS: Readonly<Record<RefreshFailure, readonly [Exclude<Leased["kind"], "leased">, string, number]>> = {
  "refresh-token-expired": ["sign-in-needed", "refresh-token-expired", 1],
  "refresh-token-reused": ["sign-in-needed", "refresh-token-reused", 1],
  "refresh-token-invalidated": ["sign-in-needed", "refresh-token-invalidated", 1],
  "refresh-app-session-terminated": ["sign-in-needed", "session-ended", 1],
  "refresh-account-session-expired": ["sign-in-needed", "session-ended", 1],
  "refresh-account-deactivated": ["sign-in-needed", "account-deactivated", 1],
  "refresh-token-expired-login": ["sign-in-needed", "refresh-token-expired", 1],
  "refresh-unauthorized": ["sign-in-needed", "refresh-refused", 1],
  "refresh-invalid-grant": ["sign-in-needed", "refresh-refused", 1],
  "refresh-invalid-client": ["unavailable", "refresh-failing", 1],
  "refresh-invalid-request": ["unavailable", "refresh-failing", 1],
  "refresh-forbidden": ["unavailable", "refresh-failing", 1],
  "refresh-too-many-requests": ["unavailable", "refresh-failing", 1],
  "refresh-server-error": ["unavailable", "refresh-failing", 1],
  "refresh-bad-json": ["unavailable", "refresh-silent", 2],
};

describe("refusals of the token endpoint", () => {
  for (const name of NAMES) {
    const [kind, reason, calls] = ANSWERS[name];
    test(`${name}: ${kind}, ${reason} (trap 26)`, async () => {
      const { clock, anna, lease, refreshes, settings, profile } = await aWorld();
      await clock.advance(TOKEN_TTL_MS);
      anna.script.fail(name, { endpoint: "refresh", times: "always" });
      const before = settings.credential(profile.id)?.credential;
      expect(await lease()).toEqual({ kind, reason } as Leased);
      expect(refreshes()).toBe(calls);
      for (let again = 0; again < 50; again += 1) expect(await lease()).toEqual({ kind, reason } as Leased);
      expect(refreshes()).toBe(calls);
      expect(settings.credential(profile.id)?.credential).toEqual(before as NonNullable<typeof before>);
      expect(settings.profiles()[0]?.signIn.state).toBe(kind === "sign-in-needed" ? "needed" : "ok");
    });

    if (kind === "unavailable") {
      test(`${name} leaves a token that still lives in use, and refreshes once it is over`, async () => {
        const { clock, anna, lease, refreshes } = await aWorld();
        const old = accessOf(await lease());
        await clock.advance(TOKEN_TTL_MS - 4 * MINUTE_MS);
        anna.script.fail(name, { endpoint: "refresh", times: calls });
        for (let turn = 0; turn < 10; turn += 1) expect(accessOf(await lease())).toBe(old);
        await clock.advance(2 * MINUTE_MS);
        expect(accessOf(await lease())).toBe(old);
        await clock.settle();
        expect(accessOf(await lease())).not.toBe(old);
        expect(refreshes()).toBe(calls + 1);
      });
    }
  }

  test("back-off grows: an endpoint that is down is asked ever more rarely (trap 26)", async () => {
    const { clock, anna, lease, refreshes } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail("refresh-server-error", { endpoint: "refresh", times: "always" });
    for (let second = 0; second < 3_600; second += 5) {
      await lease();
      await clock.advance(5_000);
    }
    expect(refreshes()).toBeLessThan(20);
  });

  test("a new sign-in is used at once, whatever the old one had to wait for", async () => {
    const { clock, anna, lease, save } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail("refresh-invalid-grant", { endpoint: "refresh" });
    expect((await lease()).kind).toBe("sign-in-needed");
    await save(anna);
    expect(generationOf(await lease())).toBe(2);
  });
});

describe("answers that got lost", () => {
  test("a timeout is tried once more with the same token, after the pause", async () => {
    const { clock, anna, lease, sim } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail("hang-before-headers", { endpoint: "refresh" });
    expect(generationOf(await lease())).toBe(2);
    const [first, second] = sim.callsTo("refresh");
    expect(second?.body).toEqual(first?.body as NonNullable<unknown>);
    expect((second?.at ?? 0) - (first?.endedAt ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  test("an answer lost after upstream has rotated: the owner is told what happened (trap 23)", async () => {
    const { clock, anna, lease, profile, settings } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail(connectionFault("drop-after-commit"), { endpoint: "refresh" });
    expect(await lease()).toEqual({ kind: "sign-in-needed", reason: "refresh-cut-off" });
    expect(settings.profiles()[0]?.signIn).toMatchObject({ state: "needed", reason: "refresh-cut-off" });
    expect(settings.credential(profile.id)?.generation).toBe(1);
  });

  test("a mark left by a crash explains a later refusal; one that was answered does not", async () => {
    const crashed = await aWorld();
    await crashed.clock.advance(TOKEN_TTL_MS);
    crashed.settings.markRefreshStarted(crashed.profile.id, 1, crashed.clock.now() - 1);
    crashed.anna.script.fail("refresh-token-reused", { endpoint: "refresh" });
    expect(await crashed.lease()).toEqual({ kind: "sign-in-needed", reason: "refresh-cut-off" });

    const answered = await aWorld();
    await answered.clock.advance(TOKEN_TTL_MS);
    answered.anna.script.fail("refresh-too-many-requests", { endpoint: "refresh" });
    expect((await answered.lease()).kind).toBe("unavailable");
    await answered.clock.advance(10 * MINUTE_MS);
    answered.anna.script.fail("refresh-token-reused", { endpoint: "refresh" });
    expect(await answered.lease()).toEqual({ kind: "sign-in-needed", reason: "refresh-token-reused" });
  });

  test("a refused connection has spent nothing: no second try, no trace", async () => {
    const { clock, anna, lease, refreshes } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail("refused", { endpoint: "refresh" });
    expect(await lease()).toEqual({ kind: "unavailable", reason: "refresh-silent" });
    expect(refreshes()).toBe(1);
    await clock.advance(10 * MINUTE_MS);
    anna.script.fail("refresh-token-reused", { endpoint: "refresh" });
    expect(await lease()).toEqual({ kind: "sign-in-needed", reason: "refresh-token-reused" });
  });

  test("a success without an access token never makes a loop", async () => {
    const { clock, anna, lease, refreshes } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail(httpAnswer(200, { token_type: "bearer" }), { endpoint: "refresh", times: "always" });
    for (let again = 0; again < 200; again += 1) {
      expect(await lease()).toEqual({ kind: "unavailable", reason: "refresh-empty" });
    }
    expect(refreshes()).toBe(1);
  });

  test("a success with a new refresh token alone keeps that token", async () => {
    const { clock, anna, lease, settings, profile } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail(httpAnswer(200, { refresh_token: "rt.next" }), { endpoint: "refresh" });
    expect(await lease()).toEqual({ kind: "unavailable", reason: "refresh-empty" });
    expect(settings.credential(profile.id)).toMatchObject({ generation: 2, credential: { refreshToken: "rt.next" } });
  });
});

describe("a store that fails", () => {
  test("a pair that cannot be written is kept, used by nobody, and written when the store is back (trap 23)", async () => {
    const world = await aWorld();
    const { clock, profile, open, settings, anna, refreshes } = world;
    const disk = { isFull: true };
    const full = open({
      settings: {
        ...settings,
        writeCredential: (...args) => {
          if (disk.isFull) throw new Error("disk full");
          return settings.writeCredential(...args);
        },
      },
    });
    await clock.advance(TOKEN_TTL_MS);
    expect(await world.lease(full)).toEqual({ kind: "unavailable", reason: "refresh-unsaved" });
    expect(settings.credential(profile.id)?.generation).toBe(1);
    disk.isFull = false;
    await clock.advance(10 * MINUTE_MS);
    expect(generationOf(await world.lease(full))).toBe(2);
    expect(refreshes()).toBe(1);
    const stored = settings.credential(profile.id)?.credential;
    expect(anna.currentRefreshTokens()).toEqual(
      stored?.kind === "chatgpt" && stored.refreshToken ? [stored.refreshToken] : [],
    );
  });

  test("a mark that cannot be written keeps the token unspent", async () => {
    const { open, settings, clock, lease, refreshes } = await aWorld();
    const broken = open({
      settings: {
        ...settings,
        markRefreshStarted: () => {
          throw new Error("disk full");
        },
      },
    });
    await clock.advance(TOKEN_TTL_MS);
    expect(await lease(broken)).toEqual({ kind: "unavailable", reason: "store-failing" });
    expect(refreshes()).toBe(0);
    expect(generationOf(await lease())).toBe(2);
  });

  describe("a file that another process holds", () => {
    /** Whoever writes without patience of its own would hold everybody up: that fails here. A new pair may: it comes first. */
    async function aHeldWorld() {
      const world = await aWorld();
      const file = { isHeld: false, isBrief: false, refusals: 0, onPairWritten: (): void => undefined };
      const refuse = () => {
        file.refusals += 1;
        throw new StoreError("locked", "held", "");
      };
      const write = <Call extends (...values: never[]) => unknown>(call: Call) =>
        ((...values: Parameters<Call>) => {
          expect(file.isBrief).toBe(true);
          return file.isHeld ? refuse() : call(...values);
        }) as Call;
      const { settings } = world;
      const { takeLease, releaseLease, setInstant, markRefreshStarted, writeCredential } = settings;
      const held: SettingsStore = {
        ...settings,
        briefly: (work) => {
          file.isBrief = true;
          try {
            return work();
          } finally {
            file.isBrief = false;
          }
        },
        takeLease: write(takeLease),
        releaseLease: write(releaseLease),
        setInstant: write(setInstant),
        markRefreshStarted: write(markRefreshStarted),
        writeCredential: (...values) => {
          if (file.isHeld) refuse();
          const isWritten = writeCredential(...values);
          file.onPairWritten();
          return isWritten;
        },
      };
      await world.clock.advance(TOKEN_TTL_MS);
      return { ...world, file, tokens: world.open({ settings: held }) };
    }

    test("is waited for by the turn that needs a new token, and by nobody else", async () => {
      const { clock, file, lease, tokens, refreshes } = await aHeldWorld();
      file.isHeld = true;
      clock.after(2_000, () => {
        file.isHeld = false;
      });
      expect(generationOf(await lease(tokens))).toBe(2);
      expect(refreshes()).toBe(1);
    });

    test("for good: the token stays unspent, and the turn goes on without it", async () => {
      const { clock, file, lease, tokens, refreshes } = await aHeldWorld();
      file.isHeld = true;
      expect(await lease(tokens)).toEqual({ kind: "unavailable", reason: "store-failing" });
      expect(refreshes()).toBe(0);
      file.isHeld = false;
      await clock.advance(10 * MINUTE_MS);
      expect(generationOf(await lease(tokens))).toBe(2);
    });

    for (const heldMs of [2_500, 7_000, 15_000]) {
      test(`for ${heldMs} ms while the new pair is on its way: nobody spends the old token again`, async () => {
        const { anna, clock, file, lease, tokens, refreshes, settings, profile, open } = await aHeldWorld();
        anna.script.pace({ headDelayMs: 1_000 }, { endpoint: "refresh" });
        clock.after(500, () => {
          file.isHeld = true;
        });
        clock.after(500 + heldMs, () => {
          file.isHeld = false;
        });
        expect(generationOf(await lease(tokens))).toBe(2);
        expect([refreshes(), settings.credential(profile.id)?.generation]).toEqual([1, 2]);
        expect(file.refusals).toBeGreaterThan(0);
        expect(generationOf(await lease(open({ holder: "another process" })))).toBe(2);
        expect(refreshes()).toBe(1);
      });
    }

    test("between a pair and the copy of the same sign-in: the copy gets it, too", async () => {
      const { clock, file, lease, profile, settings, sim, tokens } = await aHeldWorld();
      const stored = settings.credential(profile.id);
      if (stored === null) throw new Error("there is no sign-in");
      settings.addProfile({ ...profile, id: "copy", name: "copy" }, stored.credential);
      file.onPairWritten = () => {
        file.onPairWritten = () => undefined;
        file.isHeld = true;
        clock.after(300, () => {
          file.isHeld = false;
        });
      };
      expect(generationOf(await lease(tokens))).toBe(2);
      expect(settings.credential("copy")?.credential).toMatchObject({
        refreshToken: Reflect.get(settings.credential(profile.id)?.credential ?? {}, "refreshToken"),
      });
      expect(sim.violations).toEqual([]);
    });
  });

  test("a sign-in renewed by its owner during the exchange wins over the answer", async () => {
    const { clock, anna, lease, save, settings, profile, tokens } = await aWorld();
    await clock.advance(TOKEN_TTL_MS);
    anna.script.fail("hang-before-headers", { endpoint: "refresh" });
    const waiting = tokens.lease(profile.id, aSignal());
    await clock.advance(1_000);
    await save(anna);
    expect(generationOf(await clock.runUntil(waiting))).toBe(2);
    expect(generationOf(await lease())).toBe(2);
    expect(settings.credential(profile.id)?.refreshStartedAtMs).toBeNull();
  });
});

describe("renew()", () => {
  test("forces one refresh of a token that upstream refused, and hands out a newer one without another", async () => {
    const { anna, lease, renew, refreshes, sim, clock } = await aWorld();
    const refused = generationOf(await lease());
    anna.expireAccessTokens();
    await clock.advance(2 * MINUTE_MS);
    expect(generationOf(await renew(refused))).toBe(refused + 1);
    expect(generationOf(await renew(refused))).toBe(refused + 1);
    expect(refreshes()).toBe(1);
    expect(sim.callsTo("refresh")[0]?.body).toMatchObject({ refresh_reason: "unauthorized_recovery" });
  });

  test("a token refused a moment after it was made is not renewed again: no storm against a server that always says 401", async () => {
    const { lease, renew, refreshes, clock } = await aWorld();
    await clock.advance(2 * MINUTE_MS);
    for (let turn = 0; turn < 18; turn += 1) {
      const renewed = await renew(generationOf(await lease()));
      if (turn > 0) expect(renewed).toEqual({ kind: "unavailable", reason: "refused-after-refresh" });
    }
    expect(refreshes()).toBe(1);
  });

  test("many turns that were refused together cost one refresh", async () => {
    const { tokens, profile, clock, refreshes } = await aWorld();
    await clock.advance(2 * MINUTE_MS);
    const all = Array.from({ length: 10 }, () => tokens.renew(profile.id, 1, aSignal()));
    const renewed = await clock.runUntil(Promise.all(all));
    expect(new Set(renewed.map(generationOf))).toEqual(new Set([2]));
    expect(refreshes()).toBe(1);
  });

  for (const what of ["API key", "personal access token"] as const) {
    test(`a refused ${what} is out only at the second time (trap 26)`, async () => {
      const world = anAccountsWorld();
      const anna = world.sim.addChatgptAccount({ name: "anna" });
      const account =
        what === "API key"
          ? world.sim.addApiKeyAccount({ name: "key" })
          : { ...anna, authJson: () => anna.personalAuthJson() };
      const profile = await world.save(account);
      const renew = () => world.tokens.renew(profile.id, 1, aSignal());
      expect(await renew()).toEqual({ kind: "unavailable", reason: "refused-once" });
      expect((await world.tokens.lease(profile.id, aSignal())).kind).toBe("leased");
      // Another turn that ran beside the first.
      expect(await renew()).toEqual({ kind: "unavailable", reason: "refused-once" });
      await world.clock.advance(MINUTE_MS);
      expect(await renew()).toEqual({ kind: "sign-in-needed", reason: "credential-refused" });
      expect((await world.tokens.lease(profile.id, aSignal())).kind).toBe("sign-in-needed");
    });
  }
});

describe("refresh()", () => {
  test("does nothing when nothing is due, and anything when forced, back-off or not", async () => {
    const { tokens, profile, clock, anna, refreshes, settings } = await aWorld();
    expect((await tokens.refresh(profile.id, false)).kind).toBe("current");
    expect(refreshes()).toBe(0);
    await clock.runUntil(tokens.refresh(profile.id, true));
    expect(settings.credential(profile.id)?.generation).toBe(2);
    anna.script.fail("refresh-server-error", { endpoint: "refresh", times: 2 });
    for (let tries = 0; tries < 3; tries += 1) await clock.runUntil(tokens.refresh(profile.id, true));
    expect(settings.credential(profile.id)?.generation).toBe(3);
    expect(refreshes()).toBe(4);
  });
});

test("the owner may try a sign-in again that was given up; success makes it good", async () => {
  const { tokens, profile, clock, lease, settings, anna } = await aWorld();
  tokens.condemn(profile.id, "sign-in-refused");
  expect(await tokens.refresh(profile.id, false)).toEqual({ kind: "sign-in-needed", reason: "sign-in-refused" });
  expect((await clock.runUntil(tokens.refresh(profile.id, true))).kind).toBe("current");
  expect(settings.profiles()[0]?.signIn).toEqual({ state: "ok" });
  expect((await lease()).kind).toBe("leased");
  anna.endLogins();
  expect(await clock.runUntil(tokens.refresh(profile.id, true))).toEqual({
    kind: "sign-in-needed",
    reason: "refresh-token-invalidated",
  });
});

test("condemn() ends an owned sign-in until its owner signs in again", async () => {
  const { tokens, profile, lease, save, anna } = await aWorld();
  tokens.condemn(profile.id, "account-deactivated");
  expect(await lease()).toEqual({ kind: "sign-in-needed", reason: "account-deactivated" });
  tokens.condemn("nobody", "account-deactivated");
  await save(anna);
  expect((await lease()).kind).toBe("leased");
});

test("two copies of one login are renewed together, so that neither kills the other (traps 21, 24)", async () => {
  const world = await aWorld();
  const { clock, settings, profile, tokens, sim } = world;
  const stored = settings.credential(profile.id);
  if (stored === null) throw new Error("no credential");
  settings.addProfile({ ...profile, id: "copy", name: "copy" }, stored.credential);
  await clock.advance(TOKEN_TTL_MS);
  const both = [profile.id, "copy"].map((id) => tokens.lease(id, aSignal()));
  const [one, two] = await clock.runUntil(Promise.all(both));
  expect(one && two && accessOf(one) === accessOf(two)).toBe(true);
  expect(sim.callsTo("refresh")).toHaveLength(1);
  expect(sim.violations).toEqual([]);
});

test("a refresh travels through the account's own proxy (trap 25)", async () => {
  const world = await aWorld();
  const proxies: (string | null)[] = [];
  const source = world.open({
    upstream: {
      send(request, signal) {
        proxies.push(request.proxyUrl);
        return world.upstream.send({ ...request, proxyUrl: null }, signal);
      },
    },
  });
  world.settings.updateProfile(world.profile.id, { proxyUrl: "http://proxy.test:3128" });
  await world.clock.advance(TOKEN_TTL_MS);
  expect((await world.lease(source)).kind).toBe("leased");
  expect(new Set(proxies)).toEqual(new Set(["http://proxy.test:3128"]));
});

test("the token endpoint gets the official client's request and nothing else (trap 48)", async () => {
  const { clock, lease, sim } = await aWorld();
  await clock.advance(TOKEN_TTL_MS);
  await lease();
  const [call] = sim.callsTo("refresh");
  expect(Object.keys(call?.headers ?? {}).sort()).toEqual(["accept", "content-type", "originator", "user-agent"]);
  expect(call?.headers["user-agent"]).toMatch(/^codex_cli_rs\//);
  expect(Object.keys(call?.body as object).sort()).toEqual([
    "client_id",
    "grant_type",
    "refresh_reason",
    "refresh_token",
  ]);
  const [check] = sim.callsTo("accounts-check");
  expect(Object.keys(check?.headers ?? {}).sort()).toEqual([
    "accept",
    "authorization",
    "chatgpt-account-id",
    "originator",
    "user-agent",
  ]);
});

test("a plan that changed shows after the next refresh", async () => {
  const { clock, anna, lease, settings } = await aWorld();
  anna.plan = "free";
  await clock.advance(TOKEN_TTL_MS);
  await lease();
  expect(settings.profiles()[0]?.plan).toBe("free");
});
