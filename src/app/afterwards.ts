/**
 * When is done what nobody waits for? A moment later, all of it together: what turns leave behind then costs their clients
 * no time, and less in all.
 */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { Emit } from "../telemetry/events.ts";
import { stackOf } from "../telemetry/stack-of.ts";

export interface Afterwards {
  /** Tasks run in the order in which they came: with an urgent one, as soon as this turn of the event loop is over. */
  run(task: () => void, isUrgent?: boolean): void;
  /** Runs at once what still waits, and what that asks for. */
  finish(): void;
}

/** A task that throws keeps none of the others from running; its bug is said in the log. */
export function openAfterwards(clock: Clock, emit: Emit): Afterwards {
  let waiting: (() => void)[] = [];

  function attempt(task: () => void): void {
    try {
      task();
    } catch (error) {
      emit({ kind: "internal-error", id: "afterwards", turnId: null, text: stackOf(error) });
    }
  }

  function runWaiting(): void {
    const tasks = waiting;
    waiting = [];
    tasks.forEach(attempt);
  }

  return {
    run: (task, isUrgent = false) => {
      if (isUrgent) setImmediate(runWaiting);
      else if (waiting.length === 0) clock.after(LIMITS.afterwardsMs, runWaiting);
      waiting.push(task);
    },
    finish: () => {
      while (waiting.length > 0) runWaiting();
    },
  };
}
