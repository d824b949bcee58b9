/**
 * The n-th call of a port fails, for every n until a run passes untouched; once for a moment, once for good. Each time the
 * same life is lived, then the fault is gone, and everything must be as if it had never been.
 */
import { viewOf } from "../../test/sim/client-view.ts";
import { openPool, type Pool } from "../../test/sim/pool.ts";
import { Breaches, countText, type Trial, type TrialOptions } from "../trial.ts";
import { FAULT_SPANS, FailingCalls, type FailingPlan, type FaultSpan, PORTS, type Port } from "./failing-calls.ts";
import { liveThrough, type Story } from "./life-story.ts";

const HOUR_MS = 3_600_000;
/** Longer than any pause that a fault of ours may set. */
const HEALING_MS = 12 * HOUR_MS;
const NAMES = ["alpha", "beta"];

async function openStage(calls: FailingCalls): Promise<Pool> {
  const pool = openPool({
    wrapSettings: (store) => calls.wrapStore("settings", store),
    wrapRuntime: (store) => calls.wrapStore("runtime", store),
    wrapUpstream: (upstream) => calls.wrapUpstream(upstream),
    simulator: { accessTokenTtlMs: 2 * HOUR_MS },
  });
  for (const name of NAMES) await pool.save(pool.sim.addChatgptAccount({ name }).authJson(), name);
  return pool;
}

/** What nobody caught: it would take a real process down, or be lost in silence. */
function watchUncaught(breaches: Breaches, where: string): () => void {
  const note = (error: unknown): void => breaches.add(`${where}: nobody caught ${String(error)}`);
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
  return () => {
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
  };
}

function checkStory(pool: Pool, story: Story, plan: FailingPlan, breaches: Breaches, where: string): void {
  for (const outcome of story.outcomes) {
    const view = viewOf(outcome, pool.attemptsOf(outcome.turnId));
    if (view.kind === "wrong") breaches.add(`${where}: ${outcome.turnId} got ${view.why}`);
    if (outcome.kind === "crashed" && plan.port === "upstream")
      breaches.add(`${where}: the engine threw ${outcome.error}`);
  }
  const settled = pool.events.filter((event) => event.kind === "turn-settled").map((event) => event.turn.id);
  breaches.expect(new Set(settled).size === settled.length, `${where}: a turn was settled twice`);
}

/** The fault is gone: all that was there is there, nothing is held, and the next turn is served. */
async function checkHealed(pool: Pool, breaches: Breaches, where: string): Promise<void> {
  const held = pool.engine().live.inFlightTotal();
  breaches.expect(held === 0, `${where}: ${held} slots are still held`);
  breaches.expect(
    pool.sim.concurrency.now === 0,
    `${where}: upstream still works on ${pool.sim.concurrency.now} turns`,
  );
  // What of the story was still to happen does not happen any more.
  for (const { script } of pool.sim.accounts) script.clear();
  for (const thread of ["one", "new", "restarted"]) {
    await pool.clock.advance(HEALING_MS);
    if (thread === "restarted") pool.restart();
    const outcome = await pool.turn({ thread });
    breaches.expect(
      outcome.status === 200,
      `${where}: afterwards a turn got ${outcome.status} ${outcome.text.slice(0, 200)}`,
    );
  }
  const profiles = pool.settings.profiles();
  breaches.expect(profiles.length === NAMES.length, `${where}: ${profiles.length} profiles are left`);
  for (const profile of profiles) {
    const { state } = profile.signIn;
    breaches.expect(state === "ok", `${where}: ${profile.name} has to sign in because of a fault of ours`);
    breaches.expect(pool.settings.credential(profile.id) !== null, `${where}: ${profile.name} lost its credential`);
  }
  for (const violation of pool.sim.violations) breaches.add(`${where}: ${violation.kind} ${violation.note}`);
}

interface Lived {
  readonly calls: number;
  readonly failures: number;
  readonly turns: number;
  readonly served: number;
}

async function liveWith(plan: FailingPlan, breaches: Breaches): Promise<Lived> {
  const where = `${plan.port} from call ${plan.from} ${plan.span}`;
  const calls = new FailingCalls(plan);
  const pool = await openStage(calls);
  const stopWatching = watchUncaught(breaches, where);
  try {
    calls.arm();
    // A process that ends while nothing can be written loses what it could not write: that is no fault to survive.
    const story = await liveThrough(pool, plan.span === "once");
    calls.heal();
    checkStory(pool, story, plan, breaches, where);
    await checkHealed(pool, breaches, where);
    const served = story.outcomes.filter((outcome) => outcome.status === 200).length;
    return { calls: calls.calls, failures: calls.failures, turns: story.outcomes.length, served };
  } catch (error) {
    breaches.add(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return { calls: calls.calls, failures: calls.failures, turns: 0, served: 0 };
  } finally {
    pool.close();
    stopWatching();
  }
}

/** `strideMax` 1 tries every call; a larger one leaves some out, and still ends with a run that passes untouched. */
async function failEveryCall(port: Port, span: FaultSpan, strideMax: number, breaches: Breaches) {
  let runs = 0;
  let failures = 0;
  for (let from = 1; ; from += strideMax) {
    const lived = await liveWith({ port, span, from }, breaches);
    runs += 1;
    failures += lived.failures;
    if (lived.failures === 0) {
      breaches.expect(
        lived.served >= lived.turns - 1,
        `${port}: of ${lived.turns} turns of an untouched run ${lived.served} were served`,
      );
      return { runs, failures, calls: lived.calls };
    }
  }
}

function nthCallTrial(port: Port): Trial {
  const name = `n-th call fails: ${port}`;
  return {
    name,
    async run({ short, say }: TrialOptions) {
      const breaches = new Breaches();
      let [runs, failures, calls] = [0, 0, 0];
      const strides: Readonly<Record<Port, number>> = { settings: 137, runtime: 41, upstream: 9 };
      for (const span of FAULT_SPANS) {
        const done = await failEveryCall(port, span, short ? strides[port] : 1, breaches);
        say(`  ${span}: ${done.runs} lives`);
        [runs, failures, calls] = [runs + done.runs, failures + done.failures, done.calls];
      }
      return {
        name,
        tried: `${countText(runs)} lives of 12 turns; every one of ${calls} calls${short ? " (some left out)" : ""}, once and for ever`,
        found: `${countText(failures)} faults survived; 0 slots held, 0 profiles or sign-ins lost, all serve again`,
        breaches: breaches.list(),
      };
    },
  };
}

export const nthCallTrials: readonly Trial[] = PORTS.map(nthCallTrial);
