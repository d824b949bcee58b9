/**
 * Question: which events tell this content?
 * Owns the order and the fields of the Responses stream: created, in progress, the items piece by piece, the terminal event.
 * Must not know bytes, delays or faults: `stream-body.ts` writes what this lists.
 */
import type { Rng } from "../ports.ts";
import type { ContentItem, JsonObject } from "./content.ts";
import { drawHex, drawId } from "./rng.ts";
import { sealFor } from "./sealed.ts";

export interface SimEvent extends JsonObject {
  readonly type: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface AnswerFacts {
  readonly responseId: string;
  readonly model: string;
  readonly createdAtMs: number;
  readonly items: readonly JsonObject[];
  readonly usage: TokenUsage;
  /** The ChatGPT backend ends with an empty `output`; the platform repeats the items. */
  readonly emptyOutput: boolean;
  readonly serviceTier: string;
  readonly store: boolean;
  readonly previousResponseId: string | null;
  /** How much text one delta carries, in characters. */
  readonly deltaChars: number;
}

/** Who makes the items: whose seal, and whether reasoning is sealed at all. */
export interface ItemFacts {
  readonly orgId: string;
  readonly rng: Rng;
  readonly sealReasoning: boolean;
}

/** The output items of some content, as they stand when done. */
export function writeItems(content: readonly ContentItem[], facts: ItemFacts): JsonObject[] {
  return content.map((item) => writeItem(item, facts));
}

function writeItem(item: ContentItem, facts: ItemFacts): JsonObject {
  switch (item.kind) {
    case "text":
      return messageItem(item.text, item.phase, facts.rng);
    case "reasoning":
      return reasoningItem(item.summary, facts);
    case "function-call":
      return callItem("function_call", "fc", item, { arguments: item.arguments }, facts.rng);
    case "custom-tool-call":
      return callItem("custom_tool_call", "ctc", item, { input: item.input }, facts.rng);
    case "compaction":
      return {
        id: drawId(facts.rng, "cmp"),
        type: "compaction",
        encrypted_content: sealFor(facts.orgId, facts.rng),
      };
    case "raw-item":
      return { ...item.item };
  }
}

function messageItem(said: string, phase: string | null, rng: Rng): JsonObject {
  const part = { type: "output_text", annotations: [], logprobs: [], text: said };
  const item = { id: drawId(rng, "msg"), type: "message", status: "completed", role: "assistant", content: [part] };
  return phase === null ? item : { ...item, phase };
}

function reasoningItem(summary: string, facts: ItemFacts): JsonObject {
  const parts = summary === "" ? [] : [{ type: "summary_text", text: summary }];
  const item = { id: drawId(facts.rng, "rs"), type: "reasoning", summary: parts };
  return facts.sealReasoning ? { ...item, encrypted_content: sealFor(facts.orgId, facts.rng) } : item;
}

interface NamedCall {
  readonly name: string;
  readonly namespace: string | null;
  readonly callId: string | null;
}

function callItem(type: string, prefix: string, call: NamedCall, payload: JsonObject, rng: Rng): JsonObject {
  const item = {
    id: drawId(rng, prefix),
    type,
    status: "completed",
    ...payload,
    call_id: call.callId ?? `call_${drawHex(rng, 24)}`,
    name: call.name,
  };
  return call.namespace === null ? item : { ...item, namespace: call.namespace };
}

/** The whole stream of an answer that ends well. */
export function writeEvents(facts: AnswerFacts): SimEvent[] {
  const events: SimEvent[] = [
    { type: "response.created", response: responseObject(facts, "in_progress") },
    { type: "response.in_progress", response: responseObject(facts, "in_progress") },
  ];
  facts.items.forEach((item, index) => {
    events.push(...itemEvents(item, index, facts.deltaChars));
  });
  events.push({ type: "response.completed", response: responseObject(facts, "completed") });
  return events.map((event, index) => ({ ...event, sequence_number: index }));
}

/** The response object: of the lifecycle events, and the whole answer of a call that does not stream. */
export function responseObject(facts: AnswerFacts, status: "in_progress" | "completed"): JsonObject {
  const done = status === "completed";
  const output = done && !facts.emptyOutput ? facts.items : [];
  return {
    id: facts.responseId,
    object: "response",
    created_at: Math.floor(facts.createdAtMs / 1000),
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: facts.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: facts.previousResponseId,
    service_tier: done ? facts.serviceTier : "auto",
    store: facts.store,
    metadata: {},
    usage: done ? usageObject(facts.usage) : null,
  };
}

function usageObject(usage: TokenUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

function itemEvents(item: JsonObject, index: number, deltaChars: number): SimEvent[] {
  const added = { type: "response.output_item.added", output_index: index, item: openForm(item) };
  const done = { type: "response.output_item.done", output_index: index, item };
  return [added, ...bodyEvents(item, index, deltaChars), done];
}

/** An item as it looks when it begins: the same, with nothing in it yet. */
function openForm(item: JsonObject): JsonObject {
  switch (item["type"]) {
    case "message":
      return { ...item, status: "in_progress", content: [] };
    case "reasoning":
      return { ...item, summary: [] };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
    case "custom_tool_call":
      return { ...item, status: "in_progress", input: "" };
    default:
      return item;
  }
}

function bodyEvents(item: JsonObject, index: number, deltaChars: number): SimEvent[] {
  const place = { item_id: item["id"], output_index: index };
  switch (item["type"]) {
    case "message":
      return partsOf(item["content"]).flatMap((part, at) =>
        textEvents(part, { ...place, content_index: at }, deltaChars),
      );
    case "reasoning":
      return partsOf(item["summary"]).flatMap((part, at) =>
        summaryEvents(part, { ...place, summary_index: at }, deltaChars),
      );
    case "function_call":
      return payloadEvents("response.function_call_arguments", "arguments", item, place, deltaChars);
    case "custom_tool_call":
      return payloadEvents("response.custom_tool_call_input", "input", item, place, deltaChars);
    default:
      return [];
  }
}

function textEvents(part: JsonObject, place: JsonObject, deltaChars: number): SimEvent[] {
  const said = textOf(part["text"]);
  const deltas = cut(said, deltaChars).map((delta) => ({
    type: "response.output_text.delta",
    ...place,
    delta,
    logprobs: [],
  }));
  return [
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    ...deltas,
    { type: "response.output_text.done", ...place, text: said, logprobs: [] },
    { type: "response.content_part.done", ...place, part },
  ];
}

function summaryEvents(part: JsonObject, place: JsonObject, deltaChars: number): SimEvent[] {
  const said = textOf(part["text"]);
  const deltas = cut(said, deltaChars).map((delta) => ({
    type: "response.reasoning_summary_text.delta",
    ...place,
    delta,
  }));
  return [
    { type: "response.reasoning_summary_part.added", ...place, part: { ...part, text: "" } },
    ...deltas,
    { type: "response.reasoning_summary_text.done", ...place, text: said },
    { type: "response.reasoning_summary_part.done", ...place, part },
  ];
}

function payloadEvents(
  prefix: string,
  field: string,
  item: JsonObject,
  place: JsonObject,
  deltaChars: number,
): SimEvent[] {
  const payload = textOf(item[field]);
  const deltas = cut(payload, deltaChars).map((delta) => ({ type: `${prefix}.delta`, ...place, delta }));
  return [...deltas, { type: `${prefix}.done`, ...place, [field]: payload }];
}

/** Cuts text into pieces of at most `size` characters, never through a surrogate pair. */
function cut(said: string, size: number): string[] {
  const characters = Array.from(said);
  if (characters.length <= size) return said === "" ? [] : [said];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    pieces.push(characters.slice(start, start + size).join(""));
  }
  return pieces;
}

function partsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === "object" && part !== null) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
