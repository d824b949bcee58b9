/** What is the finished answer? Gathers items as they finish, so that a terminal event without output can be completed. */
import {
  applyEdits,
  editMembers,
  findMember,
  type Inner,
  innerOf,
  memberOf,
  type Span,
  scanArray,
  scanObject,
} from "./json-spans.ts";
import { isObject, parseObject, type WireEvent } from "./wire-event.ts";

export interface AnswerUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}

/** Token counts of a finished response object; null when it carries none. */
export function usageOf(response: Record<string, unknown>): AnswerUsage | null {
  const { usage } = response;
  if (!isObject(usage)) return null;
  const details = isObject(usage["input_tokens_details"]) ? usage["input_tokens_details"] : {};
  return {
    inputTokens: countOf(usage["input_tokens"]),
    cachedTokens: countOf(details["cached_tokens"]),
    outputTokens: countOf(usage["output_tokens"]),
  };
}

/** Where the `response` object of an event stands; null for events without one. */
function responseSpan(text: string): Span | null {
  const member = memberOf(text, "response");
  if (member === null || text.charAt(member.valueStart) !== "{") return null;
  return { start: member.valueStart, end: member.valueEnd };
}

/** The type of the events that bring a finished item. */
export const COLLECTED_TYPE = "response.output_item.done";

/** Collects finished items by their place. Keeps texts, so that what is put in was written by upstream. */
export class AnswerCollector {
  readonly #bytesMax: number;
  readonly #items = new Map<number, string>();
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether the items still fit the bound; after an overflow the terminal event is left as it is. */
  get isWhole(): boolean {
    return this.#size <= this.#bytesMax;
  }

  add(event: WireEvent): void {
    if (event.type !== COLLECTED_TYPE || !this.isWhole) return;
    const { text: told } = event;
    const item = memberOf(told, "item");
    const index = memberOf(told, "output_index");
    if (item === null) return;
    const place = index === null ? Number.NaN : Number(told.slice(index.valueStart, index.valueEnd));
    const text = told.slice(item.valueStart, item.valueEnd);
    this.#size += text.length;
    if (this.isWhole) this.#items.set(Number.isInteger(place) ? place : this.#nextPlace(), text);
    else this.#items.clear();
  }

  /** Behind everything, for an item that does not say where it stands. */
  #nextPlace(): number {
    let next = 0;
    for (const place of this.#items.keys()) next = Math.max(next, place + 1);
    return next;
  }

  /** The terminal event's text, its `response.output` filled from the items where upstream left it empty. */
  complete(terminal: string): string {
    const response = this.#items.size === 0 ? null : innerOf(terminal, "response", "output");
    return response === null ? terminal : this.#fill(terminal, response);
  }

  /** The text of the response object inside the terminal event, filled likewise; null when there is none. */
  answerOf(terminal: string): string | null {
    const response = innerOf(terminal, "response", "output");
    if (response === null) return null;
    const { start, end } = response.span;
    const filled = this.#items.size === 0 ? terminal : this.#fill(terminal, response);
    // What was put in stands before the object's end.
    return filled.slice(start, end + filled.length - terminal.length);
  }

  #fill(terminal: string, { span, member: output }: Inner): string {
    if (output === null) return editMembers(terminal, { output: this.#listItems() }, span.start);
    if (scanArray(terminal, output.valueStart).length > 0) return terminal;
    return applyEdits(terminal, [{ start: output.valueStart, end: output.valueEnd, text: this.#listItems() }]);
  }

  #listItems(): string {
    const items = [...this.#items].sort(([a], [b]) => a - b);
    return `[${items.map(([, text]) => text).join(",")}]`;
  }
}

/** Members of a response object that are told otherwise than upstream does: their JSON texts by their names. */
export type Told = Readonly<Record<string, string>>;

/** A response object's text, which begins at `from`, with those of its members replaced that it has. */
export function retellAnswer(text: string, told: Told, from = 0): string {
  const entries = Object.entries(told);
  if (entries.length === 0) return text;
  const members = scanObject(text, from);
  const edits = entries.flatMap(([name, value]) => {
    const member = findMember(members, name);
    return member === null ? [] : [{ start: member.valueStart, end: member.valueEnd, text: value }];
  });
  return applyEdits(text, edits);
}

/** The same for the response object inside an event. */
export function retellEvent(text: string, told: Told): string {
  const span = Object.keys(told).length === 0 ? null : responseSpan(text);
  return span === null ? text : retellAnswer(text, told, span.start);
}

/** The response object inside a terminal event, as text; null when there is none. */
export function answerTextOf(terminal: string): string | null {
  const span = responseSpan(terminal);
  return span === null ? null : terminal.slice(span.start, span.end);
}

/** Id, status and usage of a response object, or of the one inside an event. */
export function readResponse(text: string): {
  readonly responseId: string | null;
  readonly status: string | null;
  readonly usage: AnswerUsage | null;
} {
  const event = parseObject(text);
  const response = isObject(event?.["response"]) ? event["response"] : event;
  if (response === null) return { responseId: null, status: null, usage: null };
  const { id, status } = response;
  return { responseId: textOf(id), status: textOf(status), usage: usageOf(response) };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
