/** Did anybody get what was another's? Each question holds a word of its own, which upstream says back many times. */
import type { Simulator } from "../../src/simulator/simulator.ts";

const CANARY = /canary-(\d+)-/g;

export function canaryOf(index: number): string {
  return `canary-${index}-`;
}

/** From now on upstream answers with the canary of the question, `times` times. */
export function echoCanaries(sim: Simulator, times: number): void {
  sim.onTurn((turn) => (/canary-\d+-/.exec(turn.lastUserText)?.[0] ?? "none ").repeat(times));
}

/** Whether a text holds a canary of somebody else's. */
export function holdsForeign(text: string, index: number): boolean {
  return [...text.matchAll(CANARY)].some((match) => Number(match[1]) !== index);
}
