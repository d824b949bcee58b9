/**
 * Whose turn is it to ask the token endpoint?
 *
 * One exchange at a time on the whole machine, with a pause between two: bursts over sibling accounts have cost people
 * their sign-ins. Within the process a queue orders the callers; between processes a lease row in the store does. The
 * pause is waited for without the lease, so that no process can keep the others out for long.
 */
import { LIMITS } from "../limits.ts";
import type { Clock, Rng, SettingsStore } from "../ports.ts";
import { spacingLeftMs, spacingWithJitterMs } from "./refresh-policy.ts";
import { pause } from "./waiting.ts";
import { writePatiently } from "./write-patiently.ts";

export const EXCHANGE_LEASE = "token-exchange";
/** Instant of the machine's last exchange: written when one begins and again when it ends. */
const EXCHANGE_INSTANT = "token-exchange";

/** Longest queue that a refresh waits in before it gives up for now. */
const QUEUE_MS = 10 * 60_000;
/** How often somebody who waits out the pause looks whether the work has been done by another process. */
const SPACING_LOOK_MS = 500;

/** The right to make exchanges, held while a task runs. */
export interface ExchangeTurn {
  /** Call right before a request: extends the lease and notes the instant. False when the lease was lost meanwhile. */
  begin(): Promise<boolean>;
  /** Call when its outcome is known. */
  end(): Promise<void>;
  /** Waits out the pause before a second request in the same turn. */
  space(): Promise<void>;
}

export interface RefreshLease {
  /**
   * Runs `task` when it is this caller's turn. `isWanted` is asked again and again while waiting; once it says no, or
   * the queue takes too long, the answer is null and `task` did not run.
   */
  run<T>(isWanted: () => boolean, task: (turn: ExchangeTurn) => Promise<T>): Promise<T | null>;
}

export interface RefreshLeaseOptions {
  readonly settings: Pick<
    SettingsStore,
    "takeLease" | "leaseHolder" | "releaseLease" | "instant" | "setInstant" | "briefly"
  >;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly holder: string;
  readonly spacingMs: number;
  readonly isHolderAlive: (holder: string) => boolean;
}

export function createRefreshLease(options: RefreshLeaseOptions): RefreshLease {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(isWanted, task) {
      const mine = last.then(() => runInTurn(options, isWanted, task));
      last = mine.then(
        () => null,
        () => null,
      );
      return mine;
    },
  };
}

async function runInTurn<T>(
  options: RefreshLeaseOptions,
  isWanted: () => boolean,
  task: (turn: ExchangeTurn) => Promise<T>,
): Promise<T | null> {
  if (!(await acquire(options, isWanted))) return null;
  try {
    return await task(openTurn(options));
  } finally {
    await release(options, options.holder);
  }
}

async function acquire(options: RefreshLeaseOptions, isWanted: () => boolean): Promise<boolean> {
  const { clock, holder } = options;
  const giveUpAtMs = clock.now() + QUEUE_MS;
  const pauseMs = spacingWithJitterMs(options.spacingMs, options.rng());
  while (isWanted() && clock.now() <= giveUpAtMs) {
    const leftMs = spacingLeft(options, pauseMs);
    if (leftMs > 0) {
      await pause(clock, Math.min(leftMs, SPACING_LOOK_MS));
      continue;
    }
    if (await take(options)) {
      if (spacingLeft(options, pauseMs) === 0) return true;
      await release(options, holder);
    } else if (!(await evictDeadHolder(options))) {
      await pause(clock, LIMITS.leasePollMs);
    }
  }
  return false;
}

function spacingLeft(options: RefreshLeaseOptions, pauseMs: number): number {
  return spacingLeftMs(options.settings.instant(EXCHANGE_INSTANT), pauseMs, options.clock.now());
}

function take({ settings, clock, holder }: RefreshLeaseOptions): Promise<boolean> {
  return writePatiently(settings, clock, () => {
    const nowMs = clock.now();
    return settings.takeLease(EXCHANGE_LEASE, holder, nowMs, nowMs + LIMITS.refreshLeaseMs);
  });
}

function release({ settings, clock }: RefreshLeaseOptions, holder: string): Promise<void> {
  return writePatiently(settings, clock, () => settings.releaseLease(EXCHANGE_LEASE, holder));
}

/** Frees the lease of a process that is gone. Safe against another evictor: only that very holder is released. */
async function evictDeadHolder(options: RefreshLeaseOptions): Promise<boolean> {
  const { settings, clock } = options;
  const other = settings.leaseHolder(EXCHANGE_LEASE, clock.now());
  if (other === null || other === options.holder || options.isHolderAlive(other)) return false;
  await release(options, other);
  return true;
}

function openTurn(options: RefreshLeaseOptions): ExchangeTurn {
  const { settings, clock } = options;
  const noteInstant = () => writePatiently(settings, clock, () => settings.setInstant(EXCHANGE_INSTANT, clock.now()));
  return {
    async begin() {
      if (!(await take(options))) return false;
      await noteInstant();
      return true;
    },
    end: noteInstant,
    space: () => pause(clock, spacingWithJitterMs(options.spacingMs, options.rng())),
  };
}
