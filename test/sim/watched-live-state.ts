/** Live state that writes down every choice with all it was made from, so that it can be judged and made again. */
import type { Rng } from "../../src/ports.ts";
import { LiveState, type LiveStateOptions } from "../../src/router/live-state.ts";
import type { Candidate, Needs } from "../../src/router/rules/candidate.ts";
import type { Choice } from "../../src/router/rules/choose.ts";

export interface RecordedChoice {
  readonly atMs: number;
  readonly isEnabled: boolean;
  readonly candidates: readonly Candidate[];
  readonly needs: Needs;
  readonly routing: "least-used" | "round-robin";
  readonly lastAccountKey: string | null;
  /** What chance said, in order. */
  readonly draws: readonly number[];
  readonly choice: Choice;
}

export class WatchedLiveState extends LiveState {
  readonly #clock: LiveStateOptions["clock"];
  readonly #onChoice: (choice: RecordedChoice) => void;

  constructor(options: LiveStateOptions, onChoice: (choice: RecordedChoice) => void) {
    super(options);
    this.#clock = options.clock;
    this.#onChoice = onChoice;
  }

  override choose(needs: Needs, rng: Rng): Choice {
    const { settings, candidates, lastAccountKey } = this.view();
    const draws: number[] = [];
    const choice = super.choose(needs, () => {
      const drawn = rng();
      draws.push(drawn);
      return drawn;
    });
    this.#onChoice({
      atMs: this.#clock.now(),
      isEnabled: settings.enabled,
      candidates: structuredClone(candidates),
      needs: structuredClone(needs),
      routing: settings.routing,
      lastAccountKey,
      draws,
      choice,
    });
    return choice;
  }
}
