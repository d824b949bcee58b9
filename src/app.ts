/**
 * How is it put together? With `app/`, the only code that sees every room: the desk that commands work at, and a runtime
 * that serves. Decides nothing.
 */
import { homedir } from "node:os";
import { buildDesk } from "./app/build-desk.ts";
import { buildEngine } from "./app/build-engine.ts";
import { buildServing } from "./app/build-serving.ts";
import { type Ground, openAlerts, openDesktopPage, openRemote, openRuntimeMetrics } from "./app/extras.ts";
import { listenAt } from "./app/listen-at.ts";
import { type BaseNeeds, openBase } from "./app/open-base.ts";
import { openServingClock } from "./clock.ts";
import { LIMITS } from "./limits.ts";
import type { Desk } from "./operations/operation.ts";
import { baseUrlOf } from "./operations/runtime-address.ts";
import type { Clock, Environment, Runtime } from "./ports.ts";
import { createHttpApp } from "./server/http.ts";
import { openDoor } from "./server/socket-door.ts";
import { resolveHome } from "./store/home.ts";
import type { Emit, TelemetryEvent } from "./telemetry/events.ts";
import { stackOf } from "./telemetry/stack-of.ts";
import { startUpkeep } from "./upkeep.ts";
import { VERSION } from "./version.ts";

/** The desk for the command line: operations on the stores, whether a runtime serves or not. */
export async function openDesk(env: Environment): Promise<Desk> {
  return buildDesk(await openBase(resolveHome(env, homedir()), env), env, () => null);
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
  const { runtime, env } = options;
  const listeners: Emit[] = options.onEvent === undefined ? [] : [options.onEvent];
  const emit: Emit = (event) => {
    for (const listener of listeners) listener(event);
  };
  const base = await openBase(options.home, env, needsOf(options.clock ?? openServingClock(), emit));
  const engine = buildEngine(base, runtime, emit);
  const { live } = engine;
  const desk = buildDesk(base, env, (accountKey) => live.inFlight(accountKey));
  const place = { port: 0, startedAtMs: base.clock.now() };
  const ground: Ground = { runtime, engine, desk, place };

  const metrics = await openRuntimeMetrics(ground);
  listeners.push(metrics.hear);
  const page = await openDesktopPage(ground);
  const serving = buildServing(base, runtime, engine, { metrics, page });
  const app = createHttpApp(serving);
  const door = openDoor(serving, (request) => app.fetch(request));
  const listening = await listenAt(options.port, runtime, engine.runtime, door).catch((error: unknown) => {
    base.close();
    throw error;
  });
  place.port = listening.port;
  const upkeep = startUpkeep({
    ...engine,
    settings: base.settings(),
    tokens: base.tokens(),
    endpoints: base.endpoints,
    isBusy: () => live.isBusy(),
  });
  emit({ kind: "runtime-started", runtime, port: listening.port, version: VERSION });
  const remote = await openRemote(ground, options.telegramToken ?? null);
  if (remote !== null) listeners.push(remote.hear);
  const alerts = options.alerts === true ? await openAlerts(ground, env) : null;
  if (alerts !== null) listeners.push(alerts.hear);

  return {
    runtime,
    port: listening.port,
    baseUrl: baseUrlOf(listening.port),
    startedAtMs: place.startedAtMs,
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

function needsOf(clock: Clock, emit: Emit): BaseNeeds {
  const onTrouble = (error: unknown) =>
    emit({ kind: "internal-error", id: "store", turnId: null, text: stackOf(error) });
  return { clock, emit, gather: { clock, waitMs: LIMITS.gatherWritesMs, onTrouble } };
}
