/** The real clock behind the `Clock` port. */
import type { Clock } from "./ports.ts";

/** Timers beyond this fire at once in every JavaScript runtime. */
const DELAY_MAX_MS = 2 ** 31 - 1;

function boundedDelay(delayMs: number): number {
  return Math.min(Math.max(0, delayMs), DELAY_MAX_MS);
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, boundedDelay(delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** One who waits in a row. */
interface Waiting {
  /** Null when it is over. */
  task: (() => void) | null;
  readonly dueMs: number;
  /** How often the row had been looked through when it came. */
  readonly looks: number;
  before: Waiting | null;
  behind: Waiting | null;
}

/** What a row waits with. */
interface Timepiece {
  readonly after: Clock["after"];
  /** By a clock that nobody sets. */
  readonly elapsedMs: () => number;
}

/** All who wait equally long, in the order in which they came, which is the one in which they are due. */
class Row {
  readonly #delayMs: number;
  readonly #timepiece: Timepiece;
  readonly #onEmpty: () => void;
  #first: Waiting | null = null;
  #last: Waiting | null = null;
  #looks = 0;

  constructor(delayMs: number, timepiece: Timepiece, onEmpty: () => void) {
    this.#delayMs = delayMs;
    this.#timepiece = timepiece;
    this.#onEmpty = onEmpty;
    timepiece.after(delayMs, this.#look);
  }

  add(task: () => void): () => void {
    const dueMs = this.#timepiece.elapsedMs() + this.#delayMs;
    const waiting: Waiting = { task, dueMs, looks: this.#looks, before: this.#last, behind: null };
    if (this.#last === null) this.#first = waiting;
    else this.#last.behind = waiting;
    this.#last = waiting;
    return () => this.#remove(waiting);
  }

  #remove(waiting: Waiting): void {
    if (waiting.task === null) return;
    const { before, behind } = waiting;
    if (before === null) this.#first = behind;
    else before.behind = behind;
    if (behind === null) this.#last = before;
    else behind.before = before;
    // Whoever may stop it still holds it, and must not hold with it all who came after.
    waiting.task = waiting.before = waiting.behind = null;
  }

  /** One timer for all: it is not stopped when somebody leaves, but looks who is there when it goes off. */
  readonly #look = (): void => {
    const nowMs = this.#timepiece.elapsedMs();
    this.#looks += 1;
    // Who comes meanwhile has its turn later, however short its time.
    const isDue = ({ dueMs, looks }: Waiting) => dueMs <= nowMs && looks < this.#looks;
    try {
      for (let first = this.#first; first !== null && isDue(first); first = this.#first) this.#run(first);
    } finally {
      if (this.#first === null) this.#onEmpty();
      else this.#timepiece.after(Math.max(1, Math.ceil(this.#first.dueMs - nowMs)), this.#look);
    }
  };

  #run(waiting: Waiting): void {
    const { task } = waiting;
    this.#remove(waiting);
    task?.();
  }
}

/**
 * The same clock for whoever sets many timers that hardly ever go off, as turns do: those that wait equally long share one
 * of its timers. They go off in one go, with nothing that awaits one of them in between. `elapsedMs` grows with time, whoever
 * sets the clock.
 */
export function shareTimers({ now, after }: Clock, elapsedMs: () => number): Clock {
  const rows = new Map<number, Row>();

  function rowOf(delayMs: number): Row {
    const known = rows.get(delayMs);
    if (known !== undefined) return known;
    const row = new Row(delayMs, { after, elapsedMs }, () => rows.delete(delayMs));
    rows.set(delayMs, row);
    return row;
  }

  return { now, after: (delayMs, task) => rowOf(boundedDelay(delayMs)).add(task) };
}

/** The real clock of a process that serves. */
export function openServingClock(): Clock {
  return shareTimers(SYSTEM_CLOCK, () => performance.now());
}
