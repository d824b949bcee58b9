/** Which accounts do lately used sessions live on? Load that is quiet now but will want room again. */
import { LIMITS } from "../limits.ts";

/** One session's place in the row from the longest unused to the newest. */
interface Place {
  readonly sessionId: string;
  accountKey: string;
  atMs: number;
  older: Place | null;
  newer: Place | null;
}

/**
 * Counts by account, kept as sessions come and go, so that asking costs nothing however many there are. The row is linked
 * by hand: a `Map` that is used as one walks over all that has left it to find its first.
 */
export class RecentSessions {
  readonly #places = new Map<string, Place>();
  readonly #counts = new Map<string, number>();
  #oldest: Place | null = null;
  #newest: Place | null = null;

  note(sessionId: string, accountKey: string, atMs: number): void {
    const known = this.#places.get(sessionId);
    if (known === undefined) {
      const place = { sessionId, accountKey, atMs, older: null, newer: null };
      this.#places.set(sessionId, place);
      this.#append(place);
      this.#count(accountKey, 1);
      return;
    }
    if (known.accountKey !== accountKey) {
      this.#count(known.accountKey, -1);
      this.#count(accountKey, 1);
    }
    known.accountKey = accountKey;
    known.atMs = atMs;
    if (known === this.#newest) return;
    this.#takeOut(known);
    this.#append(known);
  }

  countByAccount(nowMs: number): ReadonlyMap<string, number> {
    const sinceMs = nowMs - LIMITS.recentSessionMs;
    for (let place = this.#oldest; place !== null; place = this.#oldest) {
      if (place.atMs >= sinceMs && this.#places.size <= LIMITS.liveSessionsMax) break;
      this.#takeOut(place);
      this.#places.delete(place.sessionId);
      this.#count(place.accountKey, -1);
    }
    return this.#counts;
  }

  #append(place: Place): void {
    place.older = this.#newest;
    place.newer = null;
    if (this.#newest === null) this.#oldest = place;
    else this.#newest.newer = place;
    this.#newest = place;
  }

  #takeOut(place: Place): void {
    const { older, newer } = place;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
  }

  #count(accountKey: string, change: 1 | -1): void {
    const left = (this.#counts.get(accountKey) ?? 0) + change;
    if (left > 0) this.#counts.set(accountKey, left);
    else this.#counts.delete(accountKey);
  }
}
