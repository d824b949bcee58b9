/** Does a runtime of this home serve, and is its port its own? Not running is no fault. */
import { findRuntime, type Sighting } from "../daemon/find-runtime.ts";
import { describeHolder, findPortHolder } from "../daemon/port-holder.ts";
import type { Desk } from "../operations/operation.ts";
import type { Places } from "../operations/runtime-address.ts";
import { RUNTIMES, type Runtime } from "../ports.ts";
import { VERSION } from "../version.ts";
import { type Finding, finding } from "./finding.ts";

function startWords(runtime: Runtime): string {
  return runtime === "daemon" ? "codexuse daemon start" : "codexuse desktop";
}

function judge(runtime: Runtime, sighting: Sighting): Finding[] {
  switch (sighting.kind) {
    case "running": {
      if (sighting.version === VERSION) return [];
      const text = `The ${runtime} runtime is of version ${sighting.version}, this program of ${VERSION}.`;
      return [finding("warning", "other-version", text, runtime === "daemon" ? "codexuse daemon restart" : null)];
    }
    case "silent": {
      const text = `The ${runtime} runtime (pid ${sighting.pid}) lives but does not answer at port ${sighting.port}.`;
      const remedy = runtime === "daemon" ? "codexuse daemon restart" : `kill ${sighting.pid}`;
      return [finding("error", "runtime-silent", text, remedy)];
    }
    case "foreign": {
      const holder = describeHolder(findPortHolder(sighting.port));
      const text = `Port ${sighting.port}, where the ${runtime} runtime would serve, is taken by ${holder}.`;
      return [finding("error", "port-taken", text, `${startWords(runtime)} --port=N, with a free one`)];
    }
    case "absent":
      return [];
  }
}

/** `places` says where each runtime serves or would. */
export async function checkRuntimes(desk: Desk, places: (runtime: Runtime) => Places): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const runtime of RUNTIMES) {
    const place = { home: desk.home, runtime, ...places(runtime), nowMs: desk.clock.now() };
    findings.push(...judge(runtime, await findRuntime(place)));
  }
  return findings;
}
