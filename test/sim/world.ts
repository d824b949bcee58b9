/** A whole world from one seed: builds it, lets it run, and judges it. Two runs of one seed are the same to the letter. */
import { waitFor } from "../../src/simulator/clock.ts";
import type { SimWindow } from "../../src/simulator/quota.ts";
import type { TelemetryEvent } from "../../src/telemetry/events.ts";
import type { Asking, Outcome } from "./ask.ts";
import { runSession } from "./client.ts";
import { HOUR_MS, MINUTE_MS, START_MS } from "./clock-units.ts";
import { type Invariants, watchInvariants } from "./invariants.ts";
import { judgeRefusal } from "./judge-refusal.ts";
import { roomOf, usedShare, usedShares } from "./measure-room.ts";
import { countOutcome, isPoolRefusal, isServed, type Metrics, openMetrics } from "./metrics.ts";
import { befall, mendSignIns, profileNamesOf, type Stage } from "./misfortunes.ts";
import type { AccountPlan, Misfortune, SessionPlan, WindowPlan, WorldPlan } from "./plan.ts";
import { openPool, type Pool } from "./pool.ts";
import { answerWish } from "./script-answers.ts";
import { openTrace, type Trace } from "./trace.ts";
import { LOOK_EVERY_MS, Truth } from "./truth.ts";

const OWNER_LOOKS_EVERY_MS = 3 * HOUR_MS;

export interface WorldResult {
  readonly plan: WorldPlan;
  /** Empty when all is well. */
  readonly breaches: readonly string[];
  readonly metrics: Metrics;
  readonly trace: readonly string[];
  readonly hash: string;
}

export interface World {
  readonly plan: WorldPlan;
  readonly pool: Pool;
  readonly invariants: Invariants;
  readonly truth: Truth;
  readonly metrics: Metrics;
  readonly trace: Trace;
  readonly breaches: string[];
  /** Room of each account at the beginning, in turns. */
  readonly roomAtStart: ReadonlyMap<string, number>;
  /** The account that served each session last. */
  readonly servedBy: Map<string, string>;
}

export async function runWorld(plan: WorldPlan): Promise<WorldResult> {
  const world = await openWorld(plan);
  const { pool, trace } = world;
  try {
    await live(world);
  } catch (error) {
    world.breaches.push(`the world stopped: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { metrics } = world;
  metrics.rollovers = pool.events.filter((event) => event.kind === "session-moved").length;
  pool.close();
  const breaches = [...world.invariants.breaches, ...world.breaches];
  return { plan, breaches, metrics, trace: trace.lines(), hash: trace.hash() };
}

async function live(world: World): Promise<void> {
  const { plan, pool, trace } = world;
  for (const misfortune of plan.misfortunes) pool.clock.after(misfortune.atMs, () => meet(world, misfortune));
  const sessions = plan.sessions.map((session) =>
    runSession(
      {
        pool,
        onAsked: (asker, asking) => onAsked(world, asker, asking),
        onOutcome: (asker, outcome) => onOutcome(world, asker, outcome),
        onLeft: (turnId) => world.invariants.onLeft(turnId),
      },
      session,
    ),
  );
  const stopLooking = lookRegularly(world);
  const stopMending = mendRegularly(world);
  await pool.clock.runUntil(Promise.all([...sessions, waitFor(pool.clock, plan.lastsMs)]), plan.lastsMs + 48 * HOUR_MS);
  await pool.clock.advance(10 * MINUTE_MS);
  stopLooking();
  stopMending();
  world.invariants.atRest();
  trace.add(pool.clock.now(), "at rest");
}

async function openWorld(plan: WorldPlan): Promise<World> {
  const trace = openTrace(START_MS);
  const pool: Pool = openPool({
    seed: plan.seed,
    routing: plan.routing,
    upkeep: true,
    simulator: { accessTokenTtlMs: plan.accessTokenTtlMs },
    onEvent: (event) => onEvent(world, event),
    onChoice: (choice) => world.invariants.onChoice(choice),
  });
  pool.sim.onTurn(answerWish);
  const { headDelayMs, eventDelayMs, splitBytesMax } = plan;
  pool.sim.script.pace({ headDelayMs, eventDelayMs, splitBytesMax });
  for (const account of plan.accounts) await addAccount(pool, account);
  const models = [...new Set(plan.sessions.map((session) => session.model))];
  const world: World = {
    plan,
    pool,
    invariants: watchInvariants(() => pool),
    truth: new Truth(pool, models),
    metrics: openMetrics(),
    trace,
    breaches: [],
    roomAtStart: new Map(pool.sim.accounts.map((account) => [account.name, roomOf(pool, account)])),
    servedBy: new Map(),
  };
  return world;
}

async function addAccount(pool: Pool, plan: AccountPlan): Promise<void> {
  const { name, reservePercent, turnsPerMinute } = plan;
  if (plan.kind === "api-key") {
    const key = pool.sim.addApiKeyAccount({ name, turnsPerMinute });
    await pool.save(key.authJson(), name, { reservePercent });
    return;
  }
  const mate = pool.sim.accounts.find((account) => account.name === plan.seatOf);
  const account = pool.sim.addChatgptAccount({
    name,
    plan: plan.plan,
    turnsPerMinute,
    percentPerTurn: plan.percentPerTurn,
    opaqueTokens: plan.hasOpaqueTokens,
    windows: { primary: windowOf(plan.primary), secondary: windowOf(plan.secondary) },
    credits: { hasCredits: plan.hasCredits, unlimited: false, balance: plan.hasCredits ? 10 : 0 },
    ...(mate?.kind === "chatgpt" ? { accountId: mate.accountId } : {}),
  });
  const [first = name, second = name] = profileNamesOf(name);
  await pool.save(account.authJson(), first, { reservePercent });
  if (plan.isTwin) await pool.save(account.authJson(), second, { reservePercent });
}

function windowOf(plan: WindowPlan | null): SimWindow | null {
  if (plan === null) return null;
  return { minutes: plan.minutes, usedPercent: plan.usedPercent, resetsAtMs: START_MS + plan.resetsInMs };
}

function lookRegularly(world: World): () => void {
  let cancel = (): void => undefined;
  const look = () => {
    world.truth.look();
    cancel = world.pool.clock.after(LOOK_EVERY_MS, look);
  };
  look();
  return () => cancel();
}

function stageOf({ pool, truth }: World): Stage {
  return { pool, onSignIn: (account) => truth.noteSignIn(account) };
}

/** A few times a day the owner mends what only an owner can. */
function mendRegularly(world: World): () => void {
  let cancel = (): void => undefined;
  const mend = () => {
    mendSignIns(stageOf(world));
    cancel = world.pool.clock.after(OWNER_LOOKS_EVERY_MS, mend);
  };
  cancel = world.pool.clock.after(OWNER_LOOKS_EVERY_MS, mend);
  return () => cancel();
}

function meet(world: World, misfortune: Misfortune): void {
  const { truth, pool, trace } = world;
  const { kind, account, fault, times } = misfortune;
  trace.add(pool.clock.now(), "misfortune", { kind, account, fault, times });
  truth.look();
  truth.noteMisfortune(misfortune);
  befall(stageOf(world), misfortune);
  truth.look();
}

function onEvent(world: World, event: TelemetryEvent): void {
  world.invariants.onEvent(event);
  world.trace.add(world.pool.clock.now(), event.kind, factsOf(event, world.pool.clock.now()));
}

/** What the trace tells of an event. */
function factsOf(event: TelemetryEvent, nowMs: number): Record<string, unknown> {
  switch (event.kind) {
    case "turn-settled": {
      const { id, end, status, profile, attempts } = event.turn;
      const tries = attempts.map((attempt) => `${attempt.profile}:${attempt.outcome}`).join(">");
      return { id, end, status, profile, tries };
    }
    case "session-moved":
      return { from: event.from, to: event.to, reason: event.reason };
    case "account-paused": {
      const { profile, reason, untilMs, model } = event;
      return { profile, reason, forMs: untilMs - nowMs, model };
    }
    case "account-back":
    case "sign-in-needed":
      return { profile: event.profile };
    default:
      return {};
  }
}

function onAsked(world: World, session: SessionPlan, asking: Asking): void {
  const { pool, trace } = world;
  trace.add(pool.clock.now(), "asked", { id: asking.turnId, session: session.name, model: session.model });
}

function onOutcome(world: World, session: SessionPlan, outcome: Outcome): void {
  const { pool, trace, metrics, truth } = world;
  const { turnId, kind, status, profile, events } = outcome;
  trace.add(pool.clock.now(), "ended", { id: turnId, kind, status, profile, events: events.length });
  world.invariants.onOutcome(outcome);
  countOutcome(metrics, outcome);
  truth.look();
  if (isPoolRefusal(outcome)) judgeRefusal(world, session, outcome);
  if (metrics.sharesAtHalf.length === 0 && (usedShare(pool, world.roomAtStart) ?? 0) >= 0.5) {
    metrics.sharesAtHalf = usedShares(pool, world.roomAtStart);
  }
  noteServed(world, outcome);
}

function noteServed(world: World, outcome: Outcome): void {
  if (!isServed(outcome) || outcome.profile === null) return;
  const account = outcome.profile.replace(/-twin$/, "");
  const before = world.servedBy.get(outcome.sessionId);
  world.servedBy.set(outcome.sessionId, account);
  if (before !== undefined && before !== account) world.metrics.cacheLosses += 1;
}
