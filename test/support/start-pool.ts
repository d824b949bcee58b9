/** A whole pool for one test: simulated upstream on a socket, a home of its own, a running runtime and a key for it. */
import { onTestFinished } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importAuthFile } from "../../src/accounts/save-profile.ts";
import { openDesk, startRuntime } from "../../src/app.ts";
import { createKey } from "../../src/operations/create-key.ts";
import type { Desk } from "../../src/operations/operation.ts";
import type { Clock, Routing, Runtime } from "../../src/ports.ts";
import type { AuthJson, SimApiKeyAccount, SimChatgptAccount } from "../../src/simulator/account.ts";
import { type ServedSimulator, serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import type { TelemetryEvent } from "../../src/telemetry/events.ts";
import { makeTempHome } from "./temp-home.ts";

export interface PoolOptions {
  /** Names of the ChatGPT accounts; all are imported and selected, in this order. */
  readonly accounts?: readonly string[];
  readonly apiKeyAccounts?: readonly string[];
  readonly runtime?: Runtime;
  readonly routing?: Routing;
  readonly simulator?: SimulatorOptions;
  /** Of the runtime and of upstream; the machine's when left out. */
  readonly clock?: Clock;
  /** Looks at the simulator before any account is imported. */
  readonly prepare?: (sim: Simulator) => void;
}

export interface Pool {
  readonly sim: Simulator;
  readonly served: ServedSimulator;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly baseUrl: string;
  readonly origin: string;
  readonly key: string;
  readonly desk: Desk;
  readonly events: readonly TelemetryEvent[];
  /** Attempts that run now. */
  inFlight(): number;
  /** Stops the runtime, as the end of the test would. */
  stop(): Promise<void>;
  chatgpt(name: string): SimChatgptAccount;
  apiKey(name: string): SimApiKeyAccount;
  /** Posts to the pool with its key. */
  post(
    path: string,
    body: unknown,
    init?: { headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
  get(path: string): Promise<Response>;
  /** Resolves with the next event of that kind, past ones included. */
  eventOf<Kind extends TelemetryEvent["kind"]>(kind: Kind): Promise<Extract<TelemetryEvent, { kind: Kind }>>;
}

/** Writes a sign-in to a file and imports it under `name`. */
export async function importLogin(desk: Desk, folder: string, name: string, login: AuthJson): Promise<void> {
  const path = join(folder, `${name}.auth.json`);
  writeFileSync(path, JSON.stringify(login), { mode: 0o600 });
  const settings = desk.settings();
  const wire = { upstream: desk.upstream(), clock: desk.clock };
  const result = await importAuthFile({ settings, wire, endpoints: desk.endpoints, rng: desk.rng }, { path, name });
  if (result.kind === "refused") throw new Error(`${name} was not imported: ${result.reason}`);
}

/** Stopped and removed when the test has ended. */
export async function startPool(options: PoolOptions = {}): Promise<Pool> {
  const { accounts = ["alpha"], apiKeyAccounts = [], runtime = "daemon" } = options;
  const sim = createSimulator({
    ...options.simulator,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  options.prepare?.(sim);
  const chatgpt = new Map(accounts.map((name) => [name, sim.addChatgptAccount({ name })]));
  const apiKeys = new Map(apiKeyAccounts.map((name) => [name, sim.addApiKeyAccount({ name })]));
  const served = await serveSimulator(sim);
  const { path: home, remove } = makeTempHome();
  const env = {
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
    // Any free port will do for a browser to come back to.
    CODEXUSE_CALLBACK_PORTS: "0",
  };
  const desk = await openDesk(env);
  const settings = desk.settings();
  for (const account of [...chatgpt.values(), ...apiKeys.values()]) {
    await importLogin(desk, home, account.name, account.authJson());
  }
  for (const profile of settings.profiles()) settings.updateProfile(profile.id, { selected: true });
  settings.updatePool({ enabled: true, routing: options.routing ?? "least-used" });
  const events: TelemetryEvent[] = [];
  const listeners = new Set<() => void>();
  const onEvent = (event: TelemetryEvent) => {
    events.push(event);
    for (const listener of listeners) listener();
  };
  const clock = options.clock === undefined ? {} : { clock: options.clock };
  const running = await startRuntime({ runtime, home, port: 0, env, onEvent, ...clock });
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= running.stop("test over");
    return stopping;
  };
  const { key } = await createKey.run(desk, { runtime, name: "test" });
  onTestFinished(async () => {
    await stop();
    await served.stop();
    remove();
  });
  const origin = `http://127.0.0.1:${running.port}`;
  const found = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("no such account");
    return value;
  };
  return {
    sim,
    served,
    home,
    env,
    baseUrl: running.baseUrl,
    origin,
    key,
    desk,
    events,
    inFlight: running.inFlight,
    stop,
    chatgpt: (name) => found(chatgpt.get(name)),
    apiKey: (name) => found(apiKeys.get(name)),
    post: (path, body, init = {}) =>
      fetch(`${origin}${path}`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...init.headers },
        ...(init.signal === undefined ? {} : { signal: init.signal }),
      }),
    get: (path) => fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${key}` } }),
    async eventOf(kind) {
      for (;;) {
        const event = events.find((entry) => entry.kind === kind);
        if (event !== undefined) return event as Extract<TelemetryEvent, { kind: typeof kind }>;
        const { promise, resolve } = Promise.withResolvers<void>();
        listeners.add(resolve);
        await promise;
        listeners.delete(resolve);
      }
    },
  };
}
