/**
 * How long may something that comes in pieces keep us waiting? One timer for all of its pieces, looked at again only when
 * it goes off: setting one for each piece would cost more than most pieces do. There are thousands of these at a time.
 */
import type { Clock } from "../ports.ts";

export class Patience {
  readonly #clock: Clock;
  readonly #allowedMs: number;
  readonly #onLate: () => void;
  #stop: (() => void) | null = null;
  /** Null while nothing is waited for. */
  #sinceMs: number | null = null;

  /** `onLate` is called when a wait has lasted `allowedMs`, and again each time it has lasted that much longer. */
  constructor(clock: Clock, allowedMs: number, onLate: () => void) {
    this.#clock = clock;
    this.#allowedMs = allowedMs;
    this.#onLate = onLate;
  }

  /** A piece is waited for from now on. */
  begin(): void {
    this.#sinceMs = this.#clock.now();
    this.#stop ??= this.#clock.after(this.#allowedMs, this.#look);
  }

  /** It has come, or will not. */
  end(): void {
    this.#sinceMs = null;
  }

  /** Lets go of the timer. */
  close(): void {
    this.#sinceMs = null;
    this.#stop?.();
    this.#stop = null;
  }

  readonly #look = (): void => {
    this.#stop = null;
    if (this.#sinceMs === null) return;
    const nowMs = this.#clock.now();
    const leftMs = this.#sinceMs + this.#allowedMs - nowMs;
    if (leftMs <= 0) this.#sinceMs = nowMs;
    this.#stop = this.#clock.after(leftMs <= 0 ? this.#allowedMs : leftMs, this.#look);
    if (leftMs <= 0) this.#onLate();
  };
}
