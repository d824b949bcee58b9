/**
 * How long may something that comes in pieces keep us waiting? One timer for all of its pieces, looked at again only when
 * it goes off: setting one for each piece would cost more than most pieces do. There are thousands of these at a time.
 */
import type { Clock } from "../ports.ts";

type Late = "late";

export class Patience {
  readonly #clock: Clock;
  readonly #allowedMs: number;
  #stop: (() => void) | null = null;
  /** Null while nothing is waited for. */
  #sinceMs: number | null = null;
  #giveUp: ((late: Late) => void) | null = null;

  constructor(clock: Clock, allowedMs: number) {
    this.#clock = clock;
    this.#allowedMs = allowedMs;
  }

  /** What `coming` gives, or `late` when it takes longer than allowed; what comes after that is dropped. One at a time. */
  wait<Value>(coming: Promise<Value>): Promise<Value | Late> {
    this.#sinceMs = this.#clock.now();
    this.#stop ??= this.#clock.after(this.#allowedMs, () => this.#look());
    return new Promise<Value | Late>((resolve, reject) => {
      this.#giveUp = resolve;
      coming.then(
        (value) => {
          this.#sinceMs = null;
          resolve(value);
        },
        (error: unknown) => {
          this.#sinceMs = null;
          reject(error);
        },
      );
    });
  }

  /** Lets go of the timer. */
  close(): void {
    this.#sinceMs = null;
    this.#giveUp = null;
    this.#stop?.();
    this.#stop = null;
  }

  #look(): void {
    this.#stop = null;
    if (this.#sinceMs === null) return;
    const leftMs = this.#sinceMs + this.#allowedMs - this.#clock.now();
    if (leftMs > 0) {
      this.#stop = this.#clock.after(leftMs, () => this.#look());
      return;
    }
    this.#sinceMs = null;
    this.#giveUp?.("late");
  }
}
