/**
 * Does a runtime of this home serve, and where? Joins the two witnesses: the pid file, which may be stale, and the port,
 * which may be somebody else's. Only both together make "running".
 */
import type { Runtime } from "../ports.ts";
import { askHealth, type Health } from "./ask-health.ts";
import { readPidFile } from "./pid-file.ts";

/** A runtime on the same machine answers in a few milliseconds, unless it is hung. */
const ANSWER_MS = 2_000;

export type Sighting =
  | {
      readonly kind: "running";
      readonly pid: number;
      readonly port: number;
      readonly version: string;
      readonly startedAtMs: number;
    }
  /** Our process lives but does not answer: it starts, stops or hangs. */
  | { readonly kind: "silent"; readonly pid: number; readonly port: number }
  /** Not ours, and the port is taken. */
  | { readonly kind: "foreign"; readonly port: number; readonly health: Health }
  | { readonly kind: "absent"; readonly port: number };

export interface Whereabouts {
  readonly home: string;
  readonly runtime: Runtime;
  readonly port: number;
  /** Where it may serve instead, for this time only; believed only of a process that lives. Null for nowhere else. */
  readonly freePort: number | null;
  readonly nowMs: number;
}

function isOwn(health: Health, runtime: Runtime, pid: number): health is Extract<Health, { kind: "codexuse" }> {
  return health.kind === "codexuse" && health.runtime === runtime && (health.pid ?? pid) === pid;
}

export async function findRuntime(place: Whereabouts): Promise<Sighting> {
  const { runtime, freePort } = place;
  const entry = readPidFile(place.home, runtime, place.nowMs);
  if (entry === null) {
    const { port } = place;
    const health = await askHealth(port, ANSWER_MS);
    return health.kind === "nobody" ? { kind: "absent", port } : { kind: "foreign", port, health };
  }
  const { pid, writtenAtMs: startedAtMs } = entry;
  for (const port of freePort === null ? [place.port] : [freePort, place.port]) {
    const health = await askHealth(port, ANSWER_MS);
    if (isOwn(health, runtime, pid)) return { kind: "running", pid, port, version: health.version, startedAtMs };
  }
  return { kind: "silent", pid, port: freePort ?? place.port };
}
