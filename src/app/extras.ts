/**
 * What does a runtime have besides its turns? Metrics, the Settings page, notifications, a remote control. Each is loaded
 * here when a runtime starts, so that short commands do not wait for it.
 */
import { randomBytes } from "node:crypto";
import process from "node:process";
import type { DesktopAlerts } from "../alerts/desktop-alerts.ts";
import { findNotifier } from "../alerts/notifier.ts";
import { showNotification } from "../alerts/show-notification.ts";
import { type NameTable, publishedNames } from "../models/resolve.ts";
import type { Desk, Presence } from "../operations/operation.ts";
import { PROFILE_STATES } from "../operations/profile-view.ts";
import { readProfiles } from "../operations/read-profiles.ts";
import type { Environment, Runtime } from "../ports.ts";
import type { Engine } from "../router/engine.ts";
import { MAIN_LIMIT } from "../router/rules/account-state.ts";
import type { PageDoor } from "../server/serving.ts";
import type { Remote } from "../telegram/remote.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import { VERSION } from "../version.ts";
import { isReady } from "./is-ready.ts";
import { newId } from "./new-id.ts";

/** What the extras are built upon. */
export interface Ground {
  readonly runtime: Runtime;
  readonly engine: Engine;
  readonly desk: Desk;
  /** Where this process serves; the port once it does. */
  readonly place: { port: number; readonly startedAtMs: number };
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

export async function openRuntimeMetrics({ runtime, engine, desk, place }: Ground): Promise<Metrics> {
  const { openMetrics } = await import("../telemetry/metrics.ts");
  const { clock, live, names } = engine;
  return openMetrics({
    version: VERSION,
    runtime,
    startedAtMs: place.startedAtMs,
    profileStates: PROFILE_STATES,
    mainLimit: MAIN_LIMIT,
    isPublished: publishedReader(names),
    readPool: () => ({
      nowMs: clock.now(),
      isEnabled: desk.settings().pool().enabled,
      isReady: isReady(engine),
      attemptsInFlight: live.inFlightTotal(),
      profiles: readProfiles(desk),
    }),
  });
}

/** Null for the daemon, which has none. Its own runtime is there whatever a file or a port says: it asks itself. */
export async function openDesktopPage({ runtime, engine, desk, place }: Ground): Promise<PageDoor | null> {
  if (runtime !== "desktop") return null;
  const { openPage } = await import("../server/page/open-page.ts");
  const own = (): Presence => ({ ...place, running: true, pid: process.pid, version: VERSION });
  const presence: Desk["presence"] = async (wanted, port) =>
    wanted === runtime ? own() : await desk.presence(wanted, port);
  return openPage({
    desk: { ...desk, presence },
    version: VERSION,
    emit: engine.emit,
    newId,
    inFlight: () => engine.live.inFlightTotal(),
  });
}

/** Null without a token; then nobody is said to listen either, whatever an earlier process left behind. */
export async function openRemote({ engine, desk, place }: Ground, token: string | null): Promise<Remote | null> {
  const { clock, emit, runtime: store } = engine;
  if (token === null) {
    if (store.remote().bot !== null) store.setRemote({ bot: null, code: null });
    return null;
  }
  const { startRemote } = await import("../telegram/remote.ts");
  const minuteOfDay = () => {
    const now = new Date(clock.now());
    return now.getHours() * 60 + now.getMinutes();
  };
  return startRemote({
    token,
    apiUrl: desk.endpoints.telegramUrl,
    desk,
    store,
    randomBytes,
    minuteOfDay,
    newId,
    startedAtMs: place.startedAtMs,
    emit,
  });
}

/** Null where the system shows no notifications. */
export async function openAlerts({ engine, desk }: Ground, env: Environment): Promise<DesktopAlerts | null> {
  const { emit } = engine;
  const notifier = findNotifier(process.platform, env, (program) => Bun.which(program, { PATH: env["PATH"] ?? "" }));
  if (notifier === null) {
    emit({ kind: "alerts", level: "info", text: "this system shows no notifications: alerts are in this log only" });
    return null;
  }
  const { startDesktopAlerts } = await import("../alerts/desktop-alerts.ts");
  return startDesktopAlerts({
    desk,
    show: (notification) => showNotification(notifier, notification, env),
    onTrouble: () => emit({ kind: "alerts", level: "warn", text: `${notifier.name} showed no notification` }),
    onBug: (error) => emit({ kind: "internal-error", id: newId("err"), turnId: null, text: stackOf(error) }),
  });
}
