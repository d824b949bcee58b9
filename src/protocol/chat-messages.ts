/**
 * What has been said so far? Chat messages as Responses items, each by itself and by its place alone: the items of a
 * history stay the same when it grows, which is what keeps upstream's prompt cache warm. Pure.
 */
import { type Part, toAnswerParts, toInputParts } from "./chat-content.ts";
import { type Mapped, mapEach, mapped, refused, refusedType, refusedValue } from "./mapped.ts";
import { asksForNothing } from "./quiet-value.ts";
import { isObject } from "./wire-event.ts";

export type Item = Readonly<Record<string, unknown>>;

export const CHAT_ROLES = ["system", "developer", "user", "assistant", "tool", "function"] as const;
type Role = (typeof CHAT_ROLES)[number];

/** Members of a message that are heard, or that a client only plays back. */
const HEARD: Readonly<Record<Role, ReadonlySet<string>>> = {
  system: new Set(["role", "content"]),
  developer: new Set(["role", "content"]),
  user: new Set(["role", "content"]),
  assistant: new Set(["role", "content", "refusal", "tool_calls", "function_call", "annotations"]),
  tool: new Set(["role", "content", "tool_call_id"]),
  function: new Set(["role", "content", "name"]),
};

function isRole(value: unknown): value is Role {
  return (CHAT_ROLES as readonly unknown[]).includes(value);
}

/** The whole history. An assistant's message may give several items, an empty one none. */
export function toInputItems(messages: unknown): Mapped<Item[]> {
  if (messages === undefined || messages === null) {
    return refused("missing_required_parameter", "Missing required parameter: 'messages'.", "messages");
  }
  if (!Array.isArray(messages)) return refusedType("messages", "an array");
  if (messages.length === 0) return refused("empty_array", "'messages' must not be empty.", "messages");
  const customCalls = customCallIds(messages);
  const items = mapEach(messages, (message, at) => toItems(message, at, messages, customCalls));
  return items.kind === "refused" ? items : mapped(items.value.flat());
}

/** Members of messages that say something and have no place upstream, such as `messages.name`. */
export function unheardMembers(messages: unknown): string[] {
  if (!Array.isArray(messages)) return [];
  const names = messages.filter(isObject).flatMap((message) => {
    const heard = isRole(message["role"]) ? HEARD[message["role"]] : null;
    return Object.entries(message)
      .filter(([key, value]) => heard?.has(key) === false && !asksForNothing(value))
      .map(([key]) => `messages.${key}`);
  });
  return [...new Set(names)];
}

function toItems(
  message: unknown,
  at: number,
  messages: readonly unknown[],
  customCalls: ReadonlySet<unknown>,
): Mapped<Item[]> {
  const place = `messages[${at}]`;
  if (!isObject(message)) return refusedType(place, "an object");
  const { role, content } = message;
  if (!isRole(role)) return refusedValue(`${place}.role`, CHAT_ROLES);
  switch (role) {
    case "system":
    case "developer":
    case "user":
      return toMessage(role, toInputParts(content, `${place}.content`));
    case "assistant":
      return toAssistantItems(message, at, place);
    case "tool":
      return toToolOutput(message, place, customCalls);
    case "function":
      return toFunctionOutput(message, at, place, messages);
  }
}

function toMessage(role: Role, parts: Mapped<Part[]>): Mapped<Item[]> {
  return parts.kind === "refused" ? parts : mapped([{ type: "message", role, content: parts.value }]);
}

function toAssistantItems(message: Item, at: number, place: string): Mapped<Item[]> {
  const said = toAnswerParts(message["content"], `${place}.content`);
  if (said.kind === "refused") return said;
  const { refusal } = message;
  const parts = typeof refusal === "string" ? [...said.value, { type: "refusal", refusal }] : said.value;
  const calls = toCalls(message["tool_calls"], `${place}.tool_calls`);
  if (calls.kind === "refused") return calls;
  const legacy = toFunctionCall(message["function_call"], at, `${place}.function_call`);
  if (legacy.kind === "refused") return legacy;
  const spoken = parts.length === 0 ? [] : [{ type: "message", role: "assistant", content: parts }];
  return mapped([...spoken, ...calls.value, ...legacy.value]);
}

function toCalls(calls: unknown, place: string): Mapped<Item[]> {
  if (calls === undefined || calls === null) return mapped([]);
  if (!Array.isArray(calls)) return refusedType(place, "an array");
  return mapEach(calls, (call, index) => toCall(call, `${place}[${index}]`));
}

function toCall(call: unknown, place: string): Mapped<Item> {
  if (!isObject(call)) return refusedType(place, "an object");
  const { id, type = "function" } = call;
  if (typeof id !== "string") return refusedType(`${place}.id`, "a string");
  if (type !== "function" && type !== "custom") return refusedValue(`${place}.type`, ["function", "custom"]);
  const called = call[type];
  if (!isObject(called)) return refusedType(`${place}.${type}`, "an object");
  const { name } = called;
  if (typeof name !== "string") return refusedType(`${place}.${type}.name`, "a string");
  const payloadName = type === "custom" ? "input" : "arguments";
  const payload = called[payloadName];
  if (typeof payload !== "string") return refusedType(`${place}.${type}.${payloadName}`, "a string");
  return type === "custom"
    ? mapped({ type: "custom_tool_call", call_id: id, name, input: payload })
    : mapped({ type: "function_call", call_id: id, name, arguments: payload });
}

/** Ids of calls of custom tools: their outputs are items of another type. */
function customCallIds(messages: readonly unknown[]): ReadonlySet<unknown> {
  const calls = messages.flatMap((message) =>
    isObject(message) && Array.isArray(message["tool_calls"]) ? message["tool_calls"].filter(isObject) : [],
  );
  return new Set(calls.filter((call) => call["type"] === "custom").map((call) => call["id"]));
}

function toToolOutput(message: Item, place: string, customCalls: ReadonlySet<unknown>): Mapped<Item[]> {
  const { tool_call_id: id, content } = message;
  if (typeof id !== "string") return refusedType(`${place}.tool_call_id`, "a string");
  const type = customCalls.has(id) ? "custom_tool_call_output" : "function_call_output";
  return toOutput(type, id, content, place);
}

function toOutput(type: string, callId: string, content: unknown, place: string): Mapped<Item[]> {
  if (typeof content === "string") return mapped([{ type, call_id: callId, output: content }]);
  const parts = toInputParts(content, `${place}.content`);
  return parts.kind === "refused" ? parts : mapped([{ type, call_id: callId, output: parts.value }]);
}

/** The deprecated calls have no ids; their place in the history gives them one that lasts. */
function functionCallId(at: number): string {
  return `call_message_${at}`;
}

function toFunctionCall(call: unknown, at: number, place: string): Mapped<Item[]> {
  if (call === undefined || call === null) return mapped([]);
  if (!isObject(call)) return refusedType(place, "an object");
  const { name, arguments: payload } = call;
  if (typeof name !== "string") return refusedType(`${place}.name`, "a string");
  if (typeof payload !== "string") return refusedType(`${place}.arguments`, "a string");
  return mapped([{ type: "function_call", call_id: functionCallId(at), name, arguments: payload }]);
}

function toFunctionOutput(message: Item, at: number, place: string, messages: readonly unknown[]): Mapped<Item[]> {
  const { name, content } = message;
  const calledAt = messages.slice(0, at).findLastIndex((earlier) => calledFunctionOf(earlier) === name);
  if (typeof name !== "string" || calledAt === -1) {
    return refused("invalid_value", "No message before has a function call of this name.", `${place}.name`);
  }
  return toOutput("function_call_output", functionCallId(calledAt), content, place);
}

function calledFunctionOf(message: unknown): unknown {
  return isObject(message) && isObject(message["function_call"]) ? message["function_call"]["name"] : undefined;
}
