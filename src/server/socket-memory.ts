/**
 * What may a client go on from on its own connection? The last response of it, kept nowhere else when it is not to be stored.
 * Lies over the stored responses, so that a turn is prepared in the same way whichever way it came in.
 */
import { LIMITS } from "../limits.ts";
import type { StoredResponse, StoredResponses } from "../ports.ts";

export class SocketMemory {
  /** One at most: upstream keeps no more of a connection either. */
  #last: StoredResponse | null = null;

  keep(response: StoredResponse): void {
    // The whole of it comes back with every turn: what no body could hold could not be gone on from.
    const isTooLong = response.input.length + response.response.length > LIMITS.bodyBytesMax;
    this.#last = isTooLong ? null : response;
  }

  forget(): void {
    this.#last = null;
  }

  /** The stored responses with this connection's last one over them. `keeps` is whether what is saved goes down to them. */
  over(stored: StoredResponses, keeps: boolean): StoredResponses {
    const last = (id: string) => (this.#last?.id === id ? this.#last : null);
    return {
      saveResponse: (response, bytesMax) => {
        this.keep(response);
        if (keeps) stored.saveResponse(response, bytesMax);
      },
      responseText: (keyId, id, sinceMs) => last(id)?.response ?? stored.responseText(keyId, id, sinceMs),
      inputText: (keyId, id, sinceMs) => last(id)?.input ?? stored.inputText(keyId, id, sinceMs),
      responseOfItem: (keyId, itemId, sinceMs) =>
        this.#last?.itemIds.includes(itemId) ? this.#last.id : stored.responseOfItem(keyId, itemId, sinceMs),
      removeResponse: (keyId, id) => stored.removeResponse(keyId, id),
      pruneResponses: (beforeMs, bytesMax) => stored.pruneResponses(beforeMs, bytesMax),
    };
  }
}
