/** The machine's clock, which a test may have leap forward: whatever falls due on the way happens at once. */
import type { Clock } from "../../src/ports.ts";

export interface LeapingClock extends Clock {
  leap(ms: number): void;
}

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
  readonly handle: ReturnType<typeof setTimeout>;
}

export function createLeapingClock(): LeapingClock {
  const timers = new Set<Timer>();
  let leaptMs = 0;
  const now = () => Date.now() + leaptMs;
  const fire = (timer: Timer) => {
    if (!timers.delete(timer)) return;
    clearTimeout(timer.handle);
    timer.task();
  };
  return {
    now,
    after(delayMs, task) {
      const handle = setTimeout(() => fire(timer), Math.min(delayMs, 2 ** 31 - 1));
      handle.unref();
      const timer: Timer = { dueMs: now() + delayMs, task, handle };
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer.handle);
      };
    },
    leap(ms) {
      leaptMs += ms;
      const due = [...timers].filter((timer) => timer.dueMs <= now()).sort((a, b) => a.dueMs - b.dueMs);
      for (const timer of due) fire(timer);
    },
  };
}
