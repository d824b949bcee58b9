/** The real clock behind the `Clock` port. */
import type { Clock } from "./ports.ts";

/** Timers beyond this fire at once in every JavaScript runtime. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** Keeps no process alive. */
function startTimer(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

function boundedDelay(delayMs: number): number {
  return Math.min(Math.max(0, delayMs), DELAY_MAX_MS);
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after: (delayMs, task) => startTimer(boundedDelay(delayMs), task),
};

/** One who waits in a row. */
interface Waiting {
  /** Null when it is over. */
  task: (() => void) | null;
  /** By a clock that nobody sets. */
  readonly dueMs: number;
  before: Waiting | null;
  behind: Waiting | null;
}

/** All who wait equally long, in the order in which they came, which is the one in which they are due. */
class Row {
  readonly #delayMs: number;
  readonly #onEmpty: () => void;
  #first: Waiting | null = null;
  #last: Waiting | null = null;

  constructor(delayMs: number, onEmpty: () => void) {
    this.#delayMs = delayMs;
    this.#onEmpty = onEmpty;
    startTimer(delayMs, this.#look);
  }

  add(task: () => void): () => void {
    const waiting: Waiting = { task, dueMs: performance.now() + this.#delayMs, before: this.#last, behind: null };
    if (this.#last === null) this.#first = waiting;
    else this.#last.behind = waiting;
    this.#last = waiting;
    return () => this.#remove(waiting);
  }

  #remove(waiting: Waiting): void {
    if (waiting.task === null) return;
    waiting.task = null;
    const { before, behind } = waiting;
    if (before === null) this.#first = behind;
    else before.behind = behind;
    if (behind === null) this.#last = before;
    else behind.before = before;
  }

  /** One timer for all: it is not stopped when somebody leaves, but looks who is there when it goes off. */
  readonly #look = (): void => {
    for (let first = this.#first; first !== null; first = this.#first) {
      const leftMs = first.dueMs - performance.now();
      if (leftMs > 0) {
        startTimer(Math.ceil(leftMs), this.#look);
        return;
      }
      this.#run(first);
    }
    this.#onEmpty();
  };

  /** One that throws keeps none behind it from its time. */
  #run(waiting: Waiting): void {
    const { task } = waiting;
    this.#remove(waiting);
    try {
      task?.();
    } catch (error) {
      startTimer(0, this.#look);
      throw error;
    }
  }
}

/**
 * The same clock for whoever sets many timers that hardly ever go off, as turns do: those that wait equally long share one
 * of the runtime's. Nothing that is left behind outlasts its time.
 */
export function openRowClock(): Clock {
  const rows = new Map<number, Row>();

  function rowOf(delayMs: number): Row {
    const known = rows.get(delayMs);
    if (known !== undefined) return known;
    const row = new Row(delayMs, () => rows.delete(delayMs));
    rows.set(delayMs, row);
    return row;
  }

  return { now: SYSTEM_CLOCK.now, after: (delayMs, task) => rowOf(boundedDelay(delayMs)).add(task) };
}
