/**
 * Does any input bring a reader down? Draws inputs from a corpus and dice, one pair of dice for each input, so that the seed
 * and the number of an input are enough to see it again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rng } from "../../src/ports.ts";
import { createSeededRng } from "../../src/simulator/rng.ts";
import { Breaches, countText, type Trial, type TrialOptions } from "../trial.ts";
import { mutate } from "./mutate.ts";

const CORPUS = join(import.meta.dir, "..", "..", "test", "corpus");

export interface FuzzTarget {
  readonly name: string;
  /** Folders of the corpus. */
  readonly corpus: readonly string[];
  readonly inputs: number;
  readonly shortInputs: number;
  /** What is wrong with how this input was taken; null when nothing is. Throwing is always wrong. */
  check(input: Uint8Array, rng: Rng): Promise<string | null> | string | null;
}

/** Every file of a folder of the corpus, in the order of their names. */
export function readCorpus(folders: readonly string[]): Uint8Array[] {
  return folders.flatMap((folder) => {
    const path = join(CORPUS, folder);
    return readdirSync(path)
      .toSorted()
      .map((name) => new Uint8Array(readFileSync(join(path, name))));
  });
}

/** Dice of one input: neighbours have nothing in common. */
function diceOf(seed: number, index: number): Rng {
  return createSeededRng(Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b));
}

async function findBreach(target: FuzzTarget, input: Uint8Array, rng: Rng): Promise<string | null> {
  try {
    return await target.check(input, rng);
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

const SHOWN_BYTES = 300;

function describeInput(input: Uint8Array): string {
  return Buffer.from(input.subarray(0, SHOWN_BYTES)).toString("base64");
}

/** Puts `count` inputs before the target. Every input that it does not take well is named by its number. */
export async function fuzz(target: FuzzTarget, seed: number, count: number): Promise<readonly string[]> {
  const corpus = readCorpus(target.corpus);
  const breaches = new Breaches();
  for (let index = 0; index < count; index += 1) {
    const rng = diceOf(seed, index);
    const input = index < corpus.length ? (corpus[index] ?? new Uint8Array()) : mutate(corpus, rng);
    const breach = await findBreach(target, input, rng);
    if (breach !== null) breaches.add(`input ${index} of seed ${seed}: ${breach} (${describeInput(input)}…)`);
  }
  return breaches.list();
}

export function fuzzTrial(target: FuzzTarget): Trial {
  return {
    name: target.name,
    async run({ short, seed }: TrialOptions) {
      const count = short ? target.shortInputs : target.inputs;
      const startedAt = performance.now();
      const breaches = await fuzz(target, seed, count);
      const perInputMs = (performance.now() - startedAt) / count;
      return {
        name: target.name,
        tried: `${countText(count)} inputs, seed ${seed}`,
        found: `${breaches.length} crashes or wrong answers, ${perInputMs.toFixed(2)} ms each`,
        breaches,
      };
    },
  };
}
