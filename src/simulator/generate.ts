/**
 * Question: what does an accepted turn answer?
 * Owns the making of an answer from scripts and content: items, usage, cache hits, the stream's events, and the note that the
 * turn was accepted.
 * Must not refuse: whoever calls has admitted the turn.
 */
import type { SimAccount } from "./account.ts";
import { setBounded } from "./bounded.ts";
import type { JsonObject } from "./content.ts";
import { listContent } from "./content.ts";
import { noteAccepted } from "./record.ts";
import { drawId } from "./rng.ts";
import { type RuleBook, type SimTurn, takeReply } from "./script.ts";
import { type AnswerFacts, type TokenUsage, writeItems } from "./sse-script.ts";
import { readTurn, usualReply } from "./turn.ts";
import type { Call, World } from "./world.ts";

export interface Generation {
  readonly turn: SimTurn;
  readonly answer: AnswerFacts;
}

/** Makes the answer of an admitted turn and notes that it was accepted. */
export function generate(world: World, call: Call, account: SimAccount): Generation {
  const turn = readTurn(factsOf(call), account);
  const content = listContent(takeReply(booksFor(world, account), turn) ?? usualReply(turn));
  const items = writeItems(content, {
    orgId: account.orgId,
    rng: world.rng,
    sealReasoning: wantsSealed(call.body) || account.kind === "chatgpt",
  });
  const responseId = drawId(world.rng, "resp", 48);
  noteAccepted(world.evidence, {
    requestId: call.record.id,
    at: world.clock.now(),
    account: account.name,
    model: turn.model,
    responseId,
    callIds: items.map((item) => item["call_id"]).filter((id) => typeof id === "string"),
  });
  return { turn, answer: answerFacts(world, call, account, { responseId, items }) };
}

/** What scripts may know of a call. */
export function factsOf(
  call: Call,
): Omit<SimTurn, "accountKind" | "input" | "lastUserText" | "toolOutputs" | "toolNames"> {
  return {
    requestId: call.record.id,
    at: call.record.at,
    account: call.record.account ?? "",
    endpoint: call.endpoint,
    path: call.record.path,
    call: call.record.call,
    overallCall: call.overallCall,
    model: call.record.model ?? "",
    headers: call.record.headers,
    body: call.body,
  };
}

export function booksFor(world: World, account: SimAccount | null): RuleBook[] {
  const own = account === null ? undefined : world.rules.get(account.name);
  return own === undefined ? [world.commonRules] : [own, world.commonRules];
}

interface Made {
  readonly responseId: string;
  readonly items: readonly JsonObject[];
}

function answerFacts(world: World, call: Call, account: SimAccount, made: Made): AnswerFacts {
  const tier = call.body["service_tier"];
  return {
    responseId: made.responseId,
    model: call.record.model ?? "",
    createdAtMs: world.clock.now(),
    items: made.items,
    usage: countUsage(world, call, account, made.items),
    emptyOutput: account.kind === "chatgpt",
    serviceTier: typeof tier === "string" && account.kind === "api-key" ? tier : "default",
    store: account.kind === "api-key" && call.body["store"] !== false,
    previousResponseId:
      typeof call.body["previous_response_id"] === "string" ? call.body["previous_response_id"] : null,
    deltaChars: call.knobs.deltaChars,
  };
}

const BYTES_PER_TOKEN = 4;
const CACHE_BLOCK_TOKENS = 128;
const CACHE_KEYS_MAX = 10_000;

/** Tokens by size. What the same account saw under the same prompt cache key before counts as cached. */
function countUsage(world: World, call: Call, account: SimAccount, items: readonly JsonObject[]): TokenUsage {
  const inputTokens = tokensOf(call.body["input"]) + tokensOf(call.body["instructions"]) + tokensOf(call.body["tools"]);
  const reasoningItems = items.filter((item) => item["type"] === "reasoning");
  return {
    inputTokens,
    cachedTokens: recallCache(world, call, account, inputTokens),
    outputTokens: items.reduce((sum, item) => sum + tokensOf(item), 0),
    reasoningTokens: reasoningItems.reduce((sum, item) => sum + tokensOf(item), 0),
  };
}

function tokensOf(value: unknown): number {
  return value === undefined || value === null ? 0 : Math.ceil(JSON.stringify(value).length / BYTES_PER_TOKEN);
}

function recallCache(world: World, call: Call, account: SimAccount, inputTokens: number): number {
  const cacheKey = call.body["prompt_cache_key"];
  if (typeof cacheKey !== "string") return 0;
  const place = `${account.name}\n${cacheKey}`;
  const before = world.promptCache.get(place) ?? 0;
  setBounded(world.promptCache, place, inputTokens, CACHE_KEYS_MAX);
  return Math.floor(Math.min(before, inputTokens) / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS;
}

function wantsSealed(body: JsonObject): boolean {
  return Array.isArray(body["include"]) && body["include"].includes("reasoning.encrypted_content");
}
