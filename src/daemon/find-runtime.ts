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
  readonly nowMs: number;
}

export async function findRuntime(place: Whereabouts): Promise<Sighting> {
  const { port, runtime } = place;
  const entry = readPidFile(place.home, runtime, place.nowMs);
  const health = await askHealth(port, ANSWER_MS);
  if (entry === null) return health.kind === "nobody" ? { kind: "absent", port } : { kind: "foreign", port, health };
  const { pid } = entry;
  if (health.kind !== "codexuse" || health.runtime !== runtime || (health.pid ?? pid) !== pid) {
    return { kind: "silent", pid, port };
  }
  return { kind: "running", pid, port, version: health.version, startedAtMs: entry.writtenAtMs };
}
