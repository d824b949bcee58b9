/**
 * Puts the daemon's unit in place and starts it. Answers only when a daemon of that home answers as itself; whatever goes
 * wrong before that is taken back, so that an installation is there whole or not at all.
 */
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { findRuntime, type Sighting } from "../../daemon/find-runtime.ts";
import type { ServicePlaces, ServicePlan, ServiceScope } from "../../daemon/service-plan.ts";
import { readUnitState, type Systemctl } from "../../daemon/systemctl.ts";
import { readSystemdUnit, renderSystemdUnit, UNIT_NAME } from "../../daemon/systemd-unit.ts";
import { LIMITS } from "../../limits.ts";
import { OperationError } from "../../operations/operation.ts";
import { DEFAULT_PORTS } from "../../operations/runtime-address.ts";
import type { CommandIo } from "../command-io.ts";
import type { ServiceTarget } from "./service-target.ts";

export interface Installation {
  readonly target: ServiceTarget;
  readonly systemctl: Systemctl;
  /** To be written for the daemon to read; null when there is none. */
  readonly token: string | null;
  readonly starts: boolean;
}

const LOOK_EVERY_MS = 50;

/** The text of the unit that is in place, which has to be ours; null when there is none. */
export function readInstalled(path: string): string | null {
  const text = existsSync(path) ? readFileSync(path, "utf8") : null;
  if (text === null || readSystemdUnit(text) !== null) return text;
  throw new OperationError("conflict", `${path} was not written by codexuse.`, "Move it away, or edit it by hand.");
}

function ask(systemctl: Systemctl, ...words: readonly string[]): string {
  const answer = systemctl(...words);
  if (answer.kind === "done") return answer.text;
  if (answer.kind === "missing") {
    throw new OperationError(
      "failed",
      "No systemd runs this machine.",
      "Run the daemon in the background instead: codexuse daemon start",
    );
  }
  const hint = /bus|XDG_RUNTIME_DIR/.test(answer.text)
    ? "No session of yours was found. Sign in directly, not with su or sudo, or install for the machine: --system"
    : null;
  throw new OperationError("failed", `systemd refused: ${answer.text}`, hint);
}

/** Nobody ever sees a file half written. */
function placeFile(path: string, text: string, mode: number): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(unfinished, text, { mode });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code !== "ENOTEMPTY" && code !== "ENOENT" && code !== "EEXIST") throw error;
  }
}

/** systemd refuses to start a service whose place to write is missing. */
function makeChosenHome({ home, user }: ServicePlan, env: CommandIo["env"]): void {
  if (home === null || existsSync(home)) return;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (user !== null) chownSync(home, Number(env["SUDO_UID"]), Number(env["SUDO_GID"]));
}

/** Folders that were made for the service, as far as nobody else uses them. */
export function removeFolders(scope: ServiceScope, places: ServicePlaces): void {
  removeIfEmpty(places.credentials);
  if (scope === "system") return;
  const folder = dirname(places.unit);
  removeIfEmpty(folder);
  removeIfEmpty(dirname(folder));
}

function placeFiles({ target, token }: Installation): void {
  if (token !== null) for (const path of target.plan.owned) placeFile(path, `${token}\n`, 0o600);
  placeFile(target.places.unit, renderSystemdUnit(target.plan), 0o644);
}

/** As it was before. What systemd says to that does not matter: the first failure is the one to be told. */
function takeBack({ target, systemctl }: Installation, before: string | null): void {
  if (before === null) {
    systemctl("disable", "--now", UNIT_NAME);
    rmSync(target.places.unit, { force: true });
    for (const path of target.plan.owned) rmSync(path, { force: true });
    removeFolders(target.plan.scope, target.places);
  } else placeFile(target.places.unit, before, 0o644);
  systemctl("daemon-reload");
  systemctl("reset-failed", UNIT_NAME);
}

function notServing(installation: Installation, message: string): OperationError {
  const words = installation.target.plan.scope === "user" ? "codexuse daemon logs" : `journalctl -u ${UNIT_NAME} -n 20`;
  const hint = `It was taken back. Its last words: ${words}`;
  return new OperationError("failed", message, hint);
}

/** systemd itself says little more than that it did not work: the daemon's own words are in its log. */
function startUnit(installation: Installation, verb: "start" | "restart"): void {
  const answer = installation.systemctl(verb, UNIT_NAME);
  if (answer.kind === "refused") throw notServing(installation, `The service did not come up: ${answer.text}`);
}

/** Looks until the process that systemd started answers as the daemon of this home. */
async function awaitIdentity(installation: Installation, io: CommandIo): Promise<Sighting> {
  const { target, systemctl } = installation;
  const untilMs = performance.now() + LIMITS.startWaitMs;
  for (;;) {
    const state = readUnitState(systemctl);
    const port = state?.port ?? target.plan.port ?? DEFAULT_PORTS.daemon;
    const sighting = await findRuntime({
      home: target.home,
      runtime: "daemon",
      port,
      freePort: null,
      nowMs: io.clock.now(),
    });
    if (sighting.kind === "running" && sighting.pid === state?.pid) return sighting;
    if (state === null || state.active === "failed" || state.active === "inactive" || performance.now() >= untilMs) {
      const how = state === null ? "systemd does not answer" : `${state.active}, ${state.result}`;
      throw notServing(installation, `The service started but no daemon of ${target.home} answers (${how}).`);
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

export interface Installed {
  readonly changed: boolean;
  /** Null when it was not to be started. */
  readonly sighting: Sighting | null;
}

/** Throws `conflict` for a unit of somebody else's and `failed` when the daemon does not come up. */
export async function installService(installation: Installation, io: CommandIo): Promise<Installed> {
  const { target, systemctl, starts } = installation;
  const before = readInstalled(target.places.unit);
  const changed = before !== renderSystemdUnit(target.plan) || installation.token !== null;
  try {
    makeChosenHome(target.plan, io.env);
    placeFiles(installation);
    ask(systemctl, "daemon-reload");
    ask(systemctl, "enable", UNIT_NAME);
    if (!starts) return { changed, sighting: null };
    startUnit(installation, changed ? "restart" : "start");
    return { changed, sighting: await awaitIdentity(installation, io) };
  } catch (error) {
    takeBack(installation, before);
    throw error;
  }
}
