/**
 * How long may something that comes in pieces keep us waiting? One timer for all of its pieces, looked at again only when
 * it goes off: setting one for each piece would cost more than most pieces do.
 */
import type { Clock } from "../ports.ts";

export interface Patience {
  /** What `coming` gives, or `late` when it takes longer than allowed; what comes after that is dropped. One at a time. */
  wait<Value, const Late>(coming: Promise<Value>, late: Late): Promise<Value | Late>;
  /** Lets go of the timer. */
  close(): void;
}

export function openPatience(clock: Clock, allowedMs: number): Patience {
  let stop: (() => void) | null = null;
  /** Null while nothing is waited for. */
  let sinceMs: number | null = null;
  let giveUp: (() => void) | null = null;

  function look(): void {
    stop = null;
    if (sinceMs === null) return;
    const leftMs = sinceMs + allowedMs - clock.now();
    if (leftMs > 0) {
      stop = clock.after(leftMs, look);
      return;
    }
    sinceMs = null;
    giveUp?.();
  }

  return {
    wait<Value, const Late>(coming: Promise<Value>, late: Late): Promise<Value | Late> {
      sinceMs = clock.now();
      stop ??= clock.after(allowedMs, look);
      return new Promise<Value | Late>((resolve, reject) => {
        giveUp = () => resolve(late);
        const arrived = (value: Value) => {
          sinceMs = null;
          resolve(value);
        };
        coming.then(arrived, (error: unknown) => {
          sinceMs = null;
          reject(error);
        });
      });
    },
    close: () => {
      sinceMs = null;
      stop?.();
      stop = null;
    },
  };
}
