/**
 * Upstream dies at every position of a turn (trap 18). Whatever happens, one generation at most reaches the client, each
 * tool call once, and the turn is over exactly once.
 */
import { describe, expect, test } from "bun:test";
import { type Content, functionCall, reasoning, text } from "../../src/simulator/content.ts";
import { connectionFault, type Fault, failure } from "../../src/simulator/fault.ts";
import { aPool, type TestPool } from "./a-pool.ts";
import type { Outcome } from "./ask.ts";
import { callIdsOf, isOurCut, viewOf } from "./client-view.ts";

const TURNS: readonly (readonly [string, Content])[] = [
  ["a text turn", "A short answer in a few words, so that there are several deltas of it."],
  ["a tool-call turn", [functionCall("shell", { command: ["ls"] }), functionCall("shell", { command: ["pwd"] })]],
  ["a reasoning turn", [reasoning("First this, then that."), text("Done.")]],
];

const DEATHS: readonly (readonly [string, (afterEvent: number) => Fault])[] = [
  ["reset", (afterEvent) => connectionFault("reset-mid-stream", { afterEvent })],
  ["closed in the middle", (afterEvent) => connectionFault("close-mid-stream", { afterEvent })],
  ["clean end", (afterEvent) => connectionFault("end-mid-stream", { afterEvent })],
  ["hang", (afterEvent) => connectionFault("hang-mid-stream", { afterEvent })],
  ["garbage", (afterEvent) => connectionFault("garbage-mid-stream", { afterEvent })],
  ["broken framing", (afterEvent) => connectionFault("garbage-framing", { afterEvent })],
  ["half an event", (afterEvent) => connectionFault("truncated-json", { afterEvent })],
  ["a failure event", (afterEvent) => failure("failed-server-error", { afterEvent })],
  ["a bare error event", (afterEvent) => failure("error-event", { afterEvent })],
  ["the quota's end", (afterEvent) => failure("failed-usage-limit", { afterEvent })],
];

async function openMatrixPool(content: Content): Promise<TestPool> {
  const pool = await aPool({ accounts: ["alpha", "beta"] });
  pool.sim.reply(content);
  pool.sim.script.pace({ eventDelayMs: 10 });
  return pool;
}

/** A turn of a session of its own on a pool that bears no grudge of an earlier one. */
async function runTurn(pool: TestPool, thread: string, fault: Fault, stream: boolean): Promise<Outcome> {
  for (const name of ["alpha", "beta"]) {
    pool.settings.clearCooldown(pool.profile(name).accountKey, "all");
    pool.chatgpt(name).script.clear();
  }
  pool.sim.forget();
  let left = 1;
  for (const name of ["alpha", "beta"]) {
    pool.chatgpt(name).script.fail(fault, {
      matching: () => {
        left -= 1;
        return left === 0;
      },
    });
  }
  return await pool.turn({ thread, body: { stream } });
}

function expectOneGeneration(pool: TestPool, outcome: Outcome): void {
  const attempts = pool.attemptsOf(outcome.turnId);
  const view = viewOf(outcome, attempts);
  expect(view.kind).toBe("of");
  const callIds = callIdsOf(outcome);
  expect(new Set(callIds).size).toBe(callIds.length);
  const accepted = pool.sim.acceptedGenerations.filter((generation) =>
    callIds.some((callId) => generation.callIds.includes(callId)),
  );
  expect(accepted.length).toBeLessThanOrEqual(1);
}

function expectOver(pool: TestPool, outcome: Outcome): void {
  const settled = pool.events.filter((event) => event.kind === "turn-settled");
  expect(settled.filter((event) => event.turn.id === outcome.turnId)).toHaveLength(1);
  expect(pool.engine().live.inFlightTotal()).toBe(0);
  expect(pool.sim.concurrency.now).toBe(0);
}

/** Output has reached a streaming client before this position. */
function isAfterOutput(afterEvent: number): boolean {
  return afterEvent > 2;
}

/** Before output the turn moves on unseen; after it, a client that streams is told that it broke off. */
function expectDeath(pool: TestPool, outcome: Outcome, stream: boolean, isFatal: boolean, isSeen: boolean): void {
  const mustCut = isFatal && stream && isSeen;
  expect(outcome.status).toBe(200);
  expect(pool.attemptsOf(outcome.turnId)).toHaveLength(isFatal && !mustCut ? 2 : 1);
  expect(isOurCut(outcome.events.at(-1))).toBe(mustCut);
}

for (const [turnName, content] of TURNS) {
  for (const [deathName, death] of DEATHS) {
    describe(`trap 18: ${turnName}, upstream dies of ${deathName}`, () => {
      for (const stream of [true, false]) {
        test(`at every position, ${stream ? "streaming" : "not streaming"}`, async () => {
          const pool = await openMatrixPool(content);
          const events = (await pool.turn()).events.length;
          for (let position = 0; position <= events; position += 1) {
            const outcome = await runTurn(pool, `at ${position}`, death(position), stream);
            expectOneGeneration(pool, outcome);
            expectOver(pool, outcome);
            expectDeath(pool, outcome, stream, position < events, isAfterOutput(position));
          }
        });
      }
    });
  }
}
