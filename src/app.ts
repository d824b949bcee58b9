/** How is it put together? The composition root: the only file that sees every room. Decides nothing. */

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { arch, homedir, type } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { CALLBACK_PORTS } from "./accounts/browser-login.ts";
import { isHolderAlive, nameHolder } from "./accounts/holder.ts";
import { type AccountTokens, createTokenSource } from "./accounts/tokens.ts";
import type { DesktopAlerts } from "./alerts/desktop-alerts.ts";
import { findNotifier } from "./alerts/notifier.ts";
import { showNotification } from "./alerts/show-notification.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { findRuntime } from "./daemon/find-runtime.ts";
import { LIMITS } from "./limits.ts";
import { readCatalogue } from "./models/catalogue.ts";
import { type NameTable, publishedNames } from "./models/resolve.ts";
import { readNameTable } from "./operations/name-table.ts";
import { type Desk, OperationError, type Presence } from "./operations/operation.ts";
import { PROFILE_STATES } from "./operations/profile-view.ts";
import { readProfiles } from "./operations/read-profiles.ts";
import { baseUrlOf, placesOf, portOf } from "./operations/runtime-address.ts";
import type { Clock, Endpoints, Rng, Runtime, RuntimeStore, SettingsStore, Upstream } from "./ports.ts";
import type { Engine } from "./router/engine.ts";
import { LiveState } from "./router/live-state.ts";
import { ROUTES } from "./router/routes.ts";
import { MAIN_LIMIT } from "./router/rules/account-state.ts";
import { exclusionOf } from "./router/rules/eligibility.ts";
import { serveTurn } from "./router/serve-turn.ts";
import type { KeyRing } from "./server/auth.ts";
import { createHttpApp } from "./server/http.ts";
import { type Door, type Listening, listen, PortTaken } from "./server/listen.ts";
import type { PageDoor, Serving } from "./server/serving.ts";
import { openDoor } from "./server/socket-door.ts";
import { WrongKeys } from "./server/wrong-keys.ts";
import { backUpHome } from "./store/back-up-home.ts";
import type { GatherOptions } from "./store/gather-writes.ts";
import { gatherRuntimeWrites } from "./store/gathered-runtime.ts";
import { ensureHome, resolveHome } from "./store/home.ts";
import { type Keyring, openSystemKeyring } from "./store/keyring.ts";
import { type MasterKeys, openMasterKeys } from "./store/master-key.ts";
import { finishRekey, rekey } from "./store/rekey.ts";
import { rememberSettings } from "./store/remembered-settings.ts";
import { finishRestore, restoreHome } from "./store/restore-home.ts";
import { openRuntimeStore } from "./store/runtime-store.ts";
import { createSealer } from "./store/seal.ts";
import { openSettingsStore } from "./store/settings-store.ts";
import type { Remote } from "./telegram/remote.ts";
import type { Emit, TelemetryEvent } from "./telemetry/events.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { startUpkeep } from "./upkeep.ts";
import { readEndpoints } from "./upstream/endpoints.ts";
import { openNetwork } from "./upstream/open-upstream.ts";
import { openWebSocket, relaySockets } from "./upstream/relay-sockets.ts";
import { VERSION } from "./version.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What every process of one home shares; each part opens on first use. */
interface Base {
  readonly home: string;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly rng: Rng;
  settings(): SettingsStore;
  runtime(runtime: Runtime): RuntimeStore;
  upstream(): Upstream;
  tokens(): AccountTokens;
  readonly keys: MasterKeys;
  readonly keyring: Keyring;
  close(): void;
}

function once<T>(make: () => T): { (): T; readonly peek: () => T | null } {
  let made: { readonly value: T } | null = null;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  return Object.assign(get, { peek: () => made?.value ?? null });
}

/** Reads the names anew only when some process has changed the settings. */
function nameReader(settings: SettingsStore): () => NameTable {
  let read: { readonly version: number; readonly table: NameTable } | null = null;
  return () => {
    const version = settings.shapeVersion();
    if (read?.version !== version) read = { version, table: readNameTable(settings) };
    return read.table;
  };
}

/** Whether a name is in the published list, which is put together anew only when the names are: every turn asks at its end. */
function publishedReader(names: () => NameTable): (model: string) => boolean {
  let read: { readonly table: NameTable; readonly published: ReadonlySet<string> } | null = null;
  return (model) => {
    const table = names();
    if (read?.table !== table) read = { table, published: new Set(publishedNames(table)) };
    return read.published.has(model);
  };
}

function newId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

/** What differs between a process that serves and one that comes and goes. */
interface BaseNeeds {
  readonly clock: Clock;
  /** Told what happens to sign-ins; commands have nobody to tell. */
  readonly emit: Emit;
  /** What stands between a serving process and its files; null for processes that come and go. */
  readonly gather: GatherOptions | null;
}

const SHORT_LIVED: BaseNeeds = { clock: SYSTEM_CLOCK, emit: () => undefined, gather: null };

async function openBase(home: string, env: Environment, needs: BaseNeeds = SHORT_LIVED): Promise<Base> {
  const { clock, emit, gather } = needs;
  const read = readEndpoints(env);
  if (read.kind === "refused") {
    throw new OperationError(
      "usage",
      `${read.variable} cannot be used: ${read.reason}.`,
      "Unset it, or give an https URL.",
    );
  }
  const { endpoints } = read;
  const rng = Math.random;
  finishRestore(home);
  const keyring = openSystemKeyring();
  const keys = await openMasterKeys(home, env, keyring);
  const settings = once(() => {
    ensureHome(home);
    const store = openSettingsStore(home, { sealer: createSealer(keys) });
    finishRekey(home, store);
    return gather === null ? store : rememberSettings(store, gather);
  });
  const runtimes = {
    desktop: once(() => openRuntime("desktop")),
    daemon: once(() => openRuntime("daemon")),
  };
  function openRuntime(runtime: Runtime): RuntimeStore {
    ensureHome(home);
    // A home that a newer program has written is refused before a file of its own is made in it.
    if (!existsSync(join(home, `${runtime}.sqlite`)) && existsSync(join(home, "settings.sqlite"))) settings();
    const store = openRuntimeStore(home, runtime);
    return gather === null ? store : gatherRuntimeWrites(store, gather);
  }
  const upstream = once(() => relaySockets(openNetwork(), { clock, openRaw: openWebSocket, env }));
  const tokens = once(() =>
    createTokenSource({
      settings: settings(),
      upstream: upstream(),
      endpoints,
      clock,
      rng,
      holder: nameHolder(newId("src")),
      isHolderAlive,
      emit,
      onSignInEnded: (profileId, reason) => {
        const profile = settings()
          .profiles()
          .find(({ id }) => id === profileId)?.name;
        if (profile !== undefined) emit({ kind: "sign-in-needed", turnId: null, profile, reason });
      },
    }),
  );
  return {
    home,
    endpoints,
    clock,
    rng,
    settings,
    runtime: (runtime) => runtimes[runtime](),
    upstream,
    tokens,
    keys,
    keyring,
    close: () => {
      settings.peek()?.close();
      runtimes.desktop.peek()?.close();
      runtimes.daemon.peek()?.close();
    },
  };
}

/** The desk for the command line: operations on the stores, whether a runtime serves or not. */
export async function openDesk(env: Environment): Promise<Desk> {
  return deskOf(await openBase(resolveHome(env, homedir()), env), env, () => null);
}

function deskOf(base: Base, env: Environment, inFlight: Desk["inFlight"]): Desk {
  return {
    ...base,
    callbackPorts: readCallbackPorts(env),
    masterKeyPlace: () => {
      ensureHome(base.home);
      return base.keys.place();
    },
    rekey: (to) => rekey({ ...base, settings: base.settings() }, to),
    backUp: (wish) => backUpHome(base.home, base.keys, { ...wish, nowMs: base.clock.now(), version: VERSION }),
    restore: (wish) => restoreHome(base.home, { ...wish, nowMs: base.clock.now(), keys: base.keys.existing() }),
    presence: (runtime, port) => lookForRuntime(base, runtime, port),
    inFlight,
  };
}

/**
 * Upstream sends browsers to its own two ports; others serve a stand-in for upstream, with whom a machine may have several
 * sign-ins at once.
 */
function readCallbackPorts(env: Environment): readonly number[] {
  const text = env["CODEXUSE_CALLBACK_PORTS"];
  if (!text) return CALLBACK_PORTS;
  const ports = text.split(",").map((part) => (/^\d{1,5}$/.test(part.trim()) ? Number(part) : Number.NaN));
  if (ports.every((port) => port <= 65_535)) return ports;
  throw new OperationError("usage", "CODEXUSE_CALLBACK_PORTS is a list of ports, such as 1455,1457.", "Unset it.");
}

async function lookForRuntime(base: Base, runtime: Runtime, port: number | null): Promise<Presence> {
  const store = existsSync(join(base.home, `${runtime}.sqlite`)) ? base.runtime(runtime) : null;
  const places = placesOf(runtime, store, port);
  const place = { home: base.home, runtime, ...places, nowMs: base.clock.now() };
  const sighting = await findRuntime(place);
  if (sighting.kind !== "running") {
    return { running: false, pid: null, port: place.port, version: null, startedAtMs: null };
  }
  const { pid, version, startedAtMs } = sighting;
  return { running: true, pid, port: sighting.port, version, startedAtMs };
}

export interface StartOptions {
  readonly runtime: Runtime;
  readonly home: string;
  /** Null for the pinned or default port; 0 for any free one. */
  readonly port: number | null;
  readonly env: Environment;
  readonly onEvent?: (event: TelemetryEvent) => void;
  /** The machine's when left out. */
  readonly clock?: Clock;
  /** Of the bot that may control this runtime from paired chats; none when left out. */
  readonly telegramToken?: string | null;
  /** Whether the person at this machine is told of news by notifications of the system. */
  readonly alerts?: boolean;
}

export interface RunningRuntime {
  readonly runtime: Runtime;
  readonly port: number;
  readonly baseUrl: string;
  readonly startedAtMs: number;
  /** Attempts that run now. */
  inFlight(): number;
  stop(reason: string): Promise<void>;
}

/** Serves in this process until stopped. Rejects with an `OperationError`: `conflict` for a taken port. */
export async function startRuntime(options: StartOptions): Promise<RunningRuntime> {
  const { runtime } = options;
  const listeners: Emit[] = options.onEvent === undefined ? [] : [options.onEvent];
  const emit: Emit = (event) => {
    for (const listener of listeners) listener(event);
  };
  const clock = options.clock ?? SYSTEM_CLOCK;
  const base = await openBase(options.home, options.env, {
    clock,
    emit,
    gather: {
      clock,
      waitMs: LIMITS.gatherWritesMs,
      onLost: (error) => emit({ kind: "internal-error", id: "store", turnId: null, text: stackOf(error) }),
    },
  });
  const store = base.runtime(runtime);
  const live = openLiveState(base, store, emit);
  const engine = buildEngine(base, store, live, emit);
  const metrics = await openRuntimeMetrics(base, options, engine);
  listeners.push(metrics.hear);
  const place: Place = { port: 0, startedAtMs: base.clock.now() };
  const page = runtime === "desktop" ? await openDesktopPage(base, options, live, { place, emit }) : null;
  const serving = buildServing(base, options, engine, { metrics, page });
  const app = createHttpApp(serving);
  const door = openDoor(serving, (request) => app.fetch(request));
  const listening = await listenAt(options.port, runtime, store, door).catch((error) => {
    base.close();
    if (!(error instanceof PortTaken)) throw error;
    throw new OperationError("conflict", `Port ${error.port} is taken.`, "Choose another with --port=N.");
  });
  place.port = listening.port;
  const upkeep = startUpkeep({
    clock: base.clock,
    rng: base.rng,
    endpoints: base.endpoints,
    settings: base.settings(),
    runtime: store,
    upstream: base.upstream(),
    tokens: base.tokens(),
    isBusy: () => live.isBusy(),
  });
  const { startedAtMs } = place;
  emit({ kind: "runtime-started", runtime, port: listening.port, version: VERSION });
  const remote = await openRemote(base, options, live, { startedAtMs, emit });
  if (remote !== null) listeners.push(remote.hear);
  const alerts = options.alerts === true ? await openAlerts(base, options, live, emit) : null;
  if (alerts !== null) listeners.push(alerts.hear);
  return {
    runtime,
    port: listening.port,
    baseUrl: baseUrlOf(listening.port),
    startedAtMs,
    inFlight: () => live.inFlightTotal(),
    stop: async (reason) => {
      emit({ kind: "runtime-stopping", runtime, reason });
      upkeep.stop();
      await page?.stop();
      await Promise.all([listening.stop(LIMITS.drainMs), remote?.stop(), alerts?.stop()]);
      base.close();
    },
  };
}

/**
 * A port that was named is pinned. Any free one is for this time only: the one of last time, so that clients find a
 * runtime that was started again, else another.
 */
async function listenAt(wanted: number | null, runtime: Runtime, store: RuntimeStore, door: Door): Promise<Listening> {
  if (wanted !== 0) {
    const listening = await listen(wanted ?? portOf(runtime, store.port()), door);
    store.setPort(listening.port);
    store.setFreePort(null);
    return listening;
  }
  const listening = await listen(store.freePort() ?? 0, door).catch((error: unknown) => {
    if (!(error instanceof PortTaken)) throw error;
    return listen(0, door);
  });
  store.setFreePort(listening.port);
  return listening;
}

/** Null without a token; then nobody is said to listen either, whatever an earlier process left behind. */
async function openRemote(
  base: Base,
  options: StartOptions,
  live: LiveState,
  start: { readonly startedAtMs: number; readonly emit: Emit },
): Promise<Remote | null> {
  const store = base.runtime(options.runtime);
  const token = options.telegramToken ?? null;
  if (token === null) {
    if (store.remote().bot !== null) store.setRemote({ bot: null, code: null });
    return null;
  }
  const { startRemote } = await import("./telegram/remote.ts");
  const desk = deskOf(base, options.env, (accountKey) => live.inFlight(accountKey));
  const minuteOfDay = () => {
    const now = new Date(base.clock.now());
    return now.getHours() * 60 + now.getMinutes();
  };
  return startRemote({
    token,
    apiUrl: base.endpoints.telegramUrl,
    desk,
    store,
    randomBytes,
    minuteOfDay,
    newId,
    ...start,
  });
}

/** Where this process serves, once it does. */
interface Place {
  port: number;
  readonly startedAtMs: number;
}

/** Its own runtime is there whatever a file or a port says: it asks itself. */
async function openDesktopPage(
  base: Base,
  options: StartOptions,
  live: LiveState,
  { place, emit }: { readonly place: Place; readonly emit: Emit },
): Promise<PageDoor> {
  const { openPage } = await import("./server/page/open-page.ts");
  const desk = deskOf(base, options.env, (accountKey) => live.inFlight(accountKey));
  const own = (): Presence => ({ ...place, running: true, pid: process.pid, version: VERSION });
  const presence: Desk["presence"] = async (runtime, port) =>
    runtime === options.runtime ? own() : await desk.presence(runtime, port);
  return openPage({
    desk: { ...desk, presence },
    version: VERSION,
    emit,
    newId,
    inFlight: () => live.inFlightTotal(),
  });
}

/** Null where the system shows no notifications. */
async function openAlerts(
  base: Base,
  options: StartOptions,
  live: LiveState,
  emit: Emit,
): Promise<DesktopAlerts | null> {
  const { env } = options;
  const notifier = findNotifier(process.platform, env, (program) => Bun.which(program, { PATH: env["PATH"] ?? "" }));
  if (notifier === null) {
    emit({ kind: "alerts", level: "info", text: "this system shows no notifications: alerts are in this log only" });
    return null;
  }
  const { startDesktopAlerts } = await import("./alerts/desktop-alerts.ts");
  const onBug = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    emit({ kind: "internal-error", id: newId("err"), turnId: null, text });
  };
  return startDesktopAlerts({
    desk: deskOf(base, env, (accountKey) => live.inFlight(accountKey)),
    show: (notification) => showNotification(notifier, notification, env),
    onTrouble: () => emit({ kind: "alerts", level: "warn", text: `${notifier.name} showed no notification` }),
    onBug,
  });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function openLiveState(base: Base, store: RuntimeStore, emit: Emit): LiveState {
  const settings = base.settings();
  const offered = (accountKey: string): ReadonlySet<string> | null => {
    const catalogue = settings.catalogue(accountKey);
    return catalogue === null ? null : new Set(readCatalogue(catalogue.models).map((model) => model.id));
  };
  return new LiveState({ settings, runtime: store, clock: base.clock, emit, offeredModels: offered });
}

function buildEngine(base: Base, store: RuntimeStore, live: LiveState, emit: Emit): Engine {
  return {
    clock: base.clock,
    rng: base.rng,
    upstream: base.upstream(),
    tokens: base.tokens(),
    live,
    runtime: store,
    emit,
    names: nameReader(base.settings()),
    platform: `${type()}; ${arch()}`,
    hash: sha256,
    newId,
  };
}

async function openRuntimeMetrics(base: Base, options: StartOptions, engine: Engine): Promise<Metrics> {
  // Loaded here, so that short commands do not wait for it.
  const { openMetrics } = await import("./telemetry/metrics.ts");
  const { live, names } = engine;
  const desk = deskOf(base, options.env, (accountKey) => live.inFlight(accountKey));
  return openMetrics({
    version: VERSION,
    runtime: options.runtime,
    startedAtMs: base.clock.now(),
    profileStates: PROFILE_STATES,
    mainLimit: MAIN_LIMIT,
    isPublished: publishedReader(names),
    readPool: () => ({
      nowMs: base.clock.now(),
      isEnabled: base.settings().pool().enabled,
      isReady: isReady(engine),
      attemptsInFlight: live.inFlightTotal(),
      profiles: readProfiles(desk),
    }),
  });
}

/** What is served besides turns. */
interface Extras {
  readonly metrics: Metrics;
  readonly page: PageDoor | null;
}

function buildServing(base: Base, options: StartOptions, engine: Engine, extras: Extras): Serving {
  const { runtime } = options;
  return {
    runtime,
    version: VERSION,
    clock: base.clock,
    keys: openKeyRing(base, runtime, engine.emit),
    emit: engine.emit,
    newId,
    isReady: () => isReady(engine),
    names: engine.names,
    serve: (turn) => serveTurn(engine, turn),
    responses: engine.runtime,
    metrics: () => extras.metrics.render(),
    page: extras.page,
  };
}

function isReady(engine: Engine): boolean {
  const view = engine.live.view();
  const anything = { upstreamModel: "", isListed: false, kinds: ROUTES.turn.kinds };
  const needs = { ...anything, boundProfileId: null, ownerProfileId: null, tried: new Set<string>() };
  const isFree = (candidate: (typeof view.candidates)[number]) =>
    exclusionOf(candidate, needs, engine.clock.now()) === null;
  return view.settings.enabled && view.candidates.some(isFree);
}

function openKeyRing(base: Base, runtime: Runtime, emit: Emit): KeyRing {
  const store = base.runtime(runtime);
  const other: Runtime = runtime === "daemon" ? "desktop" : "daemon";
  return {
    runtime,
    clock: base.clock,
    wrong: new WrongKeys(base.clock, emit),
    hash: sha256,
    byHash: (hash) => store.keyByHash(hash),
    touch: (id, atMs) => void unlessFailing(emit, () => store.touchKey(id, atMs)),
    isOfOtherRuntime: (hash) => {
      if (!existsSync(join(base.home, `${other}.sqlite`))) return false;
      const record = unlessFailing(emit, () => base.runtime(other).keyByHash(hash)) ?? null;
      return record !== null && record.revokedAtMs === null;
    },
  };
}

/** What is only good to have must not cost a client its answer when a store fails: it is done without, and said. */
function unlessFailing<Answer>(emit: Emit, work: () => Answer): Answer | null {
  try {
    return work();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    emit({ kind: "internal-error", id: "store", turnId: null, text });
    return null;
  }
}
