/** A small world for the accounts room: the real store in memory, the simulated upstream, and a clock that tests move. */
import { onTestFinished } from "bun:test";
import { type ImportDesk, importAuthFile } from "../../src/accounts/save-profile.ts";
import { type AccountTokens, createTokenSource, type TokenSourceOptions } from "../../src/accounts/tokens.ts";
import type { Endpoints, ProfileRecord, SettingsStore, Upstream } from "../../src/ports.ts";
import type { SimAccount } from "../../src/simulator/account.ts";
import { createVirtualClock, type VirtualClock } from "../../src/simulator/clock.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { openUpstream } from "../../src/upstream/open-upstream.ts";

export const START_MS = Date.UTC(2026, 10, 22, 12);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const OPENAI_ENDPOINTS: Endpoints = {
  chatgptUrl: "https://chatgpt.com/backend-api",
  authUrl: "https://auth.openai.com",
  openaiUrl: "https://api.openai.com/v1",
  telegramUrl: "https://api.telegram.org",
};

export interface AccountsWorld {
  readonly clock: VirtualClock;
  readonly sim: Simulator;
  readonly settings: SettingsStore;
  readonly upstream: Upstream;
  readonly tokens: AccountTokens;
  readonly desk: ImportDesk;
  /** Another source over the same store, as another process would have it. */
  open(options?: Partial<TokenSourceOptions>): AccountTokens;
  /** Saves a fresh login of the account as an owned profile. */
  save(account: SimAccount, name?: string): Promise<ProfileRecord>;
}

/** Chance that always falls in the middle. */
export function halfChance(): number {
  return 0.5;
}

export function openMemorySettings(): SettingsStore {
  const settings = openSettingsStore(":memory:", { sealer: createSealer(new Uint8Array(32)) });
  onTestFinished(() => settings.close());
  return settings;
}

export function aSignal(): AbortSignal {
  return new AbortController().signal;
}

/** Answers are made in memory by the simulator; nothing opens a socket. */
export function openSimulatedUpstream(sim: Simulator): Upstream {
  return openUpstream((url, init) => sim.handle(new Request(url, init)));
}

/** Call it inside a test. */
export function anAccountsWorld(
  simOptions: SimulatorOptions = {},
  sourceOptions: Partial<TokenSourceOptions> = {},
): AccountsWorld {
  const clock = createVirtualClock(START_MS);
  const sim = createSimulator({ clock, ...simOptions });
  const settings = openMemorySettings();
  const upstream = openSimulatedUpstream(sim);
  let sources = 0;
  const open = (options: Partial<TokenSourceOptions> = {}): AccountTokens => {
    sources += 1;
    const holder = `test/${sources}`;
    return createTokenSource({
      ...{ settings, upstream, endpoints: OPENAI_ENDPOINTS, clock, rng: halfChance, holder },
      ...sourceOptions,
      ...options,
    });
  };
  const files = new Map<string, string>();
  const desk: ImportDesk = {
    settings,
    wire: { upstream, clock },
    endpoints: OPENAI_ENDPOINTS,
    rng: Math.random,
    files: {
      stampOf: (path) => ({ kind: "stamp", stamp: files.get(path) ?? "" }),
      read: (path) => ({
        kind: "read",
        bytes: new TextEncoder().encode(files.get(path) ?? ""),
        stamp: files.get(path) ?? "",
        isPrivate: true,
      }),
    },
  };
  return {
    clock,
    sim,
    settings,
    upstream,
    desk,
    open,
    tokens: open(),
    async save(account, name = account.name) {
      files.set(`/${name}.json`, JSON.stringify(account.authJson()));
      const result = await importAuthFile(desk, { path: `/${name}.json`, name });
      if (result.kind === "refused") throw new Error(`the login of ${name} was refused: ${result.reason}`);
      return result.profile;
    },
  };
}

/** An unsigned token with these claims, in the form upstream's have. */
export function aJwt(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.c2ln`;
}
