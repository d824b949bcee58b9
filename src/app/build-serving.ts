/** What do the routes serve with? The engine's turns, the runtime's keys, and what is served besides. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../ports.ts";
import type { Engine } from "../router/engine.ts";
import { serveTurn } from "../router/serve-turn.ts";
import type { KeyRing } from "../server/auth.ts";
import type { PageDoor, Serving } from "../server/serving.ts";
import { WrongKeys } from "../server/wrong-keys.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import { VERSION } from "../version.ts";
import { isReady } from "./is-ready.ts";
import { newId } from "./new-id.ts";
import type { Base } from "./open-base.ts";
import { sha256 } from "./sha256.ts";

/** What is served besides turns. */
interface Besides {
  readonly metrics: Metrics;
  readonly page: PageDoor | null;
}

export function buildServing(base: Base, runtime: Runtime, engine: Engine, { metrics, page }: Besides): Serving {
  return {
    runtime,
    version: VERSION,
    clock: base.clock,
    keys: openKeyRing(base, runtime, engine.emit),
    emit: engine.emit,
    newId,
    isReady: () => isReady(engine),
    names: engine.names,
    serve: (turn) => serveTurn(engine, turn),
    responses: engine.runtime,
    metrics: () => {
      base.afterwards.finish();
      return metrics.render();
    },
    page,
  };
}

function openKeyRing(base: Base, runtime: Runtime, emit: Emit): KeyRing {
  const store = base.runtime(runtime);
  const other: Runtime = runtime === "daemon" ? "desktop" : "daemon";
  return {
    runtime,
    clock: base.clock,
    wrong: new WrongKeys(base.clock, emit),
    hash: sha256,
    byHash: (hash) => store.keyByHash(hash),
    touch: (id, atMs) => void unlessFailing(emit, () => store.touchKey(id, atMs)),
    isOfOtherRuntime: (hash) => {
      if (!existsSync(join(base.home, `${other}.sqlite`))) return false;
      const record = unlessFailing(emit, () => base.runtime(other).keyByHash(hash)) ?? null;
      return record !== null && record.revokedAtMs === null;
    },
  };
}

/** What is only good to have must not cost a client its answer when a store fails: it is done without, and said. */
function unlessFailing<Answer>(emit: Emit, work: () => Answer): Answer | null {
  try {
    return work();
  } catch (error) {
    emit({ kind: "internal-error", id: "store", turnId: null, text: stackOf(error) });
    return null;
  }
}
