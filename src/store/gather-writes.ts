/** When is what was gathered written down? Soon after the first of it, once for all of it, and at once when asked. */
import type { Clock } from "../ports.ts";

export interface GatherOptions {
  readonly clock: Clock;
  /** How long something may wait to be written; what a killed process loses. */
  readonly waitMs: number;
  /** Told of what could not be written, and is lost. */
  readonly onLost: (error: unknown) => void;
}

export interface Gathering {
  /** Something waits now. */
  note(): void;
  /** Writes what waits, if anything does. Never throws. */
  flush(): void;
}

/** `write` takes all that waits and writes it in one transaction. */
export function gatherWrites(options: GatherOptions, write: () => void): Gathering {
  let stop: (() => void) | null = null;

  function flush(): void {
    if (stop === null) return;
    stop();
    stop = null;
    try {
      write();
    } catch (error) {
      options.onLost(error);
    }
  }

  return {
    note: () => {
      stop ??= options.clock.after(options.waitMs, flush);
    },
    flush,
  };
}
