/** The machine's clock is set, forth and back, between any two turns: nothing waits for a time that will not come. */
import type { Clock } from "../../src/ports.ts";
import { openPool } from "../../test/sim/pool.ts";
import { Breaches, type Trial, type TrialOptions } from "../trial.ts";
import { liveThrough } from "./life-story.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JUMPS_MS = [1_000, 5 * 60_000, 3 * HOUR_MS, DAY_MS, 40 * DAY_MS, 3_650 * DAY_MS].flatMap((ms) => [ms, -ms]);
/** Calls of the clock before the jump; a life asks it some thousand times. */
const AFTER_CALLS = [0, 5, 20, 60, 120, 250, 400, 700, 1_100, 1_600, 2_200];
const NAMES = ["alpha", "beta"];
/** A pause that was set by a wrong clock may hold this long at most. */
const HEALING_MS = 12 * HOUR_MS;

/** The clock of a machine that is set once, after it was looked at so many times. */
function jumpingClock(clock: Clock, jumpMs: number, afterCalls: number): Clock {
  let calls = 0;
  return {
    now: () => {
      calls += 1;
      return clock.now() + (calls > afterCalls ? jumpMs : 0);
    },
    after: (delayMs, task) => clock.after(delayMs, task),
  };
}

async function liveAcross(jumpMs: number, afterCalls: number, breaches: Breaches): Promise<number> {
  const where = `${jumpMs > 0 ? "forth" : "back"} by ${Math.abs(jumpMs) / HOUR_MS} h after ${afterCalls} looks`;
  const pool = openPool({
    wrapClock: (clock) => jumpingClock(clock, jumpMs, afterCalls),
    simulator: { accessTokenTtlMs: 10 * DAY_MS },
  });
  try {
    for (const name of NAMES) await pool.save(pool.sim.addChatgptAccount({ name }).authJson(), name);
    const story = await liveThrough(pool, true);
    for (const { script } of pool.sim.accounts) script.clear();
    await pool.clock.advance(HEALING_MS);
    const last = await pool.turn({ thread: "after" });
    breaches.expect(last.status === 200, `${where}: afterwards a turn got ${last.status} ${last.text.slice(0, 400)}`);
    breaches.expect(pool.engine().live.inFlightTotal() === 0, `${where}: a slot is still held`);
    const crashed = story.outcomes.filter((outcome) => outcome.kind === "crashed");
    breaches.expect(crashed.length === 0, `${where}: the engine threw ${crashed[0]?.error}`);
    const lost = pool.settings.profiles().filter((profile) => profile.signIn.state !== "ok");
    breaches.expect(lost.length === 0, `${where}: ${lost[0]?.name} has to sign in`);
    return story.outcomes.filter((outcome) => outcome.status === 200).length;
  } catch (error) {
    breaches.add(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    return 0;
  } finally {
    pool.close();
  }
}

/** A pause that a wrong clock has set must not outlast the wrong clock: with one account, nobody else would serve. */
async function outliveWrongClock(backMs: number, breaches: Breaches): Promise<void> {
  let jumpMs = 0;
  const pool = openPool({
    upkeep: true,
    wrapClock: (clock) => ({ now: () => clock.now() + jumpMs, after: (delayMs, task) => clock.after(delayMs, task) }),
    simulator: { accessTokenTtlMs: 10_000 * DAY_MS },
  });
  try {
    const account = pool.sim.addChatgptAccount({ name: "only" });
    await pool.save(account.authJson(), "only");
    account.script.fail("usage-limit");
    await pool.turn({ thread: "one" });
    jumpMs = -backMs;
    await pool.clock.advance(6 * HOUR_MS);
    const { status, text } = await pool.turn({ thread: "one" });
    breaches.expect(status === 200, `${backMs / DAY_MS} days back, the only account rests on: ${text.slice(-300)}`);
  } finally {
    pool.close();
  }
}

export const clockJumpsTrial: Trial = {
  name: "clock jumps",
  async run({ short }: TrialOptions) {
    const breaches = new Breaches();
    let lives = 0;
    let served = 0;
    for (const jumpMs of short ? JUMPS_MS.filter((ms) => Math.abs(ms) === DAY_MS) : JUMPS_MS) {
      for (const afterCalls of short ? [60, 400] : AFTER_CALLS) {
        served += await liveAcross(jumpMs, afterCalls, breaches);
        lives += 1;
      }
    }
    for (const days of short ? [40] : [1, 40, 3_650]) await outliveWrongClock(days * DAY_MS, breaches);
    return {
      name: "clock jumps",
      tried: `${lives} lives, the clock set by 1 s to 10 years, forth and back`,
      found: `${served} turns served on the way, no slot held, all serve again within 12 h, no sign-in lost`,
      breaches: breaches.list(),
    };
  },
};
