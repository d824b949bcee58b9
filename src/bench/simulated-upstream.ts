/**
 * The simulator as upstream of the bench: it checks every request as OpenAI does, and costs about what a server does that
 * really makes its answers. A port of its own tells it how answers are to look.
 */
import type { AuthJson } from "../simulator/account.ts";
import { serveSimulator } from "../simulator/serve-simulator.ts";
import { createSimulator } from "../simulator/simulator.ts";
import type { Say } from "./pretend-upstream.ts";

export interface Simulated {
  readonly port: number;
  /** `POST /say` with a `Say`. */
  readonly sayPort: number;
  /** What Codex would have saved of each account. */
  readonly logins: readonly AuthJson[];
}

/** What it remembers of requests would be memory and time that no upstream spends. */
const REMEMBERED = { requestsMax: 100, bodiesMax: 1 };
const USED_PERCENT = 20;

/** The name of one of the accounts. */
export function accountName(at: number): string {
  return `bench-${at}`;
}

/** Serves on free ports of loopback until the process ends. */
export async function serveSimulatedUpstream(accounts: number): Promise<Simulated> {
  const sim = createSimulator(REMEMBERED);
  const made = Array.from({ length: accounts }, (_, at) => sim.addChatgptAccount({ name: accountName(at) }));
  const say = ({ events, charactersPerEvent, eventDelayMs }: Say): void => {
    // However much was asked for, nobody runs dry.
    for (const account of made)
      for (const slot of ["primary", "secondary"] as const) account.setUsed(USED_PERCENT, slot);
    sim.script.clear();
    sim.reply("x".repeat(events * charactersPerEvent));
    sim.script.pace({ deltaChars: charactersPerEvent, eventDelayMs });
  };
  say({ events: 10, charactersPerEvent: 20, eventDelayMs: 0 });
  const { port } = await serveSimulator(sim);
  const control = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      say((await request.json()) as Say);
      return new Response();
    },
  });
  return { port, sayPort: control.port ?? 0, logins: made.map((account) => account.authJson()) };
}
