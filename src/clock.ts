/** The real clock behind the `Clock` port. */
import type { Clock } from "./ports.ts";

/** Timers beyond this fire at once in every JavaScript runtime. */
const DELAY_MAX_MS = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), DELAY_MAX_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
