/**
 * What is the whole input? Puts before a client's items what its response goes on from, and in place of items that are only
 * named the items themselves, so that any account can serve it. Pure; items keep the text they came with.
 */
import { editMembers, memberOf, scanArray } from "./json-spans.ts";
import { type Refusal, refuseRequest } from "./refusal.ts";
import type { ResponsesRequest } from "./responses-request.ts";
import { isObject } from "./wire-event.ts";

/** The response that a request goes on from; both are JSON texts of arrays. */
export interface Previous {
  readonly input: string;
  readonly output: string;
}

export type Expanded =
  | {
      readonly kind: "ok";
      /** The very request that came in, when nothing had to be put in or left out. */
      readonly request: ResponsesRequest;
      /** Whether reasoning was left out because nobody has what is needed to read it. */
      readonly hasLostReasoning: boolean;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

interface Element {
  readonly text: string;
  readonly item: unknown;
}

function idOf(item: unknown): string | null {
  return isObject(item) && typeof item["id"] === "string" ? item["id"] : null;
}

/** An item that stands for another one by its id; clients may leave its type out. */
function isReference(item: unknown): boolean {
  if (!isObject(item)) return false;
  const { type } = item;
  return type === "item_reference" || ((type === undefined || type === null) && Object.keys(item).join() === "id");
}

/** Reasoning that no account can read again: without its encrypted content it is only a summary. */
function isUnreadable(item: unknown): boolean {
  return isObject(item) && item["type"] === "reasoning" && typeof item["encrypted_content"] !== "string";
}

/** An item that has to be looked up among the stored ones. */
function isSought(item: unknown): boolean {
  return isReference(item) || isUnreadable(item);
}

function hasNames({ input }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(input) && input.some(isSought);
}

/** Ids of the items that a client names instead of sending them, or sends without what is needed to read them. */
export function itemIdsToFind({ input }: Readonly<Record<string, unknown>>): string[] {
  const sought = Array.isArray(input) ? input.filter(isSought) : [];
  if (sought.length === 0) return [];
  return [...new Set(sought.map(idOf).filter((id) => id !== null))];
}

/** The elements of an array's text, each with its value. */
function elementsOf(text: string): Element[] {
  return scanArray(text).map(({ start, end }) => {
    const element = text.slice(start, end);
    return { text: element, item: JSON.parse(element) };
  });
}

/** What `input` says as items: a text is one message of the user. */
function ownElements({ text, body }: ResponsesRequest): Element[] {
  const { input } = body;
  if (typeof input === "string") {
    const item = { type: "message", role: "user", content: [{ type: "input_text", text: input }] };
    return [{ text: JSON.stringify(item), item }];
  }
  const member = memberOf(text, "input");
  if (member === null || !Array.isArray(input)) return [];
  return scanArray(text, member.valueStart).map(({ start, end }, at) => ({
    text: text.slice(start, end),
    item: input[at],
  }));
}

/** The input of a request as the text of an array of items. */
export function inputTextOf(request: ResponsesRequest): string {
  const { text, body } = request;
  const member = Array.isArray(body["input"]) ? memberOf(text, "input") : null;
  return member === null ? writeArray(ownElements(request)) : text.slice(member.valueStart, member.valueEnd);
}

/** The text of a response's `output`; an empty array's when it has none. */
export function outputTextOf(response: string): string {
  const output = memberOf(response, "output");
  return output === null ? "[]" : response.slice(output.valueStart, output.valueEnd);
}

/** The items that a response put out: their texts by their ids. */
export function outputItemsOf(response: string): ReadonlyMap<string, string> {
  const items = new Map<string, string>();
  for (const { text, item } of elementsOf(outputTextOf(response))) {
    const id = idOf(item);
    if (id !== null) items.set(id, text);
  }
  return items;
}

function writeArray(elements: readonly Element[]): string {
  return `[${elements.map((element) => element.text).join(",")}]`;
}

/** The item itself for one that is only named; `known` for one that stands in the history already. */
function resolveElement(
  element: Element,
  items: ReadonlyMap<string, string>,
  known: ReadonlySet<string>,
): Element | "known" | "missing" {
  const id = idOf(element.item);
  if (!isReference(element.item)) {
    const found = isUnreadable(element.item) && id !== null ? items.get(id) : undefined;
    return found === undefined ? element : { text: found, item: JSON.parse(found) };
  }
  if (id !== null && known.has(id)) return "known";
  const found = id === null ? undefined : items.get(id);
  return found === undefined ? "missing" : { text: found, item: JSON.parse(found) };
}

function refuseMissing(at: number, id: string | null): Expanded {
  const name = id === null ? "" : ` '${id.slice(0, 100)}'`;
  const message = `The item${name} is not known here: it was never stored, has expired or was deleted. Send the item itself.`;
  return { kind: "refused", refusal: refuseRequest("item_not_found", message, `input[${at}].id`) };
}

/** Items that the model wrote and that may go without their id. */
const WRITTEN_TYPES: ReadonlySet<unknown> = new Set(["message", "function_call", "custom_tool_call"]);

function isWritten(item: unknown): item is Record<string, unknown> {
  if (!isObject(item) || !WRITTEN_TYPES.has(item["type"])) return false;
  return item["type"] !== "message" || item["role"] === "assistant";
}

/**
 * Leaves out unreadable reasoning. What the model wrote right after it loses its id: by the id upstream may know that
 * reasoning belongs to it, and then refuses the one without the other.
 */
function dropUnreadable(elements: readonly Element[]): Element[] {
  const kept: Element[] = [];
  let isAfterLoss = false;
  for (const element of elements) {
    const isLost = isUnreadable(element.item);
    isAfterLoss = isLost || (isAfterLoss && isWritten(element.item));
    if (isLost) continue;
    kept.push(isAfterLoss ? withoutId(element) : element);
  }
  return kept;
}

function withoutId({ text, item }: Element): Element {
  const { id: _, ...rest } = isObject(item) ? item : {};
  return { text: editMembers(text, { id: null }), item: rest };
}

const OUTPUT_TYPES: Readonly<Record<string, string>> = {
  function_call: "function_call_output",
  custom_tool_call: "custom_tool_call_output",
};

/** What a call is answered with whose turn was interrupted; without an answer upstream refuses the conversation for ever. */
const INTERRUPTED = "The call was interrupted; it has no output.";

function answerDangling(elements: readonly Element[]): Element[] {
  const answered = new Set<unknown>();
  for (const { item } of elements) {
    if (isObject(item) && String(item["type"]).endsWith("_output")) answered.add(item["call_id"]);
  }
  return elements.flatMap((element) => {
    const { item } = element;
    const type = isObject(item) ? OUTPUT_TYPES[String(item["type"])] : undefined;
    if (!isObject(item) || type === undefined || answered.has(item["call_id"])) return [element];
    const output = { type, call_id: item["call_id"], output: INTERRUPTED };
    return [element, { text: JSON.stringify(output), item: output }];
  });
}

/**
 * The request with its whole input and without `previous_response_id`. `items` are texts of stored items by their ids.
 * The instructions of what it goes on from are not carried over.
 */
export function expandInput(
  request: ResponsesRequest,
  previous: Previous | null,
  items: ReadonlyMap<string, string>,
): Expanded {
  if (previous === null && !hasNames(request.body)) return { kind: "ok", request, hasLostReasoning: false };
  const history = previous === null ? [] : [...elementsOf(previous.input), ...elementsOf(previous.output)];
  const known = new Set(history.map(({ item }) => idOf(item)).filter((id) => id !== null));
  const own = ownElements(request);
  const resolved: Element[] = [];
  for (const [at, element] of own.entries()) {
    const found = resolveElement(element, items, known);
    if (found === "missing") return refuseMissing(at, idOf(element.item));
    if (found !== "known") resolved.push(found);
  }
  const all = [...history, ...resolved];
  const readable = dropUnreadable(all);
  const hasLostReasoning = readable.length < all.length;
  const whole = previous === null ? readable : answerDangling(readable);
  const input = whole.map(({ item }) => item);
  const { previous_response_id: _, ...rest } = request.body;
  const text = editMembers(request.text, { input: writeArray(whole), previous_response_id: null });
  return { kind: "ok", request: { ...request, text, body: { ...rest, input } }, hasLostReasoning };
}
