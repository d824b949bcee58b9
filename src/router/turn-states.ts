/** Which profile issued a turn state? Known by the state's hash, for as long as memory lasts; bounded. */
import { LIMITS } from "../limits.ts";

/**
 * The states of two generations, together at least the newest half of the bound and at most all of it: forgetting the oldest
 * one by one would cost every turn more than all the rest of this.
 */
export class TurnStates {
  #young = new Map<string, string>();
  #old: ReadonlyMap<string, string> = new Map();

  /**
   * Null when it is not known. Asked by value and not by session: the official client keeps the first state of a turn,
   * also when a later request of that turn was served elsewhere.
   */
  issuerOf(stateHash: string): string | null {
    return this.#young.get(stateHash) ?? this.#old.get(stateHash) ?? null;
  }

  note(stateHash: string, profileId: string): void {
    this.#young.set(stateHash, profileId);
    if (this.#young.size < LIMITS.liveSessionsMax / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
