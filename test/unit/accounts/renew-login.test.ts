/** A new sign-in in the place of an old one. */
import { describe, expect, test } from "bun:test";
import { type ParsedAuthJson, parseAuthJson, type SavedLogin } from "../../../src/accounts/auth-json.ts";
import { renewLogin } from "../../../src/accounts/renew-login.ts";
import { importAuthFile } from "../../../src/accounts/save-profile.ts";
import type { SaveResult } from "../../../src/accounts/save-result.ts";
import type { AuthJson } from "../../../src/simulator/account.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { anAccountsWorld, aSignal } from "../../support/accounts-world.ts";

function loginOf(file: AuthJson): SavedLogin {
  const parsed: ParsedAuthJson = parseAuthJson(JSON.stringify(file));
  if (parsed.kind === "refused") throw new Error(parsed.reason);
  return parsed.saved;
}

function codeOf(result: SaveResult): string {
  return result.kind === "refused" ? result.code : result.kind;
}

async function aSavedProfile() {
  const world = anAccountsWorld();
  const anna = world.sim.addChatgptAccount({ name: "anna" });
  const profile = await world.save(anna);
  const stored = () => world.settings.credential(profile.id);
  const now = () => world.settings.profileNamed("anna") ?? profile;
  return { ...world, anna, profile, stored, now };
}

describe("renewLogin()", () => {
  test("mends a sign-in that ended, and leaves everything else of the profile alone", async () => {
    const { desk, settings, tokens, anna, profile, now } = await aSavedProfile();
    const proxyUrl = "http://proxy.example:8080";
    const signIn = { state: "needed", reason: "refresh-token-reused", sinceMs: 1 } as const;
    settings.updateProfile(profile.id, { signIn, selected: true, reservePercent: 20, proxyUrl });
    const result = await renewLogin(desk, now(), loginOf(anna.authJson()));
    expect(codeOf(result)).toBe("updated");
    expect(now()).toEqual({ ...profile, selected: true, reservePercent: 20, proxyUrl });
    expect((await tokens.lease(profile.id, aSignal())).kind).toBe("leased");
  });

  test("refuses the sign-in of another account with a clear word, and of another seat of the workspace", async () => {
    const { desk, sim, anna, profile, stored, now } = await aSavedProfile();
    const before = stored();
    const others = [
      sim.addChatgptAccount({ name: "bert" }),
      sim.addChatgptAccount({ name: "seat", accountId: anna.accountId }),
    ];
    for (const other of others) {
      const result = await renewLogin(desk, profile, loginOf(other.authJson()));
      expect(codeOf(result)).toBe("other-account");
      expect(result).toMatchObject({ reason: expect.stringContaining("another account than that of profile anna") });
    }
    expect(stored()).toEqual(before);
    expect(now()).toEqual(profile);
  });

  test("takes the owner's word where a saved sign-in tells nothing of its account", async () => {
    const { desk, settings, anna, profile, now } = await aSavedProfile();
    settings.updateProfile(profile.id, { userId: null, email: null, accountKey: "chatgpt-unknown" });
    expect(codeOf(await renewLogin(desk, now(), loginOf(anna.authJson())))).toBe("updated");
    expect(now()).toMatchObject({ userId: anna.userId, accountKey: profile.accountKey });
  });

  test("takes a personal access token of the same account", async () => {
    const { desk, anna, profile, stored } = await aSavedProfile();
    expect(codeOf(await renewLogin(desk, profile, loginOf(anna.personalAuthJson())))).toBe("updated");
    expect(stored()?.credential).toMatchObject({ kind: "chatgpt", refreshToken: null });
  });

  test("replaces a key by a key, whose account nobody can tell, and no sign-in by a key", async () => {
    const { desk, sim, settings, profile, save } = await aSavedProfile();
    const first = await save(sim.addApiKeyAccount({ name: "platform" }));
    const second = sim.addApiKeyAccount({ name: "second" });
    expect(codeOf(await renewLogin(desk, first, loginOf(second.authJson())))).toBe("updated");
    expect(settings.credential(first.id)?.credential).toEqual({ kind: "api-key", apiKey: second.apiKey });
    expect(settings.profileNamed("platform")?.accountKey).not.toBe(first.accountKey);
    expect(codeOf(await renewLogin(desk, profile, loginOf(second.authJson())))).toBe("other-kind");
  });

  test("leaves another program's sign-in to that program (trap 24)", async () => {
    const { desk, settings, anna, profile } = await aSavedProfile();
    settings.updateProfile(profile.id, { ownership: "linked", linkPath: "/codex/auth.json" });
    const linked = settings.profileNamed("anna") ?? profile;
    expect(codeOf(await renewLogin(desk, linked, loginOf(anna.authJson())))).toBe("linked");
  });

  test("says so when the profile went away meanwhile", async () => {
    const { desk, settings, anna, profile } = await aSavedProfile();
    settings.removeProfile(profile.id);
    expect(codeOf(await renewLogin(desk, profile, loginOf(anna.authJson())))).toBe("unreadable");
  });

  test("asks whose a personal token is through the profile's own proxy (trap 25)", async () => {
    const { desk, settings, upstream, anna, profile, now } = await aSavedProfile();
    const proxyUrl = "http://proxy.example:8080";
    settings.updateProfile(profile.id, { proxyUrl });
    const proxies: (string | null)[] = [];
    const watched = {
      ...desk.wire,
      upstream: {
        send: (request: Parameters<typeof upstream.send>[0], signal: AbortSignal) => {
          proxies.push(request.proxyUrl);
          return upstream.send({ ...request, proxyUrl: null }, signal);
        },
      },
    };
    await renewLogin({ ...desk, wire: watched }, now(), loginOf(anna.personalAuthJson()));
    expect(proxies).toEqual([proxyUrl]);
  });
});

test("an import renews a profile whose saved sign-in cannot be decrypted any more", async () => {
  const { desk, settings, anna, profile } = await aSavedProfile();
  const locked = {
    ...settings,
    credential: () => {
      throw new StoreError("wrong-key", "locked", "unlock");
    },
  };
  const read = () => ({
    kind: "read" as const,
    bytes: new TextEncoder().encode(JSON.stringify(anna.authJson())),
    stamp: "1",
    isPrivate: true,
  });
  const stampOf = () => ({ kind: "stamp" as const, stamp: "1" });
  const result = await importAuthFile(
    { ...desk, settings: locked, files: { read, stampOf } },
    { path: "/a", name: "anna" },
  );
  expect(codeOf(result)).toBe("updated");
  expect(settings.generation(profile.id)).toBe(2);
});
