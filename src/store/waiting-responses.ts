/**
 * Which responses are not in the file yet, because it was held or full when they were saved? Shows them to their clients
 * meanwhile, within a bound; must not decide when they are written.
 */
import type { StoredResponse } from "../ports.ts";

interface Waiting {
  readonly stored: StoredResponse;
  readonly bytesMax: number;
}

/** Each holds a whole conversation: some hundred of them, which is what a busy pool leaves behind in minutes. */
const CHARACTERS_MAX = 32 * 1024 * 1024;

function lengthOf({ response, input }: StoredResponse): number {
  return response.length + input.length;
}

function nameOf(keyId: string, id: string): string {
  return `${keyId} ${id}`;
}

export class WaitingResponses {
  /** In the order they were saved. */
  readonly #waiting = new Map<string, Waiting>();
  #characters = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** One of the same name is replaced. False, and nothing kept, when it would be too much. */
  put(stored: StoredResponse, bytesMax: number): boolean {
    const before = this.#waiting.get(nameOf(stored.keyId, stored.id));
    const characters = this.#characters - (before === undefined ? 0 : lengthOf(before.stored)) + lengthOf(stored);
    if (characters > CHARACTERS_MAX) return false;
    this.#waiting.set(nameOf(stored.keyId, stored.id), { stored, bytesMax });
    this.#characters = characters;
    return true;
  }

  find(keyId: string, id: string, sinceMs: number): StoredResponse | null {
    const stored = this.#waiting.get(nameOf(keyId, id))?.stored;
    return stored !== undefined && stored.savedAtMs >= sinceMs ? stored : null;
  }

  /** Id of the response that put this item out; null when it is not among them. */
  holderOf(keyId: string, itemId: string, sinceMs: number): string | null {
    for (const { stored } of this.#waiting.values()) {
      const isHolder = stored.keyId === keyId && stored.savedAtMs >= sinceMs && stored.itemIds.includes(itemId);
      if (isHolder) return stored.id;
    }
    return null;
  }

  /** False when it is not among them. */
  remove(keyId: string, id: string): boolean {
    const name = nameOf(keyId, id);
    const before = this.#waiting.get(name);
    if (before !== undefined) this.#characters -= lengthOf(before.stored);
    return this.#waiting.delete(name);
  }

  /** Hands over one after another and forgets each that was taken; ends with what `save` throws. */
  writeAll(save: (stored: StoredResponse, bytesMax: number) => void): void {
    for (const { stored, bytesMax } of [...this.#waiting.values()]) {
      save(stored, bytesMax);
      this.remove(stored.keyId, stored.id);
    }
  }

  drop(): void {
    this.#waiting.clear();
    this.#characters = 0;
  }
}
