/**
 * Whose usage is to be looked at next?
 *
 * Owns the round over accounts: one question at a time, each account at most once a minute over all processes, with
 * jitter, and rarely while nothing is going on. A burst over all accounts at once is what upstream would notice.
 */
import { LIMITS } from "../limits.ts";
import type { ProfileRecord, Rng, SettingsStore } from "../ports.ts";
import type { Worker } from "./refresh-worker.ts";
import { type FetchedUsage, refreshUsage, type UsageDesk } from "./usage.ts";
import { usagePauseMs } from "./usage-evidence.ts";

export interface UsagePollerOptions extends UsageDesk {
  readonly settings: SettingsStore;
  readonly rng: Rng;
  /** Whether turns have been served of late. */
  readonly isBusy: () => boolean;
  /** Told of every answer, with the profile that asked. */
  readonly onPolled?: (profile: ProfileRecord, fetched: FetchedUsage) => void;
}

/** Pause between two questions, whatever accounts they are for. */
const GAP_MS = 3_000;
/** How soon a new profile, or the first turn after a rest, is noticed. */
const LOOK_MS = 15_000;

/** The first question goes out within a few seconds, at a random moment. */
export function startUsagePoller(options: UsagePollerOptions): Worker {
  const { clock } = options.wire;
  const abort = new AbortController();
  const state = { cancel: (): void => undefined };
  const schedule = (delayMs: number): void => {
    if (!abort.signal.aborted) state.cancel = clock.after(delayMs, () => void step());
  };
  const step = async (): Promise<void> => {
    const asked = await pollNext(options, abort.signal);
    schedule(asked ? Math.round(GAP_MS * (1 + options.rng())) : LOOK_MS);
  };
  schedule(Math.round(GAP_MS * options.rng()));
  return {
    stop() {
      abort.abort(new Error("stopped"));
      state.cancel();
    },
  };
}

/** Asks for the account that has waited longest, if any is due. Answers whether upstream was asked. */
async function pollNext(options: UsagePollerOptions, signal: AbortSignal): Promise<boolean> {
  try {
    const profile = chooseDue(options);
    if (profile === null) return false;
    const { settings, wire } = options;
    settings.briefly(() => settings.setInstant(polledInstant(profile.accountKey), wire.clock.now()));
    const fetched = await refreshUsage(options, profile, signal);
    options.onPolled?.(profile, fetched);
    return true;
  } catch {
    // Stopped, or the store is not to be had now: the next step looks again.
    return false;
  }
}

function chooseDue(options: UsagePollerOptions): ProfileRecord | null {
  const nowMs = options.wire.clock.now();
  const pauseMs = usagePauseMs(options.isBusy(), options.rng());
  let chosen: { readonly profile: ProfileRecord; readonly polledAtMs: number } | null = null;
  for (const profile of askingProfiles(options.settings.profiles())) {
    const polledAtMs = options.settings.instant(polledInstant(profile.accountKey)) ?? Number.NEGATIVE_INFINITY;
    // Profiles outside the pool are shown to their owner and decide nothing: a look now and then will do.
    const dueMs = polledAtMs + (profile.selected ? pauseMs : Math.max(pauseMs, LIMITS.usagePollIdleMs));
    // An instant ahead of the clock is of a clock that was set back since.
    if (dueMs > nowMs && polledAtMs <= nowMs) continue;
    if (chosen === null || polledAtMs < chosen.polledAtMs) chosen = { profile, polledAtMs };
  }
  return chosen?.profile ?? null;
}

/** One profile for each account, a selected one if there is one. */
function askingProfiles(profiles: readonly ProfileRecord[]): readonly ProfileRecord[] {
  const byAccount = new Map<string, ProfileRecord>();
  for (const profile of profiles) {
    if (profile.kind !== "chatgpt" || profile.signIn.state === "needed") continue;
    const before = byAccount.get(profile.accountKey);
    if (before === undefined || (!before.selected && profile.selected)) byAccount.set(profile.accountKey, profile);
  }
  return [...byAccount.values()];
}

function polledInstant(accountKey: string): string {
  return `usage-polled:${accountKey}`;
}
