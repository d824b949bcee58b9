/**
 * What has changed since the page was told? While somebody listens, looks a few times a second whether anything moved, and
 * then tells all of it: whole snapshots, so that a listener that is slow or comes back has nothing to make up for.
 */
import { LIMITS } from "../../limits.ts";
import type { PageSnapshot } from "../../operations/page-wire.ts";
import type { Clock } from "../../ports.ts";

export interface PageFeed {
  /**
   * The events for one listener; null when too many listen already. `isWelcome` is asked before each event: when it is
   * not any more, the events end.
   */
  listen(isWelcome: () => boolean): ReadableStream<Uint8Array> | null;
  /** The page has just changed something and waits to see it: the next look tells of it, however lately was told. */
  hurry(): void;
  /** Ends every stream. */
  stop(): void;
}

export interface PageFeedOptions {
  readonly clock: Clock;
  /** Cheap; changes whenever something may have changed. */
  readonly mark: () => string;
  readonly read: () => Promise<PageSnapshot>;
  /** Told when `mark` or `read` fails, once until they work again. */
  readonly onBug: (error: unknown) => void;
}

const NEWS_LOOKS = LIMITS.pageNewsMs / LIMITS.pageLookMs;
const REFRESH_LOOKS = LIMITS.pageRefreshMs / LIMITS.pageLookMs;

const encoder = new TextEncoder();
const BEAT = encoder.encode(": still here\n\n");
const STOPPING = encoder.encode("event: stopping\ndata: {}\n\n");

/** What a snapshot tells, without what moves by itself. */
function substanceOf(snapshot: PageSnapshot): string {
  const { daemon, history } = snapshot;
  return JSON.stringify({
    ...snapshot,
    at: null,
    daemon: { ...daemon, uptime_s: null },
    history: { ...history, since: null },
  });
}

/** When is it time to read? Counts looks rather than time, so that a clock that is set does no harm. */
function openLooker(mark: () => string) {
  let readMark: string | null = null;
  let hadMoved = false;
  let looksSinceRead = 0;
  let isHurried = false;
  return {
    /** Something moved, and that not in this very moment; or it was read long ago. */
    isDue: (): boolean => {
      looksSinceRead += 1;
      const hasMoved = mark() !== readMark;
      const isNews = hasMoved && (isHurried || (hadMoved && looksSinceRead >= NEWS_LOOKS));
      hadMoved = hasMoved;
      isHurried = false;
      return isNews || looksSinceRead >= REFRESH_LOOKS;
    },
    hurry: (): void => {
      isHurried = true;
    },
    /** To be called before reading: what moves meanwhile is news again. */
    beginRead: (): void => {
      looksSinceRead = 0;
      hadMoved = false;
      readMark = mark();
    },
  };
}

/** The latest event, and whoever waits for the next one. */
function openNews() {
  let latest: { readonly number: number; readonly event: Uint8Array } | null = null;
  let substance = "";
  let next = Promise.withResolvers<void>();
  return {
    latest: () => latest,
    /** Resolves with the next news, or when somebody is to look up. */
    next: (): Promise<void> => next.promise,
    wake: (): void => {
      next.resolve();
      next = Promise.withResolvers<void>();
    },
    /** Answers whether there was anything new in it. */
    publish: (snapshot: PageSnapshot): boolean => {
      const told = substanceOf(snapshot);
      if (told === substance) return false;
      substance = told;
      const event = encoder.encode(`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
      latest = { number: (latest?.number ?? 0) + 1, event };
      return true;
    },
    forget: (): void => {
      latest = null;
      substance = "";
    },
  };
}

type NewsBoard = ReturnType<typeof openNews>;

/** Looks while it is started; each read is over before the next look. */
function openWatch({ clock, mark, read, onBug }: PageFeedOptions, news: NewsBoard) {
  const looker = openLooker(mark);
  const state = { round: 0, hasFailed: false, cancel: (): void => undefined };

  async function readNow(round: number): Promise<void> {
    looker.beginRead();
    const snapshot = await read();
    state.hasFailed = false;
    if (round === state.round && news.publish(snapshot)) news.wake();
  }

  async function look(round: number, isFirst: boolean): Promise<void> {
    try {
      if (isFirst || looker.isDue()) await readNow(round);
    } catch (error) {
      if (!state.hasFailed) onBug(error);
      state.hasFailed = true;
    }
    if (round === state.round) state.cancel = clock.after(LIMITS.pageLookMs, () => void look(round, false));
  }

  return {
    start: (): void => void look(state.round, true),
    hurry: looker.hurry,
    stop: (): void => {
      state.round += 1;
      state.cancel();
      // What was true then need not be when somebody listens again.
      news.forget();
    },
  };
}

interface Listener {
  readonly isWelcome: () => boolean;
  readonly isOver: () => boolean;
  readonly leave: () => void;
}

/** Pull-based: who does not read is told nothing, and then the latest only. */
function streamTo(listener: Listener, news: NewsBoard, clock: Clock): ReadableStream<Uint8Array> {
  let seen = 0;
  async function nextEvent(): Promise<Uint8Array | null> {
    const latest = news.latest();
    if (latest !== null && latest.number !== seen) {
      seen = latest.number;
      return latest.event;
    }
    const { promise: quiet, resolve } = Promise.withResolvers<"quiet">();
    const cancel = clock.after(LIMITS.keepAliveMs, () => resolve("quiet"));
    const woken = await Promise.race([news.next(), quiet]).finally(cancel);
    return woken === "quiet" ? BEAT : null;
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const isOver = listener.isOver();
          if (isOver || !listener.isWelcome()) {
            listener.leave();
            if (isOver) controller.enqueue(STOPPING);
            controller.close();
            return;
          }
          const event = await nextEvent();
          if (event === null) continue;
          controller.enqueue(event);
          return;
        }
      },
      cancel: () => listener.leave(),
    },
    { highWaterMark: 0 },
  );
}

export function openPageFeed(options: PageFeedOptions): PageFeed {
  const news = openNews();
  const watch = openWatch(options, news);
  const listening = new Set<symbol>();
  const state = { isOver: false };

  function leave(listener: symbol): void {
    if (listening.delete(listener) && listening.size === 0) watch.stop();
  }

  return {
    listen: (isWelcome) => {
      if (state.isOver || listening.size >= LIMITS.pageListenersMax) return null;
      const listener = Symbol("listener");
      listening.add(listener);
      if (listening.size === 1) watch.start();
      const { clock } = options;
      return streamTo({ isWelcome, isOver: () => state.isOver, leave: () => leave(listener) }, news, clock);
    },
    hurry: watch.hurry,
    stop: () => {
      state.isOver = true;
      // At once: the stores are about to close, and a listener that does not read leaves late.
      watch.stop();
      news.wake();
    },
  };
}
