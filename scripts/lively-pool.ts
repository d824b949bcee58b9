/**
 * A pool to be looked at: pretend accounts in every state, two days of history, clients at work, in a home that is thrown
 * away. For screenshots of the Settings page; nothing leaves this machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDesk, type RunningRuntime, startRuntime } from "../src/app.ts";
import { claimPidFile } from "../src/daemon/pid-file.ts";
import { addPoolProfiles } from "../src/operations/add-pool-profiles.ts";
import { createKey } from "../src/operations/create-key.ts";
import { addAlias } from "../src/operations/edit-aliases.ts";
import { enablePool } from "../src/operations/enable-pool.ts";
import { hideModels } from "../src/operations/expose-models.ts";
import { importProfiles } from "../src/operations/import-profiles.ts";
import { listModels } from "../src/operations/list-models.ts";
import type { Desk } from "../src/operations/operation.ts";
import { OperationError } from "../src/operations/operation.ts";
import { makePageLink } from "../src/operations/page-link.ts";
import { publishFast } from "../src/operations/publish-fast.ts";
import { reserveHeadroom } from "../src/operations/reserve-headroom.ts";
import { routePool } from "../src/operations/route-pool.ts";
import type { Runtime } from "../src/ports.ts";
import { serveSimulator } from "../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator } from "../src/simulator/simulator.ts";

export interface LivelyPool {
  /** An address that lets one browser in, once. */
  link(): string;
  stop(): Promise<void>;
}

interface Part {
  readonly desk: Desk;
  readonly sim: Simulator;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

const HOUR_MS = 3_600_000;
const MODEL = "gpt-5.5";

const ACCOUNTS = [
  { name: "work", plan: "pro", email: "robin@example.com", fiveHour: 22, weekly: 35 },
  { name: "home", plan: "plus", email: "robin.at.home@example.com", fiveHour: 71, weekly: 58 },
  { name: "studio", plan: "plus", email: "studio@example.com", fiveHour: 88, weekly: 64 },
  { name: "lab", plan: "plus", email: "lab@example.com", fiveHour: 12, weekly: 18 },
] as const;

async function importLogin({ desk, home }: Part, name: string, login: object): Promise<void> {
  const path = join(home, `${name}.json`);
  writeFileSync(path, JSON.stringify(login), { mode: 0o600 });
  await importProfiles.run(desk, { path, name });
}

/** Four accounts, a second sign-in of one of them, a key of the Platform, and one whose sign-in is over. */
async function addProfiles(part: Part): Promise<void> {
  const { sim, desk } = part;
  for (const { fiveHour, weekly, ...options } of ACCOUNTS) {
    const account = sim.addChatgptAccount({ ...options, percentPerTurn: 0.4 });
    account.setUsed(fiveHour, "primary");
    account.setUsed(weekly, "secondary");
    await importLogin(part, options.name, account.authJson());
    if (options.name === "work") await importLogin(part, "work-laptop", account.authJson());
  }
  await importLogin(part, "old-phone", sim.addChatgptAccount({ name: "old", email: "old@example.com" }).authJson());
  await importLogin(part, "platform", sim.addApiKeyAccount({ name: "platform" }).authJson());
  await addPoolProfiles.run(desk, { profiles: ["work", "home", "studio", "lab"] });
  const settings = desk.settings();
  const old = settings.profileNamed("old-phone");
  if (old !== null) settings.updateProfile(old.id, { signIn: { state: "needed", reason: "refresh-token-reused" } });
}

async function chooseNames({ desk }: Part): Promise<void> {
  await reserveHeadroom.run(desk, { name: "home", percent: 10 });
  await addAlias.run(desk, { name: "deep-thought", model: MODEL, effort: "high", fast: false });
  await publishFast.run(desk, { fast: true });
  await enablePool.run(desk, {});
}

/** Falls while an account works, and is full again when its window has passed. */
function leftAt(hoursAgo: number, pace: number, shift: number): number {
  const intoWindow = (((50 - hoursAgo + shift) % 5) + 5) % 5;
  return Math.max(4, 100 - intoWindow * pace);
}

function addHistory({ desk }: Part): void {
  const settings = desk.settings();
  const nowMs = desk.clock.now();
  ACCOUNTS.forEach(({ name, fiveHour, weekly }, index) => {
    const accountKey = settings.profileNamed(name)?.accountKey;
    if (accountKey === undefined) return;
    for (let hoursAgo = 160; hoursAgo > 0.3; hoursAgo -= 0.5) {
      const fiveHourPercent = hoursAgo < 1 ? 100 - fiveHour : leftAt(hoursAgo, 7 + ((index * 5) % 11), index * 1.7);
      const weeklyPercent = Math.min(100, 100 - weekly + hoursAgo * (0.24 + index * 0.08));
      settings.addHeadroomSample({ accountKey, atMs: nowMs - hoursAgo * HOUR_MS, fiveHourPercent, weeklyPercent }, 0);
    }
  });
}

/** Turns of the last day, more by day than by night; the accounts take their share. */
function addTurns({ desk }: Part, keyId: string): void {
  const store = desk.runtime("desktop");
  const nowMs = desk.clock.now();
  for (let hoursAgo = 23; hoursAgo >= 1; hoursAgo -= 1) {
    const busy = Math.max(0.1, Math.sin((hoursAgo / 24) * Math.PI * 2 + 0.9) + 0.75);
    ACCOUNTS.forEach(({ name }, index) => {
      const count = Math.round(busy * (9 - index * 2) * (1 + ((hoursAgo * 7 + index * 3) % 5) / 6));
      for (let number = 0; number < count; number += 1) {
        const startedAtMs = nowMs - hoursAgo * HOUR_MS - number * 60_000;
        store.recordTurn({
          id: `turn_${hoursAgo}_${name}_${number}`,
          sessionId: `session_${name}`,
          keyId,
          model: MODEL,
          upstreamModel: MODEL,
          startedAtMs,
          endedAtMs: startedAtMs + 4_000,
          end: "done",
          status: 200,
          profile: name,
          responseId: null,
          attempts: [{ profile: name, outcome: "served", reason: "bound", ms: 4_000 }],
          considered: [{ profile: name, verdict: "chosen", reason: "bound" }],
          usage: { inputTokens: 9_400, cachedTokens: 8_000, outputTokens: 640 },
        });
      }
    });
  }
}

async function ask(baseUrl: string, key: string, session: string, model = MODEL): Promise<void> {
  const answer = await fetch(`${baseUrl}/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "session-id": session },
    body: JSON.stringify({ model, input: `A question of ${session}` }),
  });
  await answer.text();
}

/** Conversations of now; one account runs out in the middle of one. */
async function converse({ sim, desk }: Part, baseUrl: string, keys: readonly string[]): Promise<void> {
  const [laptop = "", ci = ""] = keys;
  await routePool.run(desk, { routing: "round-robin" });
  for (const session of ["alpha", "bravo", "charlie", "delta"]) await ask(baseUrl, laptop, session);
  await ask(baseUrl, ci, "echo", "deep-thought");
  for (const account of sim.accounts) if (account.name === "lab" && account.kind === "chatgpt") account.setUsed(100);
  for (const session of ["bravo", "alpha", "delta", "charlie"]) await ask(baseUrl, laptop, session);
  await ask(baseUrl, ci, "echo", "deep-thought");
  await routePool.run(desk, { routing: "least-used" });
}

/** At its usual port where that is free. */
async function serve(runtime: Runtime, port: number, { home, env }: Part): Promise<RunningRuntime> {
  try {
    return await startRuntime({ runtime, home, port, env });
  } catch (error) {
    if (!(error instanceof OperationError) || error.reason !== "conflict") throw error;
    return await startRuntime({ runtime, home, port: 0, env });
  }
}

export async function startLivelyPool(): Promise<LivelyPool> {
  const home = mkdtempSync(join(tmpdir(), "codexuse-screenshots-"));
  const sim = createSimulator();
  sim.script.pace({ eventDelayMs: 12, deltaChars: 8 });
  const served = await serveSimulator(sim);
  const env = {
    ...process.env,
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
    NO_PROXY: "127.0.0.1,localhost",
  };
  const desk = await openDesk(env);
  const part: Part = { desk, sim, home, env: env as Record<string, string> };
  await addProfiles(part);
  await chooseNames(part);
  addHistory(part);
  const laptop = await createKey.run(desk, { runtime: "desktop", name: "laptop" });
  const ci = await createKey.run(desk, { runtime: "desktop", name: "ci" });
  await createKey.run(desk, { runtime: "daemon", name: "server" });
  addTurns(part, laptop.id);
  const daemon = await serve("daemon", 3773, part);
  claimPidFile(home, "daemon", process.pid, desk.clock.now());
  const desktop = await serve("desktop", 3774, part);
  await converse(part, desktop.baseUrl, [laptop.key, ci.key]);
  const [, second] = (await listModels.run(desk, {})).models;
  if (second !== undefined) await hideModels.run(desk, { models: [second.id] });
  return {
    link: () => makePageLink(desk, desktop.port),
    stop: async () => {
      await desktop.stop("seen");
      await daemon.stop("seen");
      await served.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
