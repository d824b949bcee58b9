/** Asks systemd to do things. Runs `systemctl` as it is found, and tells what it said when it refuses. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import type { Environment } from "../ports.ts";
import type { ServiceScope } from "./service-plan.ts";
import { UNIT_NAME } from "./systemd-unit.ts";

export type SystemctlAnswer =
  | { readonly kind: "done"; readonly text: string }
  /** There is no systemctl here, or systemd does not run this machine. */
  | { readonly kind: "missing" }
  /** `text` is what it said, in one line. */
  | { readonly kind: "refused"; readonly text: string };

/** A start waits for the daemon to be ready, which the unit itself bounds at 30 seconds. */
const TIMEOUT_MS = 60_000;

export type Systemctl = (...words: readonly string[]) => SystemctlAnswer;

function judge(run: SpawnSyncReturns<string>): SystemctlAnswer {
  if (run.error !== undefined && "code" in run.error && run.error.code === "ENOENT") return { kind: "missing" };
  const said = `${run.stderr ?? ""}${run.error?.message ?? ""}`.trim().replace(/\s*\n\s*/g, " ");
  // It has no code of its own for this, and says it in every language alike.
  if (run.status !== 0 && said.includes("not been booted with systemd")) return { kind: "missing" };
  if (run.status === 0) return { kind: "done", text: run.stdout };
  return { kind: "refused", text: said === "" ? `systemctl ended with ${run.status ?? "a signal"}` : said };
}

export function openSystemctl(scope: ServiceScope, env: Environment): Systemctl {
  const manager = scope === "user" ? ["--user"] : [];
  return (...words) =>
    judge(
      spawnSync("systemctl", [...manager, "--no-pager", "--no-ask-password", ...words], {
        encoding: "utf8",
        env: { ...env },
        timeout: TIMEOUT_MS,
      }),
    );
}

export interface UnitState {
  /** As systemd has it: `active`, `failed`, `inactive`, … */
  readonly active: string;
  readonly result: string;
  readonly pid: number | null;
  /** Where it serves, by its own words to systemd. */
  readonly port: number | null;
}

/** What `systemctl show` prints, a `Name=value` a line. Pure. */
export function parseUnitState(text: string): UnitState {
  const values = new Map(
    text.split("\n").map((line): [string, string] => {
      const [name = "", ...rest] = line.split("=");
      return [name, rest.join("=")];
    }),
  );
  const pid = Number(values.get("MainPID"));
  const port = /^Serving at http:\/\/127\.0\.0\.1:(\d+)\//.exec(values.get("StatusText") ?? "")?.[1];
  return {
    active: values.get("ActiveState") ?? "unknown",
    result: values.get("Result") ?? "unknown",
    pid: pid > 0 ? pid : null,
    port: port === undefined ? null : Number(port),
  };
}

/** Null when systemd does not answer. */
export function readUnitState(systemctl: Systemctl): UnitState | null {
  const answer = systemctl("show", UNIT_NAME, "--property=ActiveState,Result,MainPID,StatusText");
  return answer.kind === "done" ? parseUnitState(answer.text) : null;
}
