/** The short form of each trial: what its long form proves with thousands, here with a few. `npm run trials` for more. */
import { describe, expect, test } from "bun:test";
import { attackTrials } from "../../trials/attack/trials.ts";
import { faultTrials } from "../../trials/faults/trials.ts";
import { fuzzTrials } from "../../trials/fuzz/trials.ts";
import { loadTrials } from "../../trials/load/trials.ts";
import { soakTrials } from "../../trials/soak/trials.ts";
import { TRIAL_CLASSES, type Trial, type TrialClass, type TrialOptions } from "../../trials/trial.ts";

const TRIALS: Readonly<Record<TrialClass, readonly Trial[]>> = {
  faults: faultTrials,
  load: loadTrials,
  soak: soakTrials,
  attack: attackTrials,
  fuzz: fuzzTrials,
};

/**
 * Those that wait for real clocks, or that say nothing when they are short: the runtime's idle clock counts in steps of
 * four seconds, and a name that is not found would be asked of somebody else's server.
 */
const LONG_ONLY: readonly string[] = ["half-sent", "DNS gone", "bodies of 64 MiB", "disk full, ENOSPC"];

const OPTIONS: TrialOptions = { short: true, seed: 20_261_122, minutes: null, say: () => undefined };
const BOUND_MS = 120_000;

for (const name of TRIAL_CLASSES) {
  describe(`trials of ${name}`, () => {
    for (const trial of TRIALS[name].filter((candidate) => !LONG_ONLY.includes(candidate.name))) {
      test(
        `${trial.name} hold`,
        async () => {
          expect((await trial.run(OPTIONS)).breaches).toEqual([]);
        },
        BOUND_MS,
      );
    }
  });
}

test("the trials that only run long are there", () => {
  const names = Object.values(TRIALS).flatMap((trials) => trials.map((trial) => trial.name));
  expect(LONG_ONLY.filter((name) => !names.includes(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
