/** Which accounts do lately used sessions live on? Load that is quiet now but will want room again. */
import { LIMITS } from "../limits.ts";

interface Place {
  readonly accountKey: string;
  readonly atMs: number;
}

/** Counts by account, kept as sessions come and go, so that asking costs nothing however many there are. */
export class RecentSessions {
  /** The longest unused first: using a session puts it at the end. */
  readonly #places = new Map<string, Place>();
  readonly #counts = new Map<string, number>();

  note(sessionId: string, accountKey: string, atMs: number): void {
    this.#forget(sessionId);
    this.#places.set(sessionId, { accountKey, atMs });
    this.#counts.set(accountKey, (this.#counts.get(accountKey) ?? 0) + 1);
  }

  countByAccount(nowMs: number): ReadonlyMap<string, number> {
    const sinceMs = nowMs - LIMITS.recentSessionMs;
    for (const [sessionId, { atMs }] of this.#places) {
      if (atMs >= sinceMs && this.#places.size <= LIMITS.liveSessionsMax) break;
      this.#forget(sessionId);
    }
    return this.#counts;
  }

  #forget(sessionId: string): void {
    const place = this.#places.get(sessionId);
    if (place === undefined) return;
    this.#places.delete(sessionId);
    const left = (this.#counts.get(place.accountKey) ?? 1) - 1;
    if (left > 0) this.#counts.set(place.accountKey, left);
    else this.#counts.delete(place.accountKey);
  }
}
