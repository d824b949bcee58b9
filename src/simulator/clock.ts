/**
 * Question: what time is it in a simulated world?
 * Owns a virtual clock whose time moves only when told, and the real one that the demo and socket tests use.
 * Must not read the platform's time in the virtual clock: one seed must give one trace, also over weeks.
 *
 * `advance` fires timers one by one in order of their due time (then of their making) and, before and after each, lets the
 * event loop turn until nothing new happens, so that real promises and ReadableStreams progress between two instants.
 */
import type { Clock } from "../ports.ts";

export interface VirtualClock extends Clock {
  /** Moves time forward by `ms`, firing every timer that falls due on the way. */
  advance(ms: number): Promise<void>;
  /** Fires timers until none is left or `limitMs` of virtual time has passed. Answers how many fired. */
  runUntilIdle(limitMs?: number): Promise<number>;
  /** Moves time until `work` settles; throws when it has not within `limitMs` of virtual time or when no timer is left. */
  runUntil<T>(work: Promise<T>, limitMs?: number): Promise<T>;
  /** Lets promises and streams progress without moving time. */
  settle(): Promise<void>;
  /** How many timers wait. */
  pendingTimers(): number;
  /** When the next timer falls due (ms since the epoch), or null. */
  nextDueMs(): number | null;
}

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly task: () => void;
}

interface TimerQueue {
  readonly timers: Timer[];
  nowMs: number;
  sequence: number;
  /** Grows with each timer set or cancelled: "something happened" for `settle`. */
  activity: number;
}

const DAY_MS = 86_400_000;
const IDLE_LIMIT_MS = 365 * DAY_MS;
const QUIET_TURNS = 3;
const SETTLE_TURNS_MAX = 10_000;

/** A clock that stands still until told to move. `startMs` is milliseconds since the epoch. */
export function createVirtualClock(startMs: number): VirtualClock {
  const queue: TimerQueue = { timers: [], nowMs: startMs, sequence: 0, activity: 0 };
  return {
    now: () => queue.nowMs,
    after: (delayMs, task) => addTimer(queue, delayMs, task),
    advance: (ms) => advanceTo(queue, queue.nowMs + ms),
    runUntilIdle: (limitMs = IDLE_LIMIT_MS) => runUntilIdle(queue, limitMs),
    runUntil: (work, limitMs = DAY_MS) => runUntil(queue, work, limitMs),
    settle: () => settle(queue),
    pendingTimers: () => queue.timers.length,
    nextDueMs: () => queue.timers[0]?.dueMs ?? null,
  };
}

/** The platform's time. Its timers do not keep the process alive. */
export function createRealClock(): Clock {
  return {
    now: () => Date.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

/** Resolves after `delayMs` of the clock's time. */
export function waitFor(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

function addTimer(queue: TimerQueue, delayMs: number, task: () => void): () => void {
  const timer: Timer = { dueMs: queue.nowMs + Math.max(0, delayMs), sequence: queue.sequence, task };
  queue.sequence += 1;
  queue.activity += 1;
  queue.timers.splice(findPlace(queue.timers, timer.dueMs), 0, timer);
  return () => {
    const index = queue.timers.indexOf(timer);
    if (index < 0) return;
    queue.timers.splice(index, 1);
    queue.activity += 1;
  };
}

/** The first place behind every timer that is due at or before `dueMs`, so that equal instants keep their order. */
function findPlace(timers: readonly Timer[], dueMs: number): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timers[middle]?.dueMs ?? 0) <= dueMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function fireNext(queue: TimerQueue): void {
  const timer = queue.timers.shift();
  if (timer === undefined) return;
  queue.nowMs = Math.max(queue.nowMs, timer.dueMs);
  queue.activity += 1;
  timer.task();
}

async function advanceTo(queue: TimerQueue, targetMs: number): Promise<void> {
  await settle(queue);
  while ((queue.timers[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= targetMs) {
    fireNext(queue);
    await settle(queue);
  }
  queue.nowMs = Math.max(queue.nowMs, targetMs);
}

async function runUntilIdle(queue: TimerQueue, limitMs: number): Promise<number> {
  const endMs = queue.nowMs + limitMs;
  let fired = 0;
  await settle(queue);
  while ((queue.timers[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= endMs) {
    fireNext(queue);
    fired += 1;
    await settle(queue);
  }
  return fired;
}

async function runUntil<T>(queue: TimerQueue, work: Promise<T>, limitMs: number): Promise<T> {
  const endMs = queue.nowMs + limitMs;
  const progress = { settled: false };
  const mark = (): void => {
    progress.settled = true;
  };
  work.then(mark, mark);
  await settle(queue);
  while (!progress.settled) {
    const dueMs = queue.timers[0]?.dueMs ?? null;
    if (dueMs === null) throw new Error("virtual clock: the work has not settled and no timer is left");
    if (dueMs > endMs) throw new Error(`virtual clock: the work has not settled within ${limitMs} ms`);
    fireNext(queue);
    await settle(queue);
  }
  return work;
}

/** Turns the event loop until a few turns in a row set or cancelled no timer. */
async function settle(queue: TimerQueue): Promise<void> {
  let seen = queue.activity;
  let quiet = 0;
  for (let turn = 0; turn < SETTLE_TURNS_MAX && quiet < QUIET_TURNS; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    quiet = queue.activity === seen ? quiet + 1 : 0;
    seen = queue.activity;
  }
}
