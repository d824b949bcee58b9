/** A home folder with accounts and a key, and the simulated upstream behind it. Belongs to one trial and goes with it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importAuthFile } from "../../src/accounts/save-profile.ts";
import { openDesk } from "../../src/app.ts";
import { createKey } from "../../src/operations/create-key.ts";
import type { Desk } from "../../src/operations/operation.ts";
import type { Routing } from "../../src/ports.ts";
import type { AuthJson, SimChatgptAccount } from "../../src/simulator/account.ts";
import { type ServedSimulator, serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";

export interface TrialHomeOptions {
  /** How many ChatGPT accounts; `account-1` and so on. */
  readonly accounts?: number;
  readonly routing?: Routing;
  readonly simulator?: SimulatorOptions;
  /** How often the accounts may be asked a minute; no limit unless told. */
  readonly turnsPerMinute?: number;
  /** The folder that the home is made in; the machine's own for such things unless told. */
  readonly path?: string;
}

export interface TrialHome {
  readonly sim: Simulator;
  readonly served: ServedSimulator;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly key: string;
  /** On the same files as the daemon's. Made anew at each call; whoever asks closes it. */
  openDesk(): Promise<Desk>;
  account(index: number): SimChatgptAccount;
  remove(): Promise<void>;
}

async function importLogin(desk: Desk, folder: string, name: string, login: AuthJson): Promise<void> {
  const path = join(folder, `${name}.auth.json`);
  writeFileSync(path, JSON.stringify(login), { mode: 0o600 });
  const wire = { upstream: desk.upstream(), clock: desk.clock };
  const by = { settings: desk.settings(), wire, endpoints: desk.endpoints, rng: desk.rng };
  const result = await importAuthFile(by, { path, name });
  rmSync(path);
  if (result.kind === "refused") throw new Error(`${name} was not imported: ${result.reason}`);
}

/** Nothing serves yet. */
export async function openTrialHome(options: TrialHomeOptions = {}): Promise<TrialHome> {
  const sim = createSimulator({ bodiesMax: 4, requestsMax: 100_000, ...options.simulator });
  const count = options.accounts ?? 2;
  const accounts = Array.from({ length: count }, (_, index) =>
    sim.addChatgptAccount({
      name: `account-${index + 1}`,
      turnsPerMinute: options.turnsPerMinute ?? null,
      percentPerTurn: 0,
    }),
  );
  const served = await serveSimulator(sim);
  const path = mkdtempSync(join(options.path ?? tmpdir(), "codexuse-trial-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: path,
    TMPDIR: tmpdir(),
    NO_COLOR: "1",
    CODEXUSE_HOME: join(path, "home"),
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
  };
  const desk = await openDesk(env);
  for (const account of accounts) await importLogin(desk, path, account.name, account.authJson());
  const settings = desk.settings();
  for (const profile of settings.profiles()) settings.updateProfile(profile.id, { selected: true });
  settings.updatePool({ enabled: true, routing: options.routing ?? "least-used" });
  const { key } = await createKey.run(desk, { runtime: "daemon", name: "trial" });
  closeDesk(desk);
  return {
    sim,
    served,
    path: env.CODEXUSE_HOME,
    env,
    key,
    openDesk: () => openDesk(env),
    account: (index) => {
      const account = accounts[index];
      if (account === undefined) throw new Error(`there is no account ${index}`);
      return account;
    },
    remove: async () => {
      await served.stop();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Lets go of the files. */
export function closeDesk(desk: Desk): void {
  desk.settings().close();
  desk.runtime("daemon").close();
}
