/**
 * Has somebody written meanwhile? Asked once a millisecond for all that is read in it: asking takes locks on the file, and a
 * command that writes takes longer than that to end.
 */
export interface Looking {
  /** Runs what looks, unless that was done in this very millisecond; where it fails, whoever asks next goes by what is known. */
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
      try {
        seek();
      } catch (error) {
        // It may have taken long to fail, and would again.
        lookedAtMs = now();
        throw error;
      }
    },
  };
}
