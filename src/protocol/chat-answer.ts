/** What is the answer, in a chat client's words? A finished Responses object as a chat completion. Pure. */
import { KIND_BY_CODE, VERDICTS } from "../router/rules/classify.ts";
import { PARAGRAPH } from "./chat-text.ts";
import { isObject } from "./wire-event.ts";

type Members = Readonly<Record<string, unknown>>;

/** What an answer says that upstream does not know, or may not say. */
export interface ChatFacts {
  /** The name the client asked for. */
  readonly model: string;
  /** In place of the response's id and time where it has none. */
  readonly fallbackId: string;
  readonly createdAtSeconds: number;
  /** Whether calls are told in the deprecated `function_call` form. */
  readonly usesFunctions: boolean;
}

export type FinishReason = "stop" | "tool_calls" | "function_call" | "length" | "content_filter";

/** `chatcmpl-` and the rest of the response's own id, so that the two are found by each other in logs. */
export function chatIdOf(responseId: unknown, fallbackId: string): string {
  const id = typeof responseId === "string" && responseId !== "" ? responseId : fallbackId;
  return `chatcmpl-${id.replace(/^resp_/, "")}`;
}

export function createdOf(response: Members, facts: ChatFacts): number {
  const created = response["created_at"];
  return typeof created === "number" && Number.isFinite(created) ? Math.floor(created) : facts.createdAtSeconds;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** Token counts by their names in a chat; null when the response has none. */
export function chatUsageOf(response: Members): Members | null {
  const { usage } = response;
  if (!isObject(usage)) return null;
  const input = isObject(usage["input_tokens_details"]) ? usage["input_tokens_details"] : {};
  const output = isObject(usage["output_tokens_details"]) ? usage["output_tokens_details"] : {};
  const [prompt, completion] = [countOf(usage["input_tokens"]), countOf(usage["output_tokens"])];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: typeof usage["total_tokens"] === "number" ? usage["total_tokens"] : prompt + completion,
    prompt_tokens_details: { cached_tokens: countOf(input["cached_tokens"]), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: countOf(output["reasoning_tokens"]),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Why the model stopped. An answer that was cut is never told as a finished call. */
export function finishReasonOf(response: Members, hasCalls: boolean, usesFunctions: boolean): FinishReason {
  if (response["status"] === "incomplete") {
    const details = isObject(response["incomplete_details"]) ? response["incomplete_details"] : {};
    return details["reason"] === "content_filter" ? "content_filter" : "length";
  }
  if (!hasCalls) return "stop";
  return usesFunctions ? "function_call" : "tool_calls";
}

/** The tier that served, where upstream says. */
export function tierMember(response: Members): Members {
  return typeof response["service_tier"] === "string" ? { service_tier: response["service_tier"] } : {};
}

export interface ChatCall {
  readonly id: string;
  readonly type: "function" | "custom";
  readonly name: string;
  /** Arguments, or the input of a custom tool; empty while unknown. */
  readonly payload: string;
  /** False for a call that was cut while it was written. */
  readonly isWhole: boolean;
}

/** The call an item stands for; null for items of any other kind. */
export function callOf(item: unknown): ChatCall | null {
  if (!isObject(item)) return null;
  const type = item["type"] === "function_call" ? "function" : item["type"] === "custom_tool_call" ? "custom" : null;
  if (type === null) return null;
  return {
    id: String(item["call_id"] ?? item["id"] ?? ""),
    type,
    name: String(item["name"] ?? ""),
    payload: textOf(type === "function" ? item["arguments"] : item["input"]),
    isWhole: item["status"] !== "incomplete",
  };
}

/** A finished call's payload. A function without arguments is called with `{}`, which every client can parse. */
export function wholePayload({ type, payload, isWhole }: ChatCall): string {
  return type === "function" && isWhole && payload.trim() === "" ? "{}" : payload;
}

/** A source that the text names, shifted to where its part begins in the chat's one content. */
export function annotationOf(annotation: unknown, offset: number): Members | null {
  if (!isObject(annotation) || annotation["type"] !== "url_citation") return null;
  const { url, title, start_index: start, end_index: end } = annotation;
  const place = { start_index: countOf(start) + offset, end_index: countOf(end) + offset };
  return { type: "url_citation", url_citation: { ...place, url, title } };
}

function partsOf(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

interface Told {
  readonly content: string;
  readonly annotations: readonly Members[];
}

/** The parts of one message, with the sources they name. */
function tellParts(parts: readonly Members[], offset: number): Told {
  let content = "";
  const annotations: Members[] = [];
  for (const part of parts) {
    const at = offset + content.length;
    const made = partsOf(part["annotations"]).map((entry) => annotationOf(entry, at));
    annotations.push(...made.filter((entry) => entry !== null));
    content += textOf(part["text"]);
  }
  return { content, annotations };
}

/** All messages as one, each a paragraph; null where no text was meant. */
function tellMessages(items: readonly Members[]): Told | null {
  const spoken = items
    .filter((item) => item["type"] === "message")
    .map((item) => partsOf(item["content"]).filter((part) => part["type"] === "output_text"))
    .filter((parts) => parts.length > 0);
  if (spoken.length === 0) return null;
  let content = "";
  const annotations: Members[] = [];
  for (const parts of spoken) {
    const isSilent = parts.every((part) => textOf(part["text"]) === "");
    if (content !== "" && !isSilent) content += PARAGRAPH;
    const told = tellParts(parts, content.length);
    content += told.content;
    annotations.push(...told.annotations);
  }
  return { content, annotations };
}

function tellRefusal(items: readonly Members[]): string | null {
  const parts = items.flatMap((item) => partsOf(item["content"])).filter((part) => part["type"] === "refusal");
  return parts.length === 0 ? null : parts.map((part) => textOf(part["refusal"])).join("");
}

/** What the model let be read of its reasoning: summaries, or the text itself where upstream gives it. */
function tellReasoning(items: readonly Members[]): string {
  return items
    .filter((item) => item["type"] === "reasoning")
    .flatMap((item) => [...partsOf(item["summary"]), ...partsOf(item["content"])])
    .map((part) => textOf(part["text"]))
    .filter((text) => text !== "")
    .join(PARAGRAPH);
}

function callMembers(calls: readonly ChatCall[], usesFunctions: boolean): Members {
  const [first] = calls;
  if (first === undefined) return {};
  if (usesFunctions) return { function_call: { name: first.name, arguments: wholePayload(first) } };
  return { tool_calls: calls.map(renderCall) };
}

function renderCall(call: ChatCall): Members {
  const { id, type, name } = call;
  return type === "custom"
    ? { id, type, custom: { name, input: wholePayload(call) } }
    : { id, type, function: { name, arguments: wholePayload(call) } };
}

/** The whole answer for a client that does not stream. */
export function toChatCompletion(response: Members, facts: ChatFacts): Members {
  const items = partsOf(response["output"]);
  const told = tellMessages(items);
  const refusal = tellRefusal(items);
  const calls = items.map(callOf).filter((call) => call !== null);
  const reasoning = tellReasoning(items);
  const hasOther = calls.length > 0 || refusal !== null;
  const message = {
    role: "assistant",
    content: told?.content ?? (hasOther ? null : ""),
    refusal,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    annotations: told?.annotations ?? [],
    ...callMembers(calls, facts.usesFunctions),
  };
  const reason = finishReasonOf(response, calls.length > 0, facts.usesFunctions);
  return {
    id: chatIdOf(response["id"], facts.fallbackId),
    object: "chat.completion",
    created: createdOf(response, facts),
    model: facts.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    usage: chatUsageOf(response),
    ...tierMember(response),
    system_fingerprint: null,
  };
}

/** What kind of error a code is, in OpenAI's words. */
function errorTypeOf(code: string): string {
  const kind = Object.hasOwn(KIND_BY_CODE, code) ? KIND_BY_CODE[code] : undefined;
  if (kind === undefined) return "server_error";
  if (kind === "usage-limit" || kind === "rate-limit") return code;
  const { scope } = VERDICTS[kind];
  return scope === "turn" || scope === "conversation" || scope === "model" ? "invalid_request_error" : "server_error";
}

/** What an ending says of its failure: a response's own error, or what an `error` event has, nested or bare. */
function failureOf(event: Members): Members {
  const { type: _, sequence_number: __, ...bare } = event;
  const holder = isObject(event["response"]) ? event["response"] : event;
  if (isObject(holder["error"])) return holder["error"];
  return holder === event ? bare : {};
}

/** The error of a failed ending in a chat's shape; members such as `resets_at` go along. */
export function chatErrorOf(event: Members): Members {
  const { message, code, type, param, ...more } = failureOf(event);
  const word = typeof code === "string" && code !== "" ? code : typeof type === "string" ? type : "upstream_error";
  return {
    message: typeof message === "string" && message !== "" ? message : "Upstream failed without saying why.",
    type: typeof type === "string" ? type : errorTypeOf(word),
    param: typeof param === "string" ? param : null,
    code: word,
    ...more,
  };
}
