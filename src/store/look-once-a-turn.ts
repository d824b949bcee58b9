/**
 * Has somebody written meanwhile? Asked once for all that is read in one turn of the event loop, which is over within a
 * fraction of a millisecond.
 */
export interface Looking {
  /** Runs what looks, unless this turn of the loop has done so; where that fails, it fails once in a turn. */
  look(): void;
  /** The next `look` looks in any case. */
  lookAgain(): void;
}

export function lookOnceATurn(seek: () => void): Looking {
  let isLooked = false;
  const lookAgain = () => {
    isLooked = false;
  };
  return {
    lookAgain,
    look: () => {
      if (isLooked) return;
      isLooked = true;
      setImmediate(lookAgain);
      seek();
    },
  };
}
