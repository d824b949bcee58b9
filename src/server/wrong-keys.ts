/**
 * How many wrong keys are looked into? A key has 190 bits of chance, so guessing is hopeless; what is bounded here is what
 * a guesser can cost and learn. Right keys never come here, so nobody can lock a client out. One for each runtime.
 */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { Emit } from "../telemetry/events.ts";

/** How often the owner is told that it goes on. */
const TELL_EVERY_MS = 60_000;

export class WrongKeys {
  readonly #clock: Clock;
  readonly #emit: Emit;
  #left: number = LIMITS.wrongKeysBurstMax;
  #filledAtMs: number;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  /** Since the owner was told last. */
  #refused = 0;

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
    this.#filledAtMs = clock.now();
  }

  /** Counts one more. True while it may be looked into what is wrong with it. */
  admit(): boolean {
    const nowMs = this.#clock.now();
    // A clock that was set back must not stop the filling for as long as it was set back.
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#left = Math.min(LIMITS.wrongKeysBurstMax, this.#left + (passedMs / 60_000) * LIMITS.wrongKeysPerMinute);
    if (this.#left >= 1) {
      this.#left -= 1;
      return true;
    }
    this.#refused += 1;
    this.#tell(nowMs);
    return false;
  }

  #tell(nowMs: number): void {
    if (Math.abs(nowMs - this.#toldAtMs) < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#emit({ kind: "wrong-keys", count: this.#refused });
    this.#refused = 0;
  }
}
