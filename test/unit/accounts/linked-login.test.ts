/** Sign-ins that another program owns: read, never refreshed. */
import { describe, expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linkAuthFile } from "../../../src/accounts/save-profile.ts";
import { createTokenSource } from "../../../src/accounts/tokens.ts";
import type { Leased, ProfileRecord } from "../../../src/ports.ts";
import type { SimChatgptAccount } from "../../../src/simulator/account.ts";
import {
  anAccountsWorld,
  aSignal,
  DAY_MS,
  halfChance,
  MINUTE_MS,
  OPENAI_ENDPOINTS,
} from "../../support/accounts-world.ts";
import { useTempHome } from "../../support/temp-home.ts";

async function aLink() {
  const world = anAccountsWorld();
  const { settings, upstream, clock, desk } = world;
  const tokens = createTokenSource({
    ...{ settings, upstream, clock, endpoints: OPENAI_ENDPOINTS, rng: halfChance, holder: "test/link" },
  });
  const anna = world.sim.addChatgptAccount({ name: "anna" });
  const path = join(useTempHome(), "auth.json");
  const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 });
  const signIn = (account: SimChatgptAccount): void => write(JSON.stringify(account.authJson()));
  signIn(anna);
  const { files: _files, ...onDisk } = desk;
  const result = await linkAuthFile(onDisk, { path, name: "linked" });
  if (result.kind === "refused") throw new Error(result.reason);
  const profile: ProfileRecord = result.profile;
  return {
    ...{ ...world, tokens, anna, path, write, signIn, profile },
    lease: (): Promise<Leased> => clock.runUntil(tokens.lease(profile.id, aSignal())),
    renew: (generation: number): Promise<Leased> => clock.runUntil(tokens.renew(profile.id, generation, aSignal())),
  };
}

describe("a linked sign-in", () => {
  test("is leased as the file has it, and its refresh token is never held (trap 24)", async () => {
    const { lease, settings, profile, sim } = await aLink();
    expect(await lease()).toMatchObject({ kind: "leased", identity: { generation: 1 } });
    expect(settings.credential(profile.id)?.credential).toMatchObject({ kind: "chatgpt", refreshToken: null });
    expect(profile).toMatchObject({ ownership: "linked", selected: false });
    expect(sim.callsTo("refresh")).toHaveLength(0);
  });

  test("follows the file however it is written: replaced, or rewritten in place", async () => {
    const { lease, signIn, anna, path, write } = await aLink();
    await lease();
    signIn(anna);
    expect(await lease()).toMatchObject({ kind: "leased", identity: { generation: 2 } });
    writeFileSync(`${path}.new`, JSON.stringify(anna.authJson()));
    renameSync(`${path}.new`, path);
    expect(await lease()).toMatchObject({ kind: "leased", identity: { generation: 3 } });
    write("");
    expect(await lease()).toMatchObject({ kind: "leased", identity: { generation: 3 } });
    write('{"tokens":{"acc');
    expect(await lease()).toMatchObject({ kind: "leased", identity: { generation: 3 } });
    signIn(anna);
    expect(await lease()).toMatchObject({ kind: "leased", identity: { generation: 4 } });
  });

  test("that has expired waits for its owner, without a single token call (trap 24)", async () => {
    const { lease, renew, signIn, anna, clock, sim, settings, tokens, profile } = await aLink();
    await clock.advance(11 * DAY_MS);
    expect(await lease()).toEqual({ kind: "unavailable", reason: "link-expired" });
    expect(await renew(1)).toEqual({ kind: "unavailable", reason: "link-refused" });
    expect(await tokens.refresh(profile.id, true)).toMatchObject({ kind: "unavailable" });
    expect(settings.profiles()[0]?.signIn).toEqual({ state: "ok" });
    signIn(anna);
    expect((await lease()).kind).toBe("leased");
    expect(sim.callsTo("refresh")).toHaveLength(0);
  });

  test("that upstream refused is left alone until the file changes, or for a while", async () => {
    const { lease, renew, signIn, anna, clock } = await aLink();
    expect(await renew(1)).toEqual({ kind: "unavailable", reason: "link-refused" });
    expect((await lease()).kind).toBe("unavailable");
    await clock.advance(6 * MINUTE_MS);
    expect((await lease()).kind).toBe("leased");
    await renew(1);
    signIn(anna);
    expect((await lease()).kind).toBe("leased");
  });

  test("a refusal that the file has already answered is no refusal", async () => {
    const { lease, renew, signIn, anna } = await aLink();
    await lease();
    signIn(anna);
    expect(await renew(1)).toMatchObject({ kind: "leased", identity: { generation: 2 } });
  });

  test("that is condemned waits for the file, and nothing of it is stored", async () => {
    const { lease, tokens, profile, signIn, anna, clock, settings } = await aLink();
    tokens.condemn(profile.id, "sign-in-refused");
    await clock.advance(DAY_MS);
    expect(await lease()).toEqual({ kind: "unavailable", reason: "link-refused" });
    expect(settings.profiles()[0]?.signIn).toEqual({ state: "ok" });
    signIn(anna);
    expect((await lease()).kind).toBe("leased");
  });

  test("of another account all at once is not used under the old name", async () => {
    const { lease, signIn, sim, anna } = await aLink();
    signIn(sim.addChatgptAccount({ name: "ben" }));
    expect(await lease()).toEqual({ kind: "unavailable", reason: "link-other-account" });
    signIn(anna);
    expect((await lease()).kind).toBe("leased");
    expect(sim.violations).toEqual([]);
  });

  const GONE: readonly [string, (link: Awaited<ReturnType<typeof aLink>>) => void][] = [
    ["removed", ({ path }) => rmSync(path)],
    ["signed out", ({ write }) => write('{"OPENAI_API_KEY":null,"tokens":null}')],
  ];
  for (const [what, act] of GONE) {
    test(`whose file was ${what} is unavailable until it is back`, async () => {
      const link = await aLink();
      act(link);
      expect(await link.lease()).toEqual({ kind: "unavailable", reason: "link-missing" });
      link.signIn(link.anna);
      expect((await link.lease()).kind).toBe("leased");
    });
  }

  test("whose file became nonsense serves with what was read before, as long as that lives", async () => {
    const { lease, write, clock } = await aLink();
    await lease();
    write("not JSON");
    expect((await lease()).kind).toBe("leased");
    await clock.advance(11 * DAY_MS);
    expect(await lease()).toEqual({ kind: "unavailable", reason: "link-unreadable" });
  });
});
