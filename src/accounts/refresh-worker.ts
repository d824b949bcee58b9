/**
 * Which sign-ins would expire while nobody looks?
 *
 * Owns the round that keeps every owned sign-in alive, also of accounts that are cooling or not in the pool: a sign-in
 * that is not refreshed is dead when its quota returns. Refreshes go one after another; their spacing is the lease's.
 */
import { LIMITS } from "../limits.ts";
import type { Clock, SettingsStore } from "../ports.ts";
import { readableCredential } from "./readable-credential.ts";
import { judgeToken } from "./refresh-policy.ts";
import type { AccountTokens } from "./tokens.ts";

export interface RefreshWorkerOptions {
  readonly settings: Pick<SettingsStore, "profiles" | "credential">;
  readonly tokens: Pick<AccountTokens, "refresh">;
  readonly clock: Clock;
  /** Pause between two rounds. */
  readonly intervalMs?: number;
}

export interface Worker {
  /** No new work begins afterwards; an exchange under way ends by itself, so that its answer is not lost. */
  stop(): void;
}

/** A fifth of the lead, so that a sign-in is looked at several times before it expires. */
const INTERVAL_MS = LIMITS.refreshLeadMs / 5;

/** The first round begins at once. */
export function startRefreshWorker(options: RefreshWorkerOptions): Worker {
  const state = { stopped: false, cancel: (): void => undefined };
  const round = async (): Promise<void> => {
    await refreshDue(options, () => state.stopped);
    if (!state.stopped) state.cancel = options.clock.after(options.intervalMs ?? INTERVAL_MS, () => void round());
  };
  void round();
  return {
    stop() {
      state.stopped = true;
      state.cancel();
    },
  };
}

/** A store that fails now is asked again in the next round; nothing is lost by waiting. */
async function refreshDue(options: RefreshWorkerOptions, isStopped: () => boolean): Promise<void> {
  try {
    for (const profileId of dueProfiles(options)) {
      if (isStopped()) return;
      await options.tokens.refresh(profileId, false);
    }
  } catch {
    return;
  }
}

function dueProfiles(options: RefreshWorkerOptions): readonly string[] {
  return options.settings.profiles().flatMap((profile) => {
    if (profile.ownership !== "owned" || profile.kind !== "chatgpt" || profile.signIn.state === "needed") return [];
    const credential = readableCredential(options.settings, profile.id)?.credential;
    if (credential?.kind !== "chatgpt" || credential.refreshToken === null) return [];
    return judgeToken(credential, options.clock.now()) === "fresh" ? [] : [profile.id];
  });
}
