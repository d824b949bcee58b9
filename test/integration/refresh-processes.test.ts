/** Several processes, and killed ones, at one token endpoint over a socket: no refresh token is spent twice, none is lost. */
import { describe, expect, onTestFinished, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importAuthFile, linkAuthFile } from "../../src/accounts/save-profile.ts";
import type { SettingsStore } from "../../src/ports.ts";
import type { SimChatgptAccount } from "../../src/simulator/account.ts";
import { createRealClock } from "../../src/simulator/clock.ts";
import { serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { openNetwork } from "../../src/upstream/open-upstream.ts";
import {
  KILL_POINTS,
  type KillPoint,
  leaseOften,
  openHome,
  type RefreshChildOptions,
} from "../support/refresh-child.ts";
import { startRefreshChild } from "../support/start-refresh-child.ts";
import { useTempHome } from "../support/temp-home.ts";

interface World {
  readonly sim: Simulator;
  readonly anna: SimChatgptAccount;
  readonly settings: SettingsStore;
  readonly authPath: string;
  readonly child: RefreshChildOptions;
}

/** Tokens that expire as they are made: every lease is a refresh. */
async function aWorld(save: "import" | "link" = "import"): Promise<World> {
  const sim = createSimulator({ accessTokenTtlMs: 0 });
  const served = await serveSimulator(sim);
  onTestFinished(served.stop);
  const { chatgptUrl, authUrl, openaiUrl } = served;
  const endpoints = { chatgptUrl, authUrl, openaiUrl, telegramUrl: authUrl };
  const home = useTempHome();
  const settings = openHome(home);
  onTestFinished(() => settings.close());
  const anna = sim.addChatgptAccount({ name: "anna" });
  const authPath = join(useTempHome(), "auth.json");
  writeFileSync(authPath, JSON.stringify(anna.authJson()), { mode: 0o600 });
  const desk = { settings, wire: { upstream: openNetwork(), clock: createRealClock() }, endpoints, rng: Math.random };
  const saving = save === "link" ? linkAuthFile : importAuthFile;
  const saved = await saving(desk, { path: authPath, name: "anna" });
  if (saved.kind === "refused") throw new Error(saved.reason);
  return {
    sim,
    anna,
    settings,
    authPath,
    child: { home, endpoints, profileId: saved.profile.id, leases: 1, killAt: null },
  };
}

function spentTokens(sim: Simulator): string[] {
  return sim.callsTo("refresh").map((call) => String((call.body as { refresh_token?: unknown }).refresh_token));
}

function storedRefreshToken({ settings, child }: World): string | null {
  const credential = settings.credential(child.profileId)?.credential;
  return credential?.kind === "chatgpt" ? credential.refreshToken : null;
}

test("two processes race through 200 refreshes each of one account: every refresh token is spent exactly once (trap 21)", async () => {
  const world = await aWorld();
  const { sim, anna, settings, child } = world;
  const children = await Promise.all([0, 1].map(() => startRefreshChild({ ...child, leases: 200 })));
  for (const one of children) one.proceed();
  const results = await Promise.all(children.map((one) => one.result()));

  for (const reports of results) {
    expect(reports).toHaveLength(200);
    expect(reports?.filter((report) => report.kind !== "leased")).toEqual([]);
    const generations = reports?.map((report) => report.generation) ?? [];
    expect(generations).toEqual(generations.toSorted((one, other) => one - other));
  }
  const spent = spentTokens(sim);
  expect(spent.length).toBeGreaterThanOrEqual(200);
  expect(new Set(spent).size).toBe(spent.length);
  expect(sim.violations).toEqual([]);
  expect(sim.concurrencyAt("refresh").max).toBe(1);
  expect(settings.credential(child.profileId)?.generation).toBe(1 + spent.length);
  expect(anna.currentRefreshTokens()).toEqual([storedRefreshToken(world) ?? ""]);
}, 120_000);

/** What the next process finds: the sign-in goes on, or it says that a refresh was cut off. */
const AFTER_KILL: Readonly<Record<KillPoint | "after-send", "leased" | "refresh-cut-off">> = {
  "before-lease": "leased",
  "after-lease": "leased",
  "before-mark": "leased",
  "after-mark": "leased",
  "after-send": "leased",
  "after-answer": "refresh-cut-off",
  "before-write": "refresh-cut-off",
  "after-write": "leased",
};

describe("kill -9 during a refresh (trap 23)", () => {
  for (const point of KILL_POINTS) {
    test(`${point}: ${AFTER_KILL[point]}`, async () => {
      const world = await aWorld();
      const child = await startRefreshChild({ ...world.child, killAt: point });
      child.proceed();
      expect(await child.result()).toBeNull();
      await expectNext(world, AFTER_KILL[point]);
    }, 30_000);
  }

  test("after-send, before upstream has acted: leased", async () => {
    const world = await aWorld();
    world.anna.script.fail("hang-before-headers", { endpoint: "refresh" });
    const child = await startRefreshChild(world.child);
    child.proceed();
    await until(() => world.sim.callsTo("refresh").length === 1);
    await child.kill();
    expect(world.settings.credential(world.child.profileId)?.refreshStartedAtMs).not.toBeNull();
    await expectNext(world, AFTER_KILL["after-send"]);
  }, 30_000);
});

/** The dead process's lease does not hold anybody up: the test's own time is shorter than a lease. */
async function expectNext(world: World, outcome: "leased" | "refresh-cut-off"): Promise<void> {
  const { settings, anna, child } = world;
  const [report] = await leaseOften(child, settings);
  const signIn = settings.profiles()[0]?.signIn;
  if (outcome === "leased") {
    expect(report?.kind).toBe("leased");
    expect(signIn).toEqual({ state: "ok" });
    expect(anna.currentRefreshTokens()).toEqual([storedRefreshToken(world) ?? ""]);
    expect(world.sim.violations).toEqual([]);
  } else {
    expect(report).toMatchObject({ kind: "sign-in-needed", reason: "refresh-cut-off" });
    expect(signIn).toMatchObject({ state: "needed", reason: "refresh-cut-off" });
  }
}

test("two processes that borrow another program's file make no token call at all (trap 24)", async () => {
  const { sim, anna, authPath, child, settings } = await aWorld("link");
  const run = async () => {
    const children = await Promise.all([0, 1].map(() => startRefreshChild({ ...child, leases: 20 })));
    for (const one of children) one.proceed();
    return (await Promise.all(children.map((one) => one.result()))).flatMap((reports) => reports ?? []);
  };
  expect(new Set((await run()).map((report) => report.reason))).toEqual(new Set(["link-expired"]));
  writeFileSync(
    authPath,
    JSON.stringify({ ...anna.authJson(), tokens: { ...tokensOf(anna), access_token: "opaque" } }),
  );
  expect(new Set((await run()).map((report) => `${report.kind} ${report.generation}`))).toEqual(new Set(["leased 2"]));
  expect(sim.callsTo("refresh")).toHaveLength(0);
  expect(sim.callsTo("token")).toHaveLength(0);
  expect(settings.credential(child.profileId)?.credential).toMatchObject({ refreshToken: null });
}, 60_000);

function tokensOf(account: SimChatgptAccount): Record<string, unknown> {
  return account.authJson()["tokens"] as Record<string, unknown>;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 20_000 && !isTrue(); turns += 1) {
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
  }
  expect(isTrue()).toBe(true);
}
