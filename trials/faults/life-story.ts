/**
 * A life in a dozen turns: everything a pool does at least once. Plain turns and long ones, stored answers gone on from, an
 * account that runs dry, a token that expires, a client that leaves, a restart.
 */

import type { SimAccount } from "../../src/simulator/account.ts";
import type { Outcome } from "../../test/sim/ask.ts";
import type { Pool, PoolQuestion } from "../../test/sim/pool.ts";

export interface Story {
  readonly outcomes: readonly Outcome[];
}

const HOUR_MS = 3_600_000;
const TURN_MS_MAX = 24 * HOUR_MS;
const LEAVES_AFTER_MS = 20;
const PAUSE_MS = 600_000;

function chatgptOf(pool: Pool, name: string): Extract<SimAccount, { kind: "chatgpt" }> {
  const account = pool.sim.accounts.find((candidate) => candidate.name === name);
  if (account?.kind !== "chatgpt") throw new Error(`there is no ${name}`);
  return account;
}

/** Null when the pool could not even be asked, as when the store fails in the client's own lookups. */
async function ask(pool: Pool, question: PoolQuestion): Promise<Outcome | null> {
  try {
    return await pool.clock.runUntil(pool.ask(question).done, TURN_MS_MAX);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("virtual clock")) throw error;
    return null;
  }
}

async function leave(pool: Pool): Promise<Outcome | null> {
  try {
    const asking = pool.ask({ thread: "leaving" });
    pool.clock.after(LEAVES_AFTER_MS, () => asking.leave());
    return await pool.clock.runUntil(asking.done, TURN_MS_MAX);
  } catch {
    return null;
  }
}

function responseIdOf(outcome: Outcome | null): string | null {
  return /"id":"(resp_[^"]+)"/.exec(outcome?.text ?? "")?.[1] ?? null;
}

/** A start that fails is made again, as a service manager does. */
function restart(pool: Pool): void {
  try {
    pool.restart();
  } catch {
    pool.restart();
  }
}

/** `restarts`: whether the process ends and begins anew before the last turn. */
export async function liveThrough(pool: Pool, restarts: boolean): Promise<Story> {
  const outcomes: (Outcome | null)[] = [];
  const [alpha, beta] = [chatgptOf(pool, "alpha"), chatgptOf(pool, "beta")];
  pool.sim.script.pace({ headDelayMs: 5, eventDelayMs: 5 });
  outcomes.push(await ask(pool, { thread: "one" }));
  outcomes.push(await ask(pool, { thread: "one", body: { stream: false } }));
  const first = await ask(pool, { body: { store: true, prompt_cache_key: "stored" } });
  const id = responseIdOf(first);
  outcomes.push(first, await ask(pool, { body: { previous_response_id: id, stream: false } }));
  outcomes.push(await leave(pool));
  // A token of this minute is not renewed.
  await pool.clock.advance(HOUR_MS);
  for (const account of [alpha, beta]) account.expireAccessTokens();
  outcomes.push(await ask(pool, { thread: "two" }), await ask(pool, { thread: "three" }));
  await pool.clock.advance(PAUSE_MS);
  beta.script.fail("failed-server-error");
  outcomes.push(await ask(pool, { thread: "one" }), await ask(pool, { thread: "two" }));
  await pool.clock.advance(PAUSE_MS);
  alpha.script.fail("usage-limit");
  outcomes.push(await ask(pool, { thread: "one" }), await ask(pool, { thread: "four" }));
  if (restarts) restart(pool);
  outcomes.push(await ask(pool, { thread: "one" }));
  return { outcomes: outcomes.filter((outcome) => outcome !== null) };
}
