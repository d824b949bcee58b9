/** What does every process of one home share? Its stores, tokens and wire, each opened on first use and closed together. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isHolderAlive, nameHolder } from "../accounts/holder.ts";
import { type AccountTokens, createTokenSource, type TokenSourceOptions } from "../accounts/tokens.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { OperationError } from "../operations/operation.ts";
import type { Clock, Endpoints, Environment, Rng, Runtime, RuntimeStore, SettingsStore, Upstream } from "../ports.ts";
import type { GatherOptions } from "../store/gather-writes.ts";
import { gatherRuntimeWrites } from "../store/gathered-runtime.ts";
import { ensureHome } from "../store/home.ts";
import { type Keyring, openSystemKeyring } from "../store/keyring.ts";
import { type MasterKeys, openMasterKeys } from "../store/master-key.ts";
import { finishRekey } from "../store/rekey.ts";
import { rememberSettings } from "../store/remembered-settings.ts";
import { finishRestore } from "../store/restore-home.ts";
import { openRuntimeStore } from "../store/runtime-store.ts";
import { createSealer } from "../store/seal.ts";
import { openSettingsStore } from "../store/settings-store.ts";
import type { Emit } from "../telemetry/events.ts";
import { readEndpoints } from "../upstream/endpoints.ts";
import { openNetwork } from "../upstream/open-upstream.ts";
import { openWebSocket, relaySockets } from "../upstream/relay-sockets.ts";
import { type Afterwards, openAfterwards } from "./afterwards.ts";
import { newId } from "./new-id.ts";

/** What every process of one home shares; each part opens on first use. */
export interface Base {
  readonly home: string;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly rng: Rng;
  settings(): SettingsStore;
  runtime(runtime: Runtime): RuntimeStore;
  upstream(): Upstream;
  tokens(): AccountTokens;
  readonly keys: MasterKeys;
  readonly keyring: Keyring;
  readonly afterwards: Afterwards;
  close(): void;
}

/** What differs between a process that serves and one that comes and goes. */
export interface BaseNeeds {
  readonly clock: Clock;
  /** Told what happens to sign-ins; commands have nobody to tell. */
  readonly emit: Emit;
  /** What stands between a serving process and its files; null for processes that come and go. */
  readonly gather: GatherOptions | null;
}

const SHORT_LIVED: BaseNeeds = { clock: SYSTEM_CLOCK, emit: () => undefined, gather: null };

function once<T>(make: () => T): { (): T; readonly peek: () => T | null } {
  let made: { readonly value: T } | null = null;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  return Object.assign(get, { peek: () => made?.value ?? null });
}

export async function openBase(home: string, env: Environment, needs: BaseNeeds = SHORT_LIVED): Promise<Base> {
  const { clock, emit, gather } = needs;
  const read = readEndpoints(env);
  if (read.kind === "refused") {
    throw new OperationError(
      "usage",
      `${read.variable} cannot be used: ${read.reason}.`,
      "Unset it, or give an https URL.",
    );
  }
  const { endpoints } = read;
  const rng = Math.random;
  finishRestore(home);
  const keyring = openSystemKeyring();
  const keys = await openMasterKeys(home, env, keyring);
  const settings = once(() => {
    ensureHome(home);
    const store = openSettingsStore(home, { sealer: createSealer(keys) });
    finishRekey(home, store);
    return gather === null ? store : rememberSettings(store, gather);
  });
  const runtimes = {
    desktop: once(() => openRuntime("desktop")),
    daemon: once(() => openRuntime("daemon")),
  };
  function openRuntime(runtime: Runtime): RuntimeStore {
    ensureHome(home);
    // A home that a newer program has written is refused before a file of its own is made in it.
    if (!existsSync(join(home, `${runtime}.sqlite`)) && existsSync(join(home, "settings.sqlite"))) settings();
    const store = openRuntimeStore(home, runtime);
    return gather === null ? store : gatherRuntimeWrites(store, gather);
  }
  const upstream = once(() => relaySockets(openNetwork(), { clock, openRaw: openWebSocket, env }));
  const tokens = once(() => openTokens({ settings: settings(), upstream: upstream(), endpoints, clock, rng }, emit));
  const afterwards = openAfterwards(clock, emit);
  return {
    home,
    endpoints,
    clock,
    rng,
    settings,
    runtime: (runtime) => runtimes[runtime](),
    upstream,
    tokens,
    keys,
    keyring,
    afterwards,
    close: () => {
      afterwards.finish();
      settings.peek()?.close();
      runtimes.desktop.peek()?.close();
      runtimes.daemon.peek()?.close();
    },
  };
}

type TokenNeeds = Pick<TokenSourceOptions, "settings" | "upstream" | "endpoints" | "clock" | "rng">;

function openTokens(needs: TokenNeeds, emit: Emit): AccountTokens {
  return createTokenSource({
    ...needs,
    holder: nameHolder(newId("src")),
    isHolderAlive,
    emit,
    onSignInEnded: (profileId, reason) => {
      const profile = needs.settings.profiles().find(({ id }) => id === profileId)?.name;
      if (profile !== undefined) emit({ kind: "sign-in-needed", turnId: null, profile, reason });
    },
  });
}
