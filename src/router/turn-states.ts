/** Which profile issued a turn state? Known by the state's hash, for as long as memory lasts; bounded. */
import { LIMITS } from "../limits.ts";

export class TurnStates {
  readonly #issuers = new Map<string, string>();

  /**
   * Null when it is not known. Asked by value and not by session: the official client keeps the first state of a turn,
   * also when a later request of that turn was served elsewhere.
   */
  issuerOf(stateHash: string): string | null {
    return this.#issuers.get(stateHash) ?? null;
  }

  note(stateHash: string, profileId: string): void {
    this.#issuers.delete(stateHash);
    this.#issuers.set(stateHash, profileId);
    for (const oldest of this.#issuers.keys()) {
      if (this.#issuers.size <= LIMITS.liveSessionsMax) break;
      this.#issuers.delete(oldest);
    }
  }
}
