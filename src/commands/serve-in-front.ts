/**
 * Serves as a runtime in this process until somebody stops it. Owns the order of things: one runtime a home, the pid
 * file, the remembered port, and the end.
 */

import type { RunningRuntime } from "../app.ts";
import { findRuntime } from "../daemon/find-runtime.ts";
import { REQUESTS_VARIABLE, RUNTIME_VARIABLES } from "../daemon/launch-runtime.ts";
import { claimPidFile, releasePidFile } from "../daemon/pid-file.ts";
import { describeHolder, findPortHolder } from "../daemon/port-holder.ts";
import { logPath, trimOwnLog } from "../daemon/runtime-log.ts";
import { LIMITS } from "../limits.ts";
import { type Desk, OperationError } from "../operations/operation.ts";
import { placesOf, portOf } from "../operations/runtime-address.ts";
import type { Runtime } from "../ports.ts";
import type { Emit } from "../telemetry/events.ts";
import type { LogFormat } from "../telemetry/log.ts";
import type { CommandIo, StopSignal } from "./command-io.ts";
import { openLogSink } from "./runtime-log-sink.ts";

export interface ServeOptions {
  readonly runtime: Runtime;
  /** Null for the remembered or default port. */
  readonly port: number | null;
  /** Null for the one that suits where stderr goes. */
  readonly logFormat?: LogFormat | null;
  /** Whether news is shown by notifications of the system. */
  readonly alerts?: boolean;
  /** Asked once the program will not be started anew: what comes from stdin can be read only once. */
  readTelegramToken?(): Promise<string | null>;
  onServing(running: RunningRuntime): Promise<void>;
}

const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };
/** The drain has its own bound; this one is for a stop that hangs in spite of it. */
const STOP_GRACE_MS = 5_000;
const LOG_LOOK_MS = 60_000;
const STDERR = 2;

/** Bun reads these once, before our first line runs: only a fresh start of the program can set them. */
export function setRuntimeVariables(io: CommandIo): void {
  if (io.env[REQUESTS_VARIABLE] !== undefined || io.reexec === null) return;
  io.reexec({ ...RUNTIME_VARIABLES, ...io.env, [REQUESTS_VARIABLE]: RUNTIME_VARIABLES[REQUESTS_VARIABLE] });
}

async function refuseSecond(io: CommandIo, desk: Desk, runtime: Runtime): Promise<void> {
  const nowMs = io.clock.now();
  const holder = claimPidFile(desk.home, runtime, io.pid, nowMs);
  if (holder === null) return;
  const places = placesOf(runtime, desk.runtime(runtime), null);
  const sighting = await findRuntime({ home: desk.home, runtime, ...places, nowMs });
  const where = sighting.kind === "running" ? ` at port ${sighting.port}` : " but does not answer";
  throw new OperationError(
    "conflict",
    `The ${runtime} runtime already runs${where} (pid ${holder.pid}).`,
    runtime === "daemon" ? "Stop it first: codexuse daemon stop" : `Stop it first: kill ${holder.pid}`,
  );
}

/** Names whoever has the port; everything else that goes wrong stays as it is. */
function explainStart(error: unknown, port: number): unknown {
  if (!(error instanceof OperationError) || error.reason !== "conflict") return error;
  const holder = describeHolder(findPortHolder(port));
  return new OperationError("conflict", `Port ${port} is taken by ${holder}.`, "Choose another one with --port=N.");
}

async function startRuntime(io: CommandIo, desk: Desk, options: ServeOptions, onEvent: Emit): Promise<RunningRuntime> {
  const { runtime, port } = options;
  const telegramToken = (await options.readTelegramToken?.()) ?? null;
  const store = desk.runtime(runtime);
  try {
    return await io.doors.startRuntime({
      runtime,
      home: desk.home,
      port,
      telegramToken,
      alerts: options.alerts === true,
      env: io.env,
      onEvent,
    });
  } catch (error) {
    throw explainStart(error, portOf(runtime, port ?? store.port()));
  }
}

/** Resolves at the first signal. The second ends the process at once, for whoever does not want to wait. */
function waitForSignal(io: CommandIo, giveUp: () => void): { readonly first: Promise<StopSignal>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<StopSignal>();
  let seen = 0;
  const stop = io.onStopSignal((signal) => {
    seen += 1;
    if (seen === 1) return resolve(signal);
    giveUp();
    io.exitNow(SIGNAL_EXIT_CODES[signal]);
  });
  return { first: promise, stop };
}

async function drain(io: CommandIo, running: RunningRuntime, signal: StopSignal): Promise<void> {
  const seconds = Math.round(LIMITS.drainMs / 1_000);
  if (io.stderr.isTty) io.tell("info", `Running turns may take up to ${seconds} s. Ctrl-C again ends them at once.`);
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = io.clock.after(LIMITS.drainMs + STOP_GRACE_MS, resolve);
  await io.announceStopping();
  await Promise.race([running.stop(signal), promise]);
  cancel();
}

/** Keeps the background log within its bound for as long as the answer is not called. */
function watchLog(io: CommandIo, path: string): () => void {
  let cancel = (): void => undefined;
  const look = (): void => {
    trimOwnLog(path, STDERR, LIMITS.logBytesMax);
    cancel = io.clock.after(LOG_LOOK_MS, look);
  };
  look();
  return () => cancel();
}

/** Returns when the runtime has stopped. Throws `conflict` for a second runtime of this home and for a taken port. */
export async function serveInFront(io: CommandIo, desk: Desk, options: ServeOptions): Promise<void> {
  const { runtime } = options;
  setRuntimeVariables(io);
  // Opened first, for it makes the home folder that the pid file goes to.
  desk.runtime(runtime);
  await refuseSecond(io, desk, runtime);
  const log = openLogSink(io, options.logFormat ?? null);
  const release = (): void => {
    log.end();
    releasePidFile(desk.home, runtime, io.pid);
  };
  const signals = waitForSignal(io, release);
  try {
    const running = await startRuntime(io, desk, options, log.hear);
    const unwatchLog = watchLog(io, logPath(desk.home, runtime));
    await options.onServing(running);
    await io.announceReady(`Serving at ${running.baseUrl}`);
    await drain(io, running, await signals.first);
    unwatchLog();
  } finally {
    signals.stop();
    release();
  }
}
