/**
 * What is a trial? A question put to the whole product, tried many times, answered by figures. Owns the shapes only; the
 * rooms beside this file hold one class of trials each.
 */

export const TRIAL_CLASSES = ["faults", "load", "soak", "attack", "fuzz"] as const;
export type TrialClass = (typeof TRIAL_CLASSES)[number];

export interface TrialOptions {
  /** A few seconds instead of what it takes. */
  readonly short: boolean;
  /** What chance is drawn from; the same seed gives the same inputs. */
  readonly seed: number;
  /** How long a soak lasts; null for the usual. */
  readonly minutes: number | null;
  /** Progress, for whoever waits. */
  readonly say: (text: string) => void;
}

/** One line of the table. */
export interface TrialRow {
  readonly name: string;
  /** How much was tried. */
  readonly tried: string;
  /** What was seen, as figures. */
  readonly found: string;
  /** What was not as it must be, a sentence each; empty when all is well. */
  readonly breaches: readonly string[];
}

export interface Trial {
  readonly name: string;
  run(options: TrialOptions): Promise<TrialRow>;
}

const BREACHES_SHOWN_MAX = 20;

/** Breaches as they are found; only the first ones keep their text, all are counted. */
export class Breaches {
  readonly #texts: string[] = [];
  #count = 0;

  add(text: string): void {
    this.#count += 1;
    if (this.#texts.length < BREACHES_SHOWN_MAX) this.#texts.push(text);
  }

  /** Notes the text unless it holds. Answers whether it did. */
  expect(holds: boolean, text: string): boolean {
    if (!holds) this.add(text);
    return holds;
  }

  list(): readonly string[] {
    const more = this.#count - this.#texts.length;
    return more > 0 ? [...this.#texts, `… and ${more} more`] : [...this.#texts];
  }
}

export function countText(count: number): string {
  return count.toLocaleString("en-GB");
}

export function mibText(bytes: number): string {
  return `${Math.round(bytes / (1024 * 1024))} MiB`;
}
