/** What is done by the clock? Everything a runtime does without being asked: refresh, usage, catalogues, samples, tidying. */
import { startCatalogueWorker } from "./accounts/catalogue-worker.ts";
import { startHeadroomRecorder } from "./accounts/headroom-recorder.ts";
import { startRefreshWorker } from "./accounts/refresh-worker.ts";
import type { AccountTokens } from "./accounts/tokens.ts";
import { startUsagePoller } from "./accounts/usage-poller.ts";
import { LIMITS } from "./limits.ts";
import type { Clock, Endpoints, Rng, RuntimeStore, SettingsStore, Upstream } from "./ports.ts";

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly upstream: Upstream;
  readonly endpoints: Endpoints;
  readonly tokens: AccountTokens;
  /** Whether turns have been served of late: usage is looked at more often then. */
  readonly isBusy: () => boolean;
}

const TIDY_EVERY_MS = 60 * 60_000;

/** Drops what has outlived its use: idle sessions, old turns, old responses, old samples. */
function tidy({ clock, runtime, settings }: UpkeepOptions): void {
  const nowMs = clock.now();
  runtime.dropSessionsIdleSince(nowMs - LIMITS.sessionIdleMs);
  runtime.pruneTurns(nowMs - LIMITS.turnLogMs, LIMITS.turnLogBytesMax);
  settings.pruneHeadroomSamples(nowMs - LIMITS.headroomKeptMs, LIMITS.headroomSamplesMax);
  runtime.pruneResponses(nowMs - LIMITS.storedResponsesMs, LIMITS.storedResponsesBytesMax);
}

/** Holds no turn up for long, and never throws: a store that fails now is tidied in the next round. */
function tidyIfPossible(options: UpkeepOptions): void {
  const { runtime, settings } = options;
  try {
    settings.briefly(() => runtime.briefly(() => tidy(options)));
  } catch {
    return;
  }
}

/** Throws when the stores cannot be tidied now, which is at the start; later ones wait for a better time. */
function startTidying(options: UpkeepOptions): { stop(): void } {
  const state = { cancel: (): void => undefined };
  const schedule = () => {
    state.cancel = options.clock.after(TIDY_EVERY_MS, () => {
      tidyIfPossible(options);
      schedule();
    });
  };
  tidy(options);
  schedule();
  return { stop: () => state.cancel() };
}

/** Starts every worker; the answer stops them all. */
export function startUpkeep(options: UpkeepOptions): { stop(): void } {
  const { settings, tokens, clock, rng, upstream, endpoints, isBusy } = options;
  const desk = { settings, tokens, endpoints, wire: { upstream, clock } };
  const workers = [
    startTidying(options),
    startRefreshWorker({ settings, tokens, clock }),
    startCatalogueWorker(desk),
    startUsagePoller({ ...desk, rng, isBusy }),
    startHeadroomRecorder({ settings, clock }),
  ];
  return {
    stop: () => {
      for (const worker of workers) worker.stop();
    },
  };
}
