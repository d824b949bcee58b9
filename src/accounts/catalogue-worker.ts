/**
 * Whose list of models is to be read next?
 *
 * Owns the round over the accounts in the pool: one question at a time, spaced, each account's list renewed before it
 * is stale. A failure waits its turn like everything else; the last good list stays in force.
 */
import type { Clock, ProfileRecord, SettingsStore } from "../ports.ts";
import { type CatalogueDesk, fetchCatalogue } from "./catalogue.ts";
import type { Worker } from "./refresh-worker.ts";

export interface CatalogueWorkerOptions extends CatalogueDesk {
  readonly settings: SettingsStore;
}

/** Lists change a few times a month; a quarter of a day is soon enough. */
const STALE_MS = 6 * 60 * 60_000;
/** After a failure the account is left alone for this long. */
const RETRY_MS = 5 * 60_000;
/** How soon a profile that was added to the pool is noticed. */
const LOOK_MS = 5_000;
const GAP_MS = 1_000;

/** The first question goes out at once. */
export function startCatalogueWorker(options: CatalogueWorkerOptions): Worker {
  const clock: Clock = options.wire.clock;
  const abort = new AbortController();
  const askedAtMs = new Map<string, number>();
  const state = { cancel: (): void => undefined };
  const step = async (): Promise<void> => {
    const profile = chooseStale(options.settings, askedAtMs, clock.now());
    if (profile !== null) {
      askedAtMs.set(profile.accountKey, clock.now());
      await fetchCatalogue(options, profile, abort.signal).catch(() => undefined);
    }
    if (!abort.signal.aborted) state.cancel = clock.after(profile === null ? LOOK_MS : GAP_MS, () => void step());
  };
  void step();
  return {
    stop() {
      abort.abort(new Error("stopped"));
      state.cancel();
    },
  };
}

function chooseStale(
  settings: SettingsStore,
  askedAtMs: ReadonlyMap<string, number>,
  nowMs: number,
): ProfileRecord | null {
  const stale = settings.profiles().filter((profile) => {
    if (!profile.selected || profile.signIn.state !== "ok") return false;
    if (nowMs - (askedAtMs.get(profile.accountKey) ?? Number.NEGATIVE_INFINITY) < RETRY_MS) return false;
    const catalogue = settings.catalogue(profile.accountKey);
    return catalogue === null || nowMs - catalogue.fetchedAtMs >= STALE_MS;
  });
  return stale[0] ?? null;
}
