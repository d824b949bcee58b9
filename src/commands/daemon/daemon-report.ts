/** How the daemon stands, as `start`, `restart`, `stop` and `status` say it. */
import { findRuntime, type Sighting } from "../../daemon/find-runtime.ts";
import { JOURNAL } from "../../daemon/journal.ts";
import { describeHolder, findPortHolder } from "../../daemon/port-holder.ts";
import { logPath } from "../../daemon/runtime-log.ts";
import type { Desk } from "../../operations/operation.ts";
import { baseUrlOf, placesOf } from "../../operations/runtime-address.ts";
import type { CommandIo } from "../command-io.ts";
import { spanText } from "../spans.ts";
import { isMachineService } from "./own-service.ts";

export interface DaemonReport {
  readonly runtime: "daemon";
  readonly running: boolean;
  readonly pid: number | null;
  readonly port: number;
  readonly base_url: string;
  readonly version: string | null;
  readonly uptime_s: number | null;
  readonly log: string;
  /** The bot that listens, and what pairs the next chat with it; null when none does. */
  readonly telegram: { readonly bot: string; readonly chats: number; readonly pairing_code: string | null } | null;
  readonly hint: string | null;
}

/** Looks where the daemon was asked to be, else where it was last, else at its default. */
export function findDaemon(io: CommandIo, desk: Desk, port: number | null): Promise<Sighting> {
  const places = placesOf("daemon", desk.runtime("daemon"), port);
  return findRuntime({ home: desk.home, runtime: "daemon", ...places, nowMs: io.clock.now() });
}

/** Who has the port, when it is not our daemon. */
export function describeForeign(sighting: Extract<Sighting, { kind: "foreign" }>): string {
  const holder = describeHolder(findPortHolder(sighting.port));
  if (sighting.health.kind !== "codexuse") return `Port ${sighting.port} is taken by ${holder}.`;
  return `Port ${sighting.port} is taken by the ${sighting.health.runtime} runtime of another home: ${holder}.`;
}

function hintFor(sighting: Sighting): string | null {
  switch (sighting.kind) {
    case "running":
      return null;
    case "silent":
      return `Its process (pid ${sighting.pid}) lives but does not answer: codexuse daemon restart`;
    case "foreign":
      return `${describeForeign(sighting)} Choose another one: codexuse daemon start --port=N`;
    case "absent":
      return "Start it: codexuse daemon start";
  }
}

function telegramOf(desk: Desk): DaemonReport["telegram"] {
  const store = desk.runtime("daemon");
  const { bot, code } = store.remote();
  return bot === null ? null : { bot, chats: store.remoteChats().length, pairing_code: code };
}

/** What only the home knows of its daemon. */
export interface DaemonFacts {
  readonly log: string;
  readonly telegram: DaemonReport["telegram"];
}

export function reportWith(facts: DaemonFacts, sighting: Sighting, nowMs: number): DaemonReport {
  const isRunning = sighting.kind === "running";
  return {
    runtime: "daemon",
    running: isRunning,
    pid: "pid" in sighting ? sighting.pid : null,
    port: sighting.port,
    base_url: baseUrlOf(sighting.port),
    version: isRunning ? sighting.version : null,
    uptime_s: isRunning ? Math.max(0, Math.floor((nowMs - sighting.startedAtMs) / 1_000)) : null,
    log: facts.log,
    telegram: facts.telegram,
    hint: hintFor(sighting),
  };
}

export function reportOn(sighting: Sighting, desk: Desk, nowMs: number): DaemonReport {
  const log = isMachineService(desk) ? JOURNAL : logPath(desk.home, "daemon");
  return reportWith({ log, telegram: sighting.kind === "running" ? telegramOf(desk) : null }, sighting, nowMs);
}

function telegramLines(telegram: DaemonReport["telegram"]): string[] {
  if (telegram === null) return [];
  const { bot, chats, pairing_code: code } = telegram;
  const paired = chats === 0 ? "no chat paired" : `${chats} chat${chats === 1 ? "" : "s"} paired`;
  return [`Telegram  @${bot}, ${paired}`, ...(code === null ? [] : [`          To pair one, send it: /pair ${code}`])];
}

export function renderReport(report: DaemonReport): string {
  if (!report.running) return "Daemon    not running";
  const up = spanText((report.uptime_s ?? 0) * 1_000);
  return [
    `Daemon    running (pid ${report.pid}, version ${report.version}, up ${up})`,
    `Base URL  ${report.base_url}`,
    `Log       ${report.log}`,
    ...telegramLines(report.telegram),
  ].join("\n");
}
