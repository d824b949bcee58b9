/** Is the installed service, if there is one, up and the daemon that serves? */
import { existsSync, readFileSync } from "node:fs";
import { readPidFile } from "../daemon/pid-file.ts";
import { placesOf, SERVICE_SCOPES, type ServiceScope } from "../daemon/service-plan.ts";
import { openSystemctl, readUnitState } from "../daemon/systemctl.ts";
import { readSystemdUnit, UNIT_NAME } from "../daemon/systemd-unit.ts";
import type { Environment } from "../ports.ts";
import { type Finding, finding } from "./finding.ts";

export interface ServiceView {
  readonly env: Environment;
  readonly homedir: string;
  readonly home: string;
  readonly nowMs: number;
}

/** The program in `ExecStart=`, quotes off; null when it is not of our form. */
function programOf(unit: string): string | null {
  const match = /^ExecStart=(?:"((?:[^"\\]|\\.)*)"|(\S+))/m.exec(unit);
  const word = match?.[1]?.replace(/\\(.)/g, "$1") ?? match?.[2];
  return word?.replaceAll("%%", "%").replaceAll("$$", "$") ?? null;
}

function stateFindings(scope: ServiceScope, home: string | null, view: ServiceView): Finding[] {
  const words = `systemctl ${scope === "user" ? "--user " : ""}`;
  const state = readUnitState(openSystemctl(scope, view.env));
  if (state === null) {
    return [finding("warning", "service-unknown", `systemd does not tell how ${UNIT_NAME} stands.`, `${words}status`)];
  }
  if (state.pid === null) {
    const text = `The service is installed but not running (${state.active}, ${state.result}).`;
    return [finding("warning", "service-down", text, `${words}start ${UNIT_NAME}`)];
  }
  const other = home === view.home ? readPidFile(view.home, "daemon", view.nowMs) : null;
  if (other === null || other.pid === state.pid) return [];
  const text = `The daemon that serves (pid ${other.pid}) is not the service's (pid ${state.pid}).`;
  return [
    finding("warning", "daemon-beside-service", text, `codexuse daemon stop, then: ${words}restart ${UNIT_NAME}`),
  ];
}

export function checkService(view: ServiceView): Finding[] {
  if (process.platform !== "linux") return [];
  return SERVICE_SCOPES.flatMap((scope) => {
    const path = placesOf(scope, view.env, view.homedir).unit;
    const unit = existsSync(path) ? readFileSync(path, "utf8") : null;
    const installed = unit === null ? null : readSystemdUnit(unit);
    if (unit === null || installed === null) return [];
    const program = programOf(unit);
    if (program !== null && !existsSync(program)) {
      const text = `The service starts ${program}, which is not there any more.`;
      return [finding("error", "service-program-missing", text, `codexuse daemon install --${scope}`)];
    }
    return stateFindings(scope, installed.home, view);
  });
}
