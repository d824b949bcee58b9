/**
 * When is it time to look for news? From time to time, and soon after something that may have made some; never twice at
 * once. Owns the timer; what a look finds is the caller's.
 */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";

export interface NewsRounds {
  /** Something happened: look soon. */
  nudge(): void;
  /** Resolves when no look is under way. */
  settled(): Promise<void>;
}

export interface NewsRoundsOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  look(): Promise<void>;
  /** Gets what nobody foresaw; the rounds go on. */
  onBug(error: unknown): void;
}

const NUDGE_MS = 250;
/** Kinds of telemetry that may be news. */
const NEWS_EVENTS: ReadonlySet<string> = new Set(["account-paused", "account-back", "sign-in-needed"]);

export function isNews(event: { readonly kind: string }): boolean {
  return NEWS_EVENTS.has(event.kind);
}

/** The first look follows at once. */
export function startNewsRounds({ clock, signal, look, onBug }: NewsRoundsOptions): NewsRounds {
  const state = {
    busy: false,
    nudged: false,
    dueMs: Number.POSITIVE_INFINITY,
    cancel: (): void => undefined,
    last: Promise.resolve(),
  };
  const plan = (ms: number): void => {
    const dueMs = clock.now() + ms;
    // A stream of events must not put off what is due.
    if (signal.aborted || dueMs >= state.dueMs) return;
    state.cancel();
    state.dueMs = dueMs;
    state.cancel = clock.after(ms, () => {
      state.last = round();
    });
  };
  const round = async (): Promise<void> => {
    if (state.busy || signal.aborted) return;
    Object.assign(state, { busy: true, nudged: false, dueMs: Number.POSITIVE_INFINITY });
    await look().catch(onBug);
    state.busy = false;
    // What happened meanwhile may have come too late for this round.
    plan(state.nudged ? NUDGE_MS : LIMITS.newsEveryMs);
  };
  plan(NUDGE_MS);
  signal.addEventListener("abort", () => state.cancel(), { once: true });
  return {
    settled: () => state.last,
    nudge: () => {
      state.nudged = true;
      if (!state.busy) plan(NUDGE_MS);
    },
  };
}
