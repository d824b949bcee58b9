/**
 * How does the person at this machine hear what has happened to the pool? By notifications of the system, once for each
 * thing. How the pool stood at the start is no news: whoever starts a runtime looks at it.
 */
import type { Desk } from "../operations/operation.ts";
import { NOTHING_TOLD, newsSince, type Told } from "../operations/pool-news.ts";
import { readProfiles } from "../operations/read-profiles.ts";
import { newsLine } from "./news-line.ts";
import { isNews, startNewsRounds } from "./news-rounds.ts";
import type { Notification } from "./notifier.ts";

export interface DesktopAlertsOptions {
  readonly desk: Desk;
  /** False when it could not be shown. */
  readonly show: (notification: Notification) => Promise<boolean>;
  /** Said once, and again after a success. */
  onTrouble(): void;
  onBug(error: unknown): void;
}

export interface DesktopAlerts {
  /** Looks for news soon when this may have made some. */
  hear(event: { readonly kind: string }): void;
  stop(): Promise<void>;
}

const TITLE = "codexuse";
/** More would not fit, and the page has it all. */
const LINES_MAX = 4;

function bodyOf(lines: readonly string[]): string {
  const more = lines.length - LINES_MAX;
  return (more > 0 ? [...lines.slice(0, LINES_MAX), `… and ${more} more`] : lines).join("\n");
}

export function startDesktopAlerts(options: DesktopAlertsOptions): DesktopAlerts {
  const { desk } = options;
  const ending = new AbortController();
  const look = () => newsSince(state.told, readProfiles(desk), desk.clock.now());
  const state: { told: Told; failed: boolean } = { told: NOTHING_TOLD, failed: false };
  state.told = look().told;
  const tell = async (): Promise<void> => {
    const { news, told } = look();
    // Also when it cannot be shown: hours later it would be no news.
    state.told = told;
    if (news.length === 0) return;
    const lines = news.map((entry) => newsLine(entry, desk.clock.now()));
    const shown = await options.show({ title: TITLE, body: bodyOf(lines) });
    if (!shown && !state.failed) options.onTrouble();
    state.failed = !shown;
  };
  const rounds = startNewsRounds({ clock: desk.clock, signal: ending.signal, look: tell, onBug: options.onBug });
  return {
    hear: (event) => {
      if (isNews(event)) rounds.nudge();
    },
    stop: async () => {
      ending.abort();
      await rounds.settled();
    },
  };
}
