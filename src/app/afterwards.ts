/**
 * When is done what nobody waits for? Once the answers of this turn of the event loop are out, all of it together: what
 * turns leave behind then costs their clients no time.
 */
export interface Afterwards {
  /** Tasks run in the order in which they came; none may throw. */
  run(task: () => void): void;
  /** Runs at once what still waits. */
  finish(): void;
}

export function openAfterwards(): Afterwards {
  let waiting: (() => void)[] = [];

  function finish(): void {
    const tasks = waiting;
    waiting = [];
    for (const task of tasks) task();
  }

  return {
    finish,
    run: (task) => {
      if (waiting.length === 0) setImmediate(finish);
      waiting.push(task);
    },
  };
}
