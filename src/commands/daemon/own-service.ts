/** Is the daemon of this home a service? Then whoever starts it means the service. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { placesOf } from "../../daemon/service-plan.ts";
import { openSystemctl, type Systemctl } from "../../daemon/systemctl.ts";
import { readSystemdUnit } from "../../daemon/systemd-unit.ts";
import { type Desk, OperationError } from "../../operations/operation.ts";
import type { CommandIo } from "../command-io.ts";
import { SYSTEM_HOME } from "./service-target.ts";

/** How to talk to the service, of one's own or of the machine, that serves this home; null when there is none. */
export function findOwnService(io: CommandIo, desk: Desk): Systemctl | null {
  if (process.platform !== "linux") return null;
  const path = placesOf("user", io.env, homedir()).unit;
  const unit = existsSync(path) ? readSystemdUnit(readFileSync(path, "utf8")) : null;
  if (unit?.home === desk.home) return openSystemctl("user", io.env);
  return isMachineService(desk) ? openSystemctl("system", io.env) : null;
}

/** Whether the service of the machine, whose unit has this text, serves `home`. Pure. */
export function isServiceOf(unitText: string, home: string): boolean {
  const unit = readSystemdUnit(unitText);
  return unit !== null && (unit.home ?? SYSTEM_HOME) === home;
}

/** Whether the daemon of this home is a service of the machine: its words are in the journal, then. */
export function isMachineService(desk: Desk): boolean {
  if (process.platform !== "linux") return false;
  const path = placesOf("system", {}, "").unit;
  return existsSync(path) && isServiceOf(readFileSync(path, "utf8"), desk.home);
}

/** Port and bot of a service are in its unit: to change them is to install it anew. */
export function refuseBesideService(service: Systemctl | null, port: number | null, token: string | null): void {
  if (service === null || (port === null && token === null)) return;
  throw new OperationError(
    "conflict",
    "The daemon is installed as a service, which has its own port and bot.",
    "Install it anew with what you want: codexuse daemon install --port=N --telegram-bot-token=file:PATH",
  );
}
