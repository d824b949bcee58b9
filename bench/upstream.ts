/** The simulated upstream in a process of its own, told over its standard input what to say next. */
import { serveSimulator } from "../src/simulator/serve-simulator.ts";
import { createSimulator } from "../src/simulator/simulator.ts";

/** How answers are to look from now on. */
export interface Say {
  readonly characters: number;
  readonly charactersPerEvent: number;
  readonly eventDelayMs: number;
}

const sim = createSimulator({ requestsMax: 100, bodiesMax: 1 });
const account = sim.addChatgptAccount({ name: "bench" });
const served = await serveSimulator(sim);
const login = account.authJson();
console.log(JSON.stringify({ ...served, login }));

for await (const line of console) {
  const say = JSON.parse(line) as Say;
  sim.script.clear();
  sim.reply("x".repeat(say.characters));
  sim.script.pace({ eventDelayMs: say.eventDelayMs, deltaChars: say.charactersPerEvent });
  console.log(JSON.stringify({ said: true }));
}
