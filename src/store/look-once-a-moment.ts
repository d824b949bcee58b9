/**
 * Has somebody written meanwhile? Asked once a millisecond for all that is read in it: asking takes locks on the file, and a
 * busy runtime would ask several times as often as anybody could tell.
 */
export interface Looking {
  /** Runs what looks, unless that was done in this very millisecond; where it fails, it fails once. */
  look(): void;
  /** The next `look` looks in any case. */
  lookAgain(): void;
}

/** `now` is in milliseconds; whoever sets that clock back only has it looked sooner. */
export function lookOnceAMoment(now: () => number, seek: () => void): Looking {
  let lookedAtMs: number | null = null;
  return {
    lookAgain: () => {
      lookedAtMs = null;
    },
    look: () => {
      const nowMs = now();
      if (nowMs === lookedAtMs) return;
      lookedAtMs = nowMs;
      seek();
    },
  };
}
