/**
 * A whole pool in memory: the real engine on real stores, real tokens, usage poller and refresh worker, under a virtual
 * clock and against the simulated upstream. No sockets, no real time, no chance but the seed's.
 */

import { startRefreshWorker, type Worker } from "../../src/accounts/refresh-worker.ts";
import { importAuthFile } from "../../src/accounts/save-profile.ts";
import { type AccountTokens, createTokenSource } from "../../src/accounts/tokens.ts";
import { startUsagePoller } from "../../src/accounts/usage-poller.ts";
import { openAfterwards } from "../../src/app/afterwards.ts";
import { LIMITS } from "../../src/limits.ts";
import { readCatalogue } from "../../src/models/catalogue.ts";
import type { NameTable } from "../../src/models/resolve.ts";
import { readNameTable } from "../../src/operations/name-table.ts";
import type {
  Clock,
  Endpoints,
  ProfileRecord,
  Rng,
  Routing,
  RuntimeStore,
  SettingsStore,
  Upstream,
} from "../../src/ports.ts";
import type { Engine } from "../../src/router/engine.ts";
import type { LiveStateOptions } from "../../src/router/live-state.ts";
import type { AuthJson } from "../../src/simulator/account.ts";
import { createVirtualClock, type VirtualClock } from "../../src/simulator/clock.ts";
import type { SimRequest } from "../../src/simulator/record.ts";
import { createSeededRng } from "../../src/simulator/rng.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { gatherRuntimeWrites } from "../../src/store/gathered-runtime.ts";
import { rememberSettings } from "../../src/store/remembered-settings.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import type { TelemetryEvent } from "../../src/telemetry/events.ts";
import { openUpstream } from "../../src/upstream/open-upstream.ts";
import { type Asking, ask, type Outcome, type Question } from "./ask.ts";
import { START_MS } from "./clock-units.ts";
import { type Attempt, beginLife, type Life } from "./life.ts";
import { type RecordedChoice, WatchedLiveState } from "./watched-live-state.ts";

const ENDPOINTS: Endpoints = {
  chatgptUrl: "https://chatgpt.com/backend-api",
  authUrl: "https://auth.openai.com",
  openaiUrl: "https://api.openai.com/v1",
  telegramUrl: "https://api.telegram.org",
};

export interface PoolOptions {
  readonly seed?: number;
  readonly routing?: Routing;
  readonly simulator?: Omit<SimulatorOptions, "clock" | "rng">;
  /** Whether the usage poller and the refresh worker run. Off unless asked for. */
  readonly upkeep?: boolean;
  /** Put between the stores and everybody else, to let them fail. */
  readonly wrapSettings?: (store: SettingsStore) => SettingsStore;
  readonly wrapRuntime?: (store: RuntimeStore) => RuntimeStore;
  /** The same for the wire, and for the machine's clock, which may be set; upstream keeps the right time. */
  readonly wrapUpstream?: (upstream: Upstream) => Upstream;
  readonly wrapClock?: (clock: Clock) => Clock;
  readonly onEvent?: (event: TelemetryEvent) => void;
  readonly onChoice?: (choice: RecordedChoice) => void;
}

export interface PoolQuestion extends Partial<Omit<Question, "body">> {
  readonly body?: Readonly<Record<string, unknown>>;
  /** Names the session as Codex does. */
  readonly thread?: string;
}

export interface Pool {
  readonly clock: VirtualClock;
  readonly sim: Simulator;
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly events: readonly TelemetryEvent[];
  readonly choices: readonly RecordedChoice[];
  /** What was asked of upstream for this turn, in order. */
  attemptsOf(turnId: string): readonly Attempt[];
  engine(): Engine & { readonly live: WatchedLiveState };
  life(): Life;
  tokens(): AccountTokens;
  /** Saves a sign-in as a selected profile of that name. */
  save(login: AuthJson, name: string, change?: Partial<ProfileRecord>): Promise<ProfileRecord>;
  /** Starts a turn; a streaming question of one user message unless told otherwise. */
  ask(question?: PoolQuestion): Asking;
  /** Starts a turn and moves time until it has ended. */
  turn(question?: PoolQuestion): Promise<Outcome>;
  /** Calls whose answer died with the process that had asked. */
  readonly unread: readonly SimRequest[];
  /** Kills the process and starts it again: only what the stores hold is left. */
  restart(): void;
  /**
   * The next answer of upstream for which this holds kills the process before it is read; it starts again after a
   * while.
   */
  killBefore(matches: (record: SimRequest) => boolean, restartAfterMs: number): void;
  close(): void;
}

interface Running {
  readonly life: Life;
  /** As this life has them: what it remembers and gathers dies with it. */
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly engine: Engine & { readonly live: WatchedLiveState };
  readonly tokens: AccountTokens;
  readonly workers: readonly Worker[];
}

interface Ground {
  readonly options: PoolOptions;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly sim: Simulator;
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly events: TelemetryEvent[];
  readonly choices: RecordedChoice[];
  readonly attempts: Map<string, Attempt[]>;
  readonly counters: { ids: number; lives: number; turns: number };
  readonly unread: SimRequest[];
  deadly: { readonly matches: (record: SimRequest) => boolean; readonly restartAfterMs: number } | null;
}

export function openPool(options: PoolOptions = {}): Pool {
  const ground = breakGround(options);
  const begin = (): Running => {
    const begun = start(ground, (afterMs) => {
      ground.clock.after(afterMs, () => {
        if (running === begun) running = begin();
      });
    });
    return begun;
  };
  let running = begin();
  return {
    ...ground,
    get settings() {
      return running.settings;
    },
    get runtime() {
      return running.runtime;
    },
    engine: () => running.engine,
    life: () => running.life,
    attemptsOf: (turnId) => ground.attempts.get(turnId) ?? [],
    tokens: () => running.tokens,
    save: (login, name, change) => save(ground, login, name, change),
    ask: (question) => ask(running.engine, running.life, questionOf(ground, question ?? {})),
    async turn(question) {
      const asking = ask(running.engine, running.life, questionOf(ground, question ?? {}));
      return await ground.clock.runUntil(asking.done);
    },
    restart() {
      running.life.kill();
      running = begin();
    },
    killBefore: (matches, restartAfterMs) => {
      ground.deadly = { matches, restartAfterMs };
    },
    close() {
      for (const worker of running.workers) worker.stop();
      running.life.kill();
      ground.settings.close();
      ground.runtime.close();
    },
  };
}

function breakGround(options: PoolOptions): Ground {
  const seed = options.seed ?? 1;
  const clock = createVirtualClock(START_MS);
  const stored = openSettingsStore(":memory:", { sealer: createSealer(new Uint8Array(32)) });
  const settings = options.wrapSettings?.(stored) ?? stored;
  const kept = openRuntimeStore(":memory:", "daemon");
  settings.updatePool({ enabled: true, routing: options.routing ?? "least-used" });
  return {
    options,
    clock,
    rng: createSeededRng(seed * 7 + 3),
    sim: createSimulator({ ...options.simulator, clock, rng: createSeededRng(seed * 7 + 5) }),
    settings,
    runtime: options.wrapRuntime?.(kept) ?? kept,
    events: [],
    choices: [],
    attempts: new Map(),
    counters: { ids: 0, lives: 0, turns: 0 },
    unread: [],
    deadly: null,
  };
}

function start(ground: Ground, onKilled: (restartAfterMs: number) => void): Running {
  const { clock, sim, rng, counters, options } = ground;
  const wrapUpstream = options.wrapUpstream ?? ((upstream: Upstream) => upstream);
  counters.lives += 1;
  const life = beginLife({
    clock: options.wrapClock?.(clock) ?? clock,
    sim,
    onAttempt: (attempt) => {
      const known = ground.attempts.get(attempt.turnId);
      if (known === undefined) ground.attempts.set(attempt.turnId, [attempt]);
      else known.push(attempt);
    },
    diesBefore: (record) => {
      const { deadly } = ground;
      if (deadly?.matches(record) !== true) return false;
      ground.unread.push(record);
      ground.deadly = null;
      onKilled(deadly.restartAfterMs);
      return true;
    },
  });
  const gather = {
    clock: life.clock,
    waitMs: LIMITS.gatherWritesMs,
    onTrouble: (error: unknown) => sayLost(ground, error),
  };
  const settings = rememberSettings(ground.settings, gather);
  const runtime = gatherRuntimeWrites(ground.runtime, gather);
  const stores = { ...ground, settings, runtime };
  const upstream = wrapUpstream(openUpstream(life.send));
  const tokens = createTokenSource({
    settings,
    upstream,
    endpoints: ENDPOINTS,
    clock: life.clock,
    rng,
    holder: `sim/${counters.lives}`,
    isHolderAlive: (holder) => holder === `sim/${counters.lives}`,
  });
  const engine = buildEngine(stores, life, upstream, tokens);
  const workers = options.upkeep === true ? startWorkers(stores, life, upstream, tokens, engine) : [];
  return { life, settings, runtime, engine, tokens, workers };
}

/** A store that cannot be written to costs what was gathered, and says so. */
function sayLost(ground: Ground, error: unknown): void {
  const event: TelemetryEvent = { kind: "internal-error", id: "store", turnId: null, text: String(error) };
  ground.events.push(event);
  ground.options.onEvent?.(event);
}

function buildEngine(ground: Ground, life: Life, upstream: Upstream, tokens: AccountTokens): Running["engine"] {
  const { settings, runtime, rng, counters, options } = ground;
  const emit = (event: TelemetryEvent) => {
    ground.events.push(event);
    options.onEvent?.(event);
  };
  const liveOptions: LiveStateOptions = {
    settings,
    runtime,
    clock: life.clock,
    emit,
    offeredModels: cacheByVersion(settings, (accountKey) => {
      const catalogue = settings.catalogue(accountKey);
      return catalogue === null ? null : new Set(readCatalogue(catalogue.models).map((model) => model.id));
    }),
  };
  const onChoice = (choice: RecordedChoice) => {
    ground.choices.push(choice);
    options.onChoice?.(choice);
  };
  const table = cacheByVersion<NameTable>(settings, () => readNameTable(settings));
  return {
    clock: life.clock,
    rng,
    upstream,
    tokens,
    live: new WatchedLiveState(liveOptions, onChoice),
    runtime,
    emit,
    names: () => table(""),
    platform: "Simulated; none",
    afterwards: openAfterwards(life.clock, emit).run,
    hash: (text) => Bun.hash(text).toString(16),
    newId: (prefix) => {
      counters.ids += 1;
      return `${prefix}_${String(counters.ids).padStart(6, "0")}`;
    },
  };
}

function startWorkers(
  ground: Ground,
  life: Life,
  upstream: Upstream,
  tokens: AccountTokens,
  engine: Running["engine"],
): Worker[] {
  const { settings, rng } = ground;
  const wire = { upstream, clock: life.clock };
  const isBusy = () => engine.live.isBusy();
  return [
    startRefreshWorker({ settings, tokens, clock: life.clock }),
    startUsagePoller({ settings, rng, tokens, endpoints: ENDPOINTS, wire, isBusy }),
  ];
}

/** Keeps an answer until anything is written to the settings. */
function cacheByVersion<T>(settings: SettingsStore, read: (key: string) => T): (key: string) => T {
  const kept = new Map<string, T>();
  let version = -1;
  return (key) => {
    const now = settings.version();
    if (now !== version) kept.clear();
    version = now;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const value = read(key);
    kept.set(key, value);
    return value;
  };
}

async function save(
  ground: Ground,
  login: AuthJson,
  name: string,
  change: Partial<ProfileRecord> = {},
): Promise<ProfileRecord> {
  const { settings, clock, sim, rng } = ground;
  const bytes = new TextEncoder().encode(JSON.stringify(login));
  const files = {
    stampOf: () => ({ kind: "stamp", stamp: name }) as const,
    read: () => ({ kind: "read", bytes, stamp: name, isPrivate: true }) as const,
  };
  const upstream = openUpstream((url, init) => sim.handle(new Request(url, init)));
  const desk = { settings, wire: { upstream, clock }, endpoints: ENDPOINTS, rng, files };
  const result = await importAuthFile(desk, { path: `/${name}.json`, name });
  if (result.kind === "refused") throw new Error(`${name} was not saved: ${result.reason}`);
  settings.updateProfile(result.profile.id, { selected: true, ...change });
  return { ...result.profile, selected: true, ...change };
}

const USUAL_BODY = {
  model: "gpt-5.5",
  stream: true,
  instructions: "",
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }],
};

function questionOf(ground: Ground, question: PoolQuestion): Question {
  ground.counters.turns += 1;
  const { thread, headers, body, ...rest } = question;
  return {
    turnId: `turn_${String(ground.counters.turns).padStart(6, "0")}`,
    keyId: "key_1",
    ...rest,
    body: { ...USUAL_BODY, ...(thread === undefined ? {} : { prompt_cache_key: thread }), ...body },
    headers: { ...(thread === undefined ? {} : { "thread-id": thread }), ...headers },
  };
}
