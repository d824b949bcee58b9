/** A desk on stores in memory, with a clock that stands still and no runtime, unless a test says otherwise. */
import { onTestFinished } from "bun:test";
import type { Desk, Presence } from "../../src/operations/operation.ts";
import { portOf } from "../../src/operations/runtime-address.ts";
import type { Clock, RuntimeStore, SettingsStore } from "../../src/ports.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";

export interface DeskOptions {
  readonly home?: string;
  readonly nowMs?: number;
  readonly presence?: Partial<Presence>;
  readonly inFlight?: (accountKey: string) => number | null;
}

export interface TestDesk extends Desk {
  readonly settingsStore: SettingsStore;
  readonly daemonStore: RuntimeStore;
  readonly desktopStore: RuntimeStore;
}

const NOWHERE = "http://127.0.0.1:9";

export const DESK_NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function stillClock(nowMs: number): Clock {
  return { now: () => nowMs, after: () => () => undefined };
}

/** Call it inside of a test: its stores close when the test has ended. */
export function aDesk(options: DeskOptions = {}): TestDesk {
  const settingsStore = openSettingsStore(":memory:", { sealer: createSealer(new Uint8Array(32)) });
  const daemonStore = openRuntimeStore(":memory:", "daemon");
  const desktopStore = openRuntimeStore(":memory:", "desktop");
  onTestFinished(() => {
    for (const store of [settingsStore, daemonStore, desktopStore]) store.close();
  });
  const runtime = (name: "daemon" | "desktop") => (name === "daemon" ? daemonStore : desktopStore);
  const nobody = { running: false, pid: null, version: null, startedAtMs: null };
  return {
    home: options.home ?? "/nowhere",
    clock: stillClock(options.nowMs ?? DESK_NOW_MS),
    rng: () => 0.5,
    endpoints: { chatgptUrl: NOWHERE, authUrl: NOWHERE, openaiUrl: NOWHERE, telegramUrl: NOWHERE },
    settings: () => settingsStore,
    runtime,
    tokens: () => {
      throw new Error("no token is needed here");
    },
    upstream: () => ({ send: () => Promise.reject(new Error("upstream is out of reach here")) }),
    presence: (name, port) =>
      Promise.resolve({ ...nobody, port: port ?? portOf(name, runtime(name).port()), ...options.presence }),
    inFlight: options.inFlight ?? (() => 0),
    callbackPorts: [0],
    masterKeyPlace: () => "file",
    rekey: () => Promise.reject(new Error("there is no key to change here")),
    backUp: () => ({ kind: "nothing" }),
    restore: () => ({ kind: "taken" }),
    settingsStore,
    daemonStore,
    desktopStore,
  };
}
