/** What does a control show between the press and the runtime's word? What was wanted, until it is so or was refused. */
import { useEffect, useState } from "preact/hooks";

const PATIENCE_MS = 3_000;

interface Wanted<Value> {
  readonly shown: Value;
  /** `outcome` is null when it was refused. */
  want(value: Value, outcome: Promise<unknown>): void;
}

export function useWanted<Value extends string | boolean>(actual: Value): Wanted<Value> {
  const [wanted, setWanted] = useState<Value | null>(null);
  useEffect(() => setWanted(null), [actual]);
  useEffect(() => {
    if (wanted === null) return;
    const timer = window.setTimeout(() => setWanted(null), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, [wanted]);
  return {
    shown: wanted ?? actual,
    want(value, outcome) {
      setWanted(value);
      void outcome.then((result) => {
        if (result === null) setWanted(null);
      });
    },
  };
}
