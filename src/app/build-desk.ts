/** What do operations work on? The stores of one home, whether a runtime serves it or not. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CALLBACK_PORTS } from "../accounts/browser-login.ts";
import { findRuntime } from "../daemon/find-runtime.ts";
import { type Desk, OperationError, type Presence } from "../operations/operation.ts";
import { placesOf } from "../operations/runtime-address.ts";
import type { Environment, Runtime } from "../ports.ts";
import { backUpHome } from "../store/back-up-home.ts";
import { ensureHome } from "../store/home.ts";
import { rekey } from "../store/rekey.ts";
import { restoreHome } from "../store/restore-home.ts";
import { VERSION } from "../version.ts";
import type { Base } from "./open-base.ts";

/** `inFlight` tells nothing but null in a process that serves no turns itself. */
export function buildDesk(base: Base, env: Environment, inFlight: Desk["inFlight"]): Desk {
  return {
    ...base,
    callbackPorts: readCallbackPorts(env),
    masterKeyPlace: () => {
      ensureHome(base.home);
      return base.keys.place();
    },
    rekey: (to) => rekey({ ...base, settings: base.settings() }, to),
    backUp: (wish) => backUpHome(base.home, base.keys, { ...wish, nowMs: base.clock.now(), version: VERSION }),
    restore: (wish) => restoreHome(base.home, { ...wish, nowMs: base.clock.now(), keys: base.keys.existing() }),
    presence: (runtime, port) => lookForRuntime(base, runtime, port),
    inFlight,
  };
}

/**
 * Upstream sends browsers to its own two ports; others serve a stand-in for upstream, with whom a machine may have several
 * sign-ins at once.
 */
function readCallbackPorts(env: Environment): readonly number[] {
  const text = env["CODEXUSE_CALLBACK_PORTS"];
  if (!text) return CALLBACK_PORTS;
  const ports = text.split(",").map((part) => (/^\d{1,5}$/.test(part.trim()) ? Number(part) : Number.NaN));
  if (ports.every((port) => port <= 65_535)) return ports;
  throw new OperationError("usage", "CODEXUSE_CALLBACK_PORTS is a list of ports, such as 1455,1457.", "Unset it.");
}

async function lookForRuntime(base: Base, runtime: Runtime, port: number | null): Promise<Presence> {
  const store = existsSync(join(base.home, `${runtime}.sqlite`)) ? base.runtime(runtime) : null;
  const places = placesOf(runtime, store, port);
  const place = { home: base.home, runtime, ...places, nowMs: base.clock.now() };
  const sighting = await findRuntime(place);
  if (sighting.kind !== "running") {
    return { running: false, pid: null, port: place.port, version: null, startedAtMs: null };
  }
  const { pid, version, startedAtMs } = sighting;
  return { running: true, pid, port: sighting.port, version, startedAtMs };
}
