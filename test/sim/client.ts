/**
 * A person's client: keeps the history, runs tools, asks again when a stream broke off, waits and comes back when it was
 * refused. Behaves as the official client does where that matters to the pool.
 */

import { waitFor } from "../../src/simulator/clock.ts";
import type { JsonObject } from "../../src/simulator/content.ts";
import type { Asking, Outcome } from "./ask.ts";
import { finishedItems, isOurCut } from "./client-view.ts";
import { SECOND_MS } from "./clock-units.ts";
import type { SessionPlan, TurnPlan } from "./plan.ts";
import type { Pool } from "./pool.ts";
import { readObject } from "./read-sse.ts";
import { wishOf } from "./script-answers.ts";

export interface ClientWorld {
  readonly pool: Pool;
  /** Told of every end, before the client goes on. */
  readonly onOutcome: (session: SessionPlan, outcome: Outcome) => void;
  readonly onAsked: (session: SessionPlan, asking: Asking) => void;
  /** Told when a client has just left. */
  readonly onLeft: (turnId: string) => void;
}

/** Retries of one question, as the official client makes them. */
const RETRIES_MAX = 3;
/** Tool calls one after another within one turn of the person. */
const STEPS_MAX = 4;

interface Conversation {
  readonly session: SessionPlan;
  items: JsonObject[];
  /** Of the items, those that came after the last response that ended well. */
  fresh: JsonObject[];
  /** Id of that response. */
  responseId: string | null;
  thread: number;
  turnState: string | null;
}

/** Resolves when the session and its sub-agents are over. */
export async function runSession(world: ClientWorld, session: SessionPlan): Promise<void> {
  const { clock } = world.pool;
  const conversation: Conversation = { session, ...blank(), thread: 0, turnState: null };
  const agents: Promise<void>[] = [];
  await waitFor(clock, session.startsAtMs);
  for (const [index, turn] of session.turns.entries()) {
    if (index === 1) agents.push(...startAgents(world, session));
    await waitFor(clock, turn.thinkMs);
    add(conversation, userSays(wishOf(turn.wants, `${session.name}#${index}`)));
    await runTurn(world, conversation, turn);
  }
  await Promise.all(agents);
}

function blank(): Pick<Conversation, "items" | "fresh" | "responseId"> {
  return { items: [], fresh: [], responseId: null };
}

function add(conversation: Conversation, item: JsonObject): void {
  conversation.items.push(item);
  conversation.fresh.push(item);
}

/** Sub-agents begin in the same instant and have threads of their own. */
function startAgents(world: ClientWorld, session: SessionPlan): Promise<void>[] {
  return Array.from({ length: session.subAgents }, (_, index) => {
    const name = `${session.name}.agent-${index}`;
    const turns = session.turns.slice(0, 2).map((turn) => ({ ...turn, leavesAfterMs: null }));
    return runSession(world, { ...session, name, turns, naming: "thread", startsAtMs: 0, subAgents: 0 });
  });
}

/** One wish of the person: questions until it is fulfilled, given up or refused. */
async function runTurn(world: ClientWorld, conversation: Conversation, turn: TurnPlan): Promise<void> {
  conversation.turnState = null;
  let retries = 0;
  for (let step = 0; step < STEPS_MAX; ) {
    const outcome = await askOnce(world, conversation, turn);
    world.onOutcome(conversation.session, outcome);
    conversation.turnState ??= outcome.headers["x-codex-turn-state"] ?? null;
    keepItems(conversation, outcome);
    switch (verdictOf(outcome)) {
      case "done":
        return;
      case "tools":
        step += 1;
        break;
      case "again":
        retries += 1;
        if (retries > RETRIES_MAX) return;
        await waitFor(world.pool.clock, SECOND_MS * 2 ** retries);
        break;
      case "new-thread":
        conversation.thread += 1;
        Object.assign(conversation, blank());
        return;
    }
  }
}

async function askOnce(world: ClientWorld, conversation: Conversation, turn: TurnPlan): Promise<Outcome> {
  const { pool } = world;
  const { session } = conversation;
  const asking = pool.ask({ ...wording(conversation), keyId: session.keyId, readDelayMs: turn.readDelayMs });
  world.onAsked(session, asking);
  const leave = () => {
    asking.leave();
    world.onLeft(asking.turnId);
  };
  const cancel = turn.leavesAfterMs === null ? () => undefined : pool.clock.after(turn.leavesAfterMs, leave);
  const outcome = await asking.done;
  cancel();
  return outcome;
}

/** The request: how it names its session is the client's own way. */
function wording(conversation: Conversation): { body: JsonObject; headers: Record<string, string> } {
  const { session, items, thread, turnState } = conversation;
  const name = thread === 0 ? session.name : `${session.name}-${thread}`;
  const state: Record<string, string> = turnState === null ? {} : { "x-codex-turn-state": turnState };
  const body: JsonObject = { model: session.model, stream: session.stream, instructions: "", input: items };
  switch (session.naming) {
    case "thread":
      return {
        body: { ...body, prompt_cache_key: name, store: false },
        headers: { ...state, "thread-id": name, originator: "codex_exec", "user-agent": "codex_exec/0.169.0 (sim)" },
      };
    case "cache-key":
      return { body: { ...body, prompt_cache_key: name }, headers: state };
    case "client-session":
      return { body, headers: { ...state, "x-session-id": name } };
    case "previous":
      return { body: goOn(conversation, body), headers: state };
    case "nothing":
      return { body, headers: state };
  }
}

/** Only what is new, after the response it goes on from; everything where there is none. */
function goOn({ responseId, fresh }: Conversation, body: JsonObject): JsonObject {
  return responseId === null ? body : { ...body, previous_response_id: responseId, input: [...fresh] };
}

type Verdict = "done" | "tools" | "again" | "new-thread";

function verdictOf(outcome: Outcome): Verdict {
  if (outcome.hasLeft) return "done";
  if (outcome.kind === "killed") return "again";
  if (outcome.status === 400 || outcome.status === 404) return "new-thread";
  if (outcome.status >= 500) return "again";
  if (outcome.status !== 200) return "done";
  const last = outcome.events.at(-1);
  if (outcome.kind === "stream" && (last?.type !== "response.completed" || isOurCut(last))) {
    return last?.type === "response.failed" ? "new-thread" : "again";
  }
  return itemsOf(outcome).some((item) => item["type"] === "function_call") ? "tools" : "done";
}

/** Finished items stay in the history, also of a stream that broke off; each call gets its output. */
function keepItems(conversation: Conversation, outcome: Outcome): void {
  const items = itemsOf(outcome);
  for (const item of items) add(conversation, item);
  const responseId = finishedId(outcome);
  if (responseId !== null) {
    conversation.responseId = responseId;
    conversation.fresh = [];
  }
  for (const item of items.filter((candidate) => candidate["type"] === "function_call")) {
    add(conversation, { type: "function_call_output", call_id: item["call_id"], output: "README.md" });
  }
}

/** The response that ended well; null when it did not. */
function finishedId(outcome: Outcome): string | null {
  const last = outcome.events.at(-1);
  const isWhole = outcome.kind === "answer" ? outcome.status === 200 : last?.type === "response.completed";
  if (!isWhole || outcome.hasLeft) return null;
  const told = outcome.kind === "answer" ? readObject(outcome.text) : readObject(last?.text ?? "")["response"];
  const id: unknown = isItem(told) ? told["id"] : null;
  return typeof id === "string" ? id : null;
}

function itemsOf(outcome: Outcome): JsonObject[] {
  if (outcome.kind === "stream") return finishedItems(outcome.events).filter(isItem);
  const { output } = outcome.status === 200 ? readObject(outcome.text) : {};
  return Array.isArray(output) ? output.filter(isItem) : [];
}

function isItem(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}

function userSays(words: string): JsonObject {
  return { type: "message", role: "user", content: [{ type: "input_text", text: words }] };
}
