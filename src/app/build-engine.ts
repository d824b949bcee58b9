/** What does the router's engine run on in a real process? The stores, the tokens and the wire of the base. */
import { arch, type } from "node:os";
import { readCatalogue } from "../models/catalogue.ts";
import type { NameTable } from "../models/resolve.ts";
import { readNameTable } from "../operations/name-table.ts";
import type { Runtime, RuntimeStore, SettingsStore } from "../ports.ts";
import type { Engine } from "../router/engine.ts";
import { LiveState } from "../router/live-state.ts";
import type { Emit } from "../telemetry/events.ts";
import { newId } from "./new-id.ts";
import type { Base } from "./open-base.ts";
import { sha256 } from "./sha256.ts";

/** Opens the stores; the live state is what the runtime's store remembers. */
export function buildEngine(base: Base, runtime: Runtime, emit: Emit): Engine {
  const store = base.runtime(runtime);
  return {
    clock: base.clock,
    rng: base.rng,
    upstream: base.upstream(),
    tokens: base.tokens(),
    live: openLiveState(base, store, emit),
    runtime: store,
    emit,
    names: nameReader(base.settings()),
    platform: `${type()}; ${arch()}`,
    hash: sha256,
    afterwards: base.afterwards.run,
    newId,
  };
}

function openLiveState(base: Base, store: RuntimeStore, emit: Emit): LiveState {
  const settings = base.settings();
  const offered = (accountKey: string): ReadonlySet<string> | null => {
    const catalogue = settings.catalogue(accountKey);
    return catalogue === null ? null : new Set(readCatalogue(catalogue.models).map((model) => model.id));
  };
  return new LiveState({ settings, runtime: store, clock: base.clock, emit, offeredModels: offered });
}

/** Reads the names anew only when some process has changed the settings. */
function nameReader(settings: SettingsStore): () => NameTable {
  let read: { readonly version: number; readonly table: NameTable } | null = null;
  return () => {
    const version = settings.shapeVersion();
    if (read?.version !== version) read = { version, table: readNameTable(settings) };
    return read.table;
  };
}
