/** kill -9 at every step of adding, refreshing, rekeying and removing: what is left works, or says what it needs. */
import { expect, onTestFinished, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDesk } from "../../src/app.ts";
import { addProfile } from "../../src/operations/add-profile.ts";
import { importProfiles } from "../../src/operations/import-profiles.ts";
import { listProfiles } from "../../src/operations/list-profiles.ts";
import type { Desk } from "../../src/operations/operation.ts";
import { rekeyStore } from "../../src/operations/rekey-store.ts";
import type { SimChatgptAccount } from "../../src/simulator/account.ts";
import { serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import type { ChildAction } from "../support/profile-child.ts";
import { bareEnvironment, describeRun, runProcess } from "../support/run-process.ts";
import { useTempHome } from "../support/temp-home.ts";

const CHILD = join(import.meta.dir, "..", "support", "profile-child.ts");
const STEPS_MAX = 60;
const BOUND_MS = 240_000;
const PROXY = "http://user:password@127.0.0.1:9";

interface World {
  readonly sim: Simulator;
  readonly anna: SimChatgptAccount;
  readonly home: string;
  readonly env: Record<string, string>;
  /** As the next process opens it. */
  open(): Promise<Desk>;
}

async function aWorld(served: { sim: Simulator; env: Record<string, string> }, prepared: boolean): Promise<World> {
  const place = useTempHome();
  const home = join(place, "home");
  const env = { ...served.env, CODEXUSE_HOME: home };
  const anna = served.sim.addChatgptAccount({ name: home });
  served.sim.settings.signInAs = home;
  const open = () => openDesk(env);
  if (prepared) {
    const desk = await open();
    const path = join(place, "auth.json");
    writeFileSync(path, JSON.stringify(anna.authJson()), { mode: 0o600 });
    await importProfiles.run(desk, { path, name: "work" });
    await addProfile.run(desk, { name: "key", method: "api-key", secret: "sk-1", proxy: PROXY, timeout_s: null });
    desk.settings().close();
  }
  return { sim: served.sim, anna, home, env, open };
}

async function serve() {
  const sim = createSimulator({ device: { pendingPolls: 0 } });
  const served = await serveSimulator(sim);
  onTestFinished(served.stop);
  const { chatgptUrl, authUrl, openaiUrl } = served;
  const env = { CODEXUSE_CHATGPT_URL: chatgptUrl, CODEXUSE_AUTH_URL: authUrl, CODEXUSE_OPENAI_URL: openaiUrl };
  return { sim, env };
}

/** Does the action again and again, killed one step later each time, until it is through. Answers how often it was killed. */
async function killEverywhere(
  action: ChildAction,
  prepared: boolean,
  check: (world: World, killedAt: number) => Promise<void>,
): Promise<number> {
  const served = await serve();
  for (let killAt = 1; killAt <= STEPS_MAX; killAt += 1) {
    const world = await aWorld(served, prepared);
    const env = bareEnvironment(world.home, world.env);
    const options = JSON.stringify({ env, home: world.home, action, killAt });
    const run = await runProcess([process.execPath, CHILD, options], { cwd: "/", env });
    if (run.exitCode === 0) return killAt - 1;
    expect([run.exitCode, describeRun(run)]).toEqual([137, expect.any(String)]);
    await check(world, killAt);
  }
  throw new Error(`${action} has more than ${STEPS_MAX} steps`);
}

async function use<Answer>(world: World, work: (desk: Desk) => Answer | Promise<Answer>): Promise<Answer> {
  const desk = await world.open();
  try {
    return await work(desk);
  } finally {
    desk.settings().close();
  }
}

/** What leasing the profile comes to. */
async function leaseOf(desk: Desk, name: string): Promise<string> {
  const profile = desk.settings().profileNamed(name);
  if (profile === null) return "no such profile";
  const leased = await desk.tokens().lease(profile.id, new AbortController().signal);
  return leased.kind === "leased" ? "leased" : leased.reason;
}

async function namesIn(desk: Desk): Promise<string[]> {
  const { profiles } = await listProfiles.run(desk, {});
  return profiles.map((profile) => profile.name);
}

test(
  "killed while it adds: there is a whole profile or none, and adding again works",
  async () => {
    const outcomes = new Set<string>();
    const kills = await killEverywhere("add", false, async (world) => {
      const state = await use(world, (desk) => leaseOf(desk, "work"));
      outcomes.add(state);
      if (state === "leased") return;
      expect(state).toBe("no such profile");
      const token = String(world.anna.personalAuthJson()["personal_access_token"]);
      const input = { name: "work", method: "access-token", secret: token, proxy: null, timeout_s: null } as const;
      await use(world, (desk) => addProfile.run(desk, input));
      expect(await use(world, (desk) => leaseOf(desk, "work"))).toBe("leased");
    });
    expect(kills).toBeGreaterThanOrEqual(8);
    expect(outcomes).toEqual(new Set(["no such profile", "leased"]));
  },
  BOUND_MS,
);

test(
  "killed while it signs in again: the profile has the old sign-in or the new one, and either works",
  async () => {
    const generations = new Set<number | null>();
    const kills = await killEverywhere("refresh", true, async (world) => {
      await use(world, async (desk) => {
        expect(await leaseOf(desk, "work")).toBe("leased");
        expect(await namesIn(desk)).toEqual(["key", "work"]);
        const profile = desk.settings().profileNamed("work");
        generations.add(desk.settings().generation(profile?.id ?? ""));
        const credential = desk.settings().credential(profile?.id ?? "")?.credential;
        const refreshToken = credential?.kind === "chatgpt" ? credential.refreshToken : null;
        expect(world.anna.currentRefreshTokens()).toContain(refreshToken ?? "none");
      });
    });
    expect(kills).toBeGreaterThanOrEqual(10);
    expect(generations).toEqual(new Set([1, 2]));
  },
  BOUND_MS,
);

test(
  "killed while it changes the master key: everything opens, and the next change goes through",
  async () => {
    const left = new Set<boolean>();
    const kills = await killEverywhere("rekey", true, async (world) => {
      left.add(existsSync(join(world.home, "master.key.next")));
      for (const again of [false, true]) {
        await use(world, async (desk) => {
          expect(await leaseOf(desk, "work")).toBe("leased");
          expect(await leaseOf(desk, "key")).toBe("leased");
          expect(desk.settings().profileNamed("key")?.proxyUrl).toBe(PROXY);
          if (!again) expect(await rekeyStore.run(desk, { key_in: null })).toMatchObject({ sign_ins: 2 });
        });
      }
      expect(existsSync(join(world.home, "master.key.next"))).toBe(false);
    });
    expect(kills).toBeGreaterThanOrEqual(8);
    expect(left).toEqual(new Set([true, false]));
  },
  BOUND_MS,
);

test(
  "killed while it removes and revokes: the profile is gone, or there and honest about its sign-in",
  async () => {
    const outcomes = new Set<string>();
    const kills = await killEverywhere("remove", true, async (world) => {
      await use(world, async (desk) => {
        const profile = desk.settings().profileNamed("work");
        expect(await namesIn(desk)).toEqual(profile === null ? ["key"] : ["key", "work"]);
        expect(await leaseOf(desk, "key")).toBe("leased");
        const isRevoked = world.anna.currentRefreshTokens().length === 0;
        outcomes.add(`${profile === null ? "gone" : "there"}, ${isRevoked ? "revoked" : "alive"}`);
        if (profile === null) return;
        const generation = desk.settings().generation(profile.id) ?? 0;
        const renewed = await desk.tokens().renew(profile.id, generation, new AbortController().signal);
        const reason = renewed.kind === "leased" ? "leased" : renewed.reason;
        // A token of this very minute is not spent for another; upstream's refusal is told when it comes.
        expect(["leased", "refused-after-refresh", "refresh-token-invalidated"]).toContain(reason);
      });
    });
    expect(kills).toBeGreaterThanOrEqual(4);
    expect(outcomes).toEqual(new Set(["there, alive", "there, revoked", "gone, revoked"]));
  },
  BOUND_MS,
);
