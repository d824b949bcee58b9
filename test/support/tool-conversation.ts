/** A conversation of several steps with a tool, whose account runs dry in the middle; and what must be true of it afterwards. */
import { expect } from "bun:test";
import { type ContentItem, functionCall, reasoning, text } from "../../src/simulator/content.ts";
import type { BinaryPool } from "./start-binary.ts";

/** What every client is to have in the end: an answer to each question, and one call of the tool for it. */
export const TOLD = {
  texts: ["The weather: sunny in Bern", "The weather: sunny in Oslo"],
  cities: ["Bern", "Oslo"],
};

/** The step after which the account that served so far has nothing left: the second question's call has been made. */
const LAST_STEP = 3;

function callWeather(city: string): ContentItem {
  return functionCall("weather", { city });
}

/** Answers each question through the tool, with some thought before each step. A turn without tools is about a title. */
export function scriptWeather(pool: BinaryPool, call: (city: string) => ContentItem = callWeather): void {
  const served: string[] = [];
  pool.sim.onTurn((turn) => {
    if (turn.toolNames.length === 0) return "A title";
    served.push(turn.account);
    const said = turn.toolOutputs.at(-1);
    return said === undefined
      ? [reasoning("I look it up"), call(/Bern|Oslo/.exec(turn.lastUserText)?.[0] ?? "")]
      : [reasoning("I know it now"), text(`The weather: ${said}`)];
  });
  pool.sim.script.fail("usage-limit", {
    times: "always",
    matching: (call) => served.length >= LAST_STEP && call.account === served[LAST_STEP - 1],
  });
}

/** One account took the first steps and another the last; nothing upstream had to refuse was ever sent, and nothing twice. */
export function expectOneRollover(pool: BinaryPool): void {
  const titles = pool.sim.turnsOf().filter((turn) => !JSON.stringify(turn.body).includes('"tools":[{'));
  const accepted = pool.sim.acceptedGenerations.filter(({ requestId }) => titles.every(({ id }) => id !== requestId));
  const accounts = accepted.map((generation) => generation.account);
  expect(accounts).toHaveLength(LAST_STEP + 1);
  expect(new Set(accounts.slice(0, LAST_STEP)).size).toBe(1);
  expect(accounts.at(-1)).not.toBe(accounts[0] ?? "");
  const callIds = accepted.flatMap((generation) => generation.callIds);
  expect(new Set(callIds).size).toBe(2);
  for (const { text: sent } of pool.upstreamTurns) {
    expect(sent).not.toContain("item_reference");
    expect(sent).not.toContain('"previous_response_id":"');
  }
  expect(pool.sim.violations).toEqual([]);
}
