/**
 * When is what was gathered written down? Soon after the first of it, once for all of it, and at once when asked. While a
 * file is held or full it is kept and tried again now and then, so that nobody waits for a file that cannot be had.
 */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { storeErrorKindOf } from "./store-error.ts";

export interface GatherOptions {
  readonly clock: Clock;
  /** How long something may wait to be written; what a killed process loses. */
  readonly waitMs: number;
  /** Told of what could not be written: once when it has to wait for that, and when it is lost. */
  readonly onTrouble: (error: unknown) => void;
}

/** What waits, as whoever gathers it has it. */
export interface Gathered {
  /** Writes all of it in one transaction, and forgets it when that is done. */
  write(): void;
  /** Forgets it unwritten. */
  drop(): void;
  /** Whether it is more than may be kept for a file that cannot be written. */
  isTooMuch(): boolean;
}

export interface Gathering {
  /** Something waits now. */
  note(): void;
  /** Writes what waits, if anything does and the last try did not fail a moment ago. Never throws. */
  flush(): void;
  /** The last try, as patient as any other write: what cannot be written now is lost. */
  finish(): void;
}

/** Each waits `gatherBusyMs` for a file that is held. */
const LAST_TRIES_MAX = Math.ceil(LIMITS.sqliteBusyMs / LIMITS.gatherBusyMs);

/** Whether it ends by itself: the same write may succeed later. */
export function isPassing(error: unknown): boolean {
  const kind = storeErrorKindOf(error);
  return kind === "locked" || kind === "disk-full";
}

function insist(write: () => void, triesLeft: number): void {
  try {
    write();
  } catch (error) {
    if (storeErrorKindOf(error) !== "locked" || triesLeft <= 1) throw error;
    insist(write, triesLeft - 1);
  }
}

export function gatherWrites(options: GatherOptions, gathered: Gathered): Gathering {
  let stop: (() => void) | null = null;
  /** Why what waits could not be written; null while nothing speaks against it. */
  let trouble: { readonly error: unknown } | null = null;

  function wait(ms: number): void {
    stop = options.clock.after(ms, () => attempt(false));
  }

  function lose(error: unknown): void {
    gathered.drop();
    stop?.();
    [stop, trouble] = [null, null];
    options.onTrouble(error);
  }

  function keep(error: unknown): void {
    if (trouble === null) options.onTrouble(error);
    trouble = { error };
    wait(LIMITS.gatherRetryMs);
  }

  function attempt(isLast: boolean): void {
    if (stop === null) return;
    stop();
    stop = null;
    try {
      if (isLast) insist(gathered.write, LAST_TRIES_MAX);
      else gathered.write();
      trouble = null;
    } catch (error) {
      const isKept = !isLast && isPassing(error) && !gathered.isTooMuch();
      if (isKept) keep(error);
      else lose(error);
    }
  }

  return {
    note: () => {
      if (stop === null) wait(options.waitMs);
      else if (trouble !== null && gathered.isTooMuch()) lose(trouble.error);
    },
    flush: () => {
      if (trouble === null) attempt(false);
    },
    finish: () => attempt(true),
  };
}
