/**
 * What does each event of a Responses stream mean to a chat client? A state machine: events in, chunks out. Calls are
 * told apart by their place in the output, however their pieces arrive; what came in pieces is not told again when it
 * is repeated whole, and what never came in pieces is told when it is finished. Pure but for its own state.
 */
import {
  annotationOf,
  type ChatCall,
  type ChatFacts,
  callOf,
  chatErrorOf,
  chatIdOf,
  chatUsageOf,
  createdOf,
  type FinishReason,
  finishReasonOf,
  tierMember,
  wholePayload,
} from "./chat-answer.ts";
import { ChatText } from "./chat-text.ts";
import { isObject, parseObject, type WireEvent } from "./wire-event.ts";

type Members = Readonly<Record<string, unknown>>;

/** What ends a chat stream that went well. */
const CHAT_DONE = "[DONE]";

interface OpenCall {
  /** Its place among the calls, which is how a chat names it. */
  readonly index: number;
  readonly call: ChatCall;
  hasPayload: boolean;
}

type TextName = "content" | "refusal" | "reasoning_content";

/** What an event says of a text: a piece of it, or all of it once more. */
interface TextType {
  readonly name: TextName;
  readonly field: string;
  readonly isWhole: boolean;
}

const TEXT_TYPES: Readonly<Record<string, TextType>> = {
  "response.output_text.delta": { name: "content", field: "delta", isWhole: false },
  "response.output_text.done": { name: "content", field: "text", isWhole: true },
  "response.refusal.delta": { name: "refusal", field: "delta", isWhole: false },
  "response.refusal.done": { name: "refusal", field: "refusal", isWhole: true },
  "response.reasoning_summary_text.delta": { name: "reasoning_content", field: "delta", isWhole: false },
  "response.reasoning_summary_text.done": { name: "reasoning_content", field: "text", isWhole: true },
  "response.reasoning_text.delta": { name: "reasoning_content", field: "delta", isWhole: false },
  "response.reasoning_text.done": { name: "reasoning_content", field: "text", isWhole: true },
};

export interface ChatStreamFacts extends ChatFacts {
  readonly includeUsage: boolean;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function objectsOf(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Where an event's item stands in the output. Ids may differ between the events of one item, places do not. */
function placeOf(fields: Members): string {
  const { output_index: index, item_id: id } = fields;
  return typeof index === "number" ? String(index) : `id ${textOf(id)}`;
}

/** A part within its item: summaries and contents are counted apart. */
function partOf(fields: Members): string {
  const { summary_index: summary, content_index: content } = fields;
  return typeof summary === "number" ? `s${summary}` : `c${typeof content === "number" ? content : 0}`;
}

export class ChatStream {
  readonly #facts: ChatStreamFacts;
  readonly #texts = {
    content: new ChatText("item"),
    refusal: new ChatText("none"),
    reasoning_content: new ChatText("part"),
  };
  readonly #calls = new Map<string, OpenCall>();
  /** Pieces of calls that have not been announced yet. */
  readonly #early = new Map<string, string>();
  readonly #annotated = new Set<string>();
  #head: Members;
  #hasRole = false;
  #isOver = false;
  #out: string[] = [];

  constructor(facts: ChatStreamFacts) {
    this.#facts = facts;
    this.#head = this.#headOf({});
  }

  /** True when the last chunk has been told: nothing may follow. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The data of the chunks that an event gives, in order: JSON texts, and `[DONE]` behind the last. Often none. */
  push(event: WireEvent): readonly string[] {
    this.#out = [];
    const fields = this.#isOver || event.text === "" ? null : parseObject(event.text);
    if (fields !== null) this.#take(event.type, fields);
    return this.#out;
  }

  #take(type: string, fields: Members): void {
    const text = Object.hasOwn(TEXT_TYPES, type) ? TEXT_TYPES[type] : undefined;
    if (text !== undefined) {
      this.#takeText(text, fields);
      return;
    }
    switch (type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        this.#begin(fields["response"]);
        break;
      case "response.output_text.annotation.added":
        this.#annotate(placeOf(fields), partOf(fields), fields["annotation"]);
        break;
      case "response.output_item.added":
        this.#openCall(placeOf(fields), callOf(fields["item"]));
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        this.#sayPayload(placeOf(fields), textOf(fields["delta"]));
        break;
      case "response.function_call_arguments.done":
      case "response.custom_tool_call_input.done":
        this.#sayWholePayload(placeOf(fields), textOf(fields["arguments"] ?? fields["input"]));
        break;
      case "response.output_item.done":
        this.#finishItem(placeOf(fields), fields["item"]);
        break;
      case "response.completed":
      case "response.incomplete":
        this.#finish(fields["response"], type === "response.incomplete");
        break;
      case "response.failed":
      case "error":
        this.#isOver = true;
        this.#out.push(JSON.stringify({ error: chatErrorOf(fields) }));
    }
  }

  #takeText({ name, field, isWhole }: TextType, fields: Members): void {
    const [place, part, text] = [placeOf(fields), partOf(fields), textOf(fields[field])];
    if (isWhole) this.#sayWhole(name, place, part, text);
    else this.#sayText(name, this.#texts[name].addPiece(place, part, text));
  }

  #headOf(response: Members): Members {
    return {
      id: chatIdOf(response["id"], this.#facts.fallbackId),
      object: "chat.completion.chunk",
      created: createdOf(response, this.#facts),
      model: this.#facts.model,
      ...tierMember(response),
      system_fingerprint: null,
    };
  }

  /** All chunks of a stream carry one head. */
  #begin(response: unknown): void {
    if (isObject(response) && !this.#hasRole) this.#head = this.#headOf(response);
  }

  #emit(choices: readonly Members[], usage: Members | null): void {
    const usageMember = this.#facts.includeUsage ? { usage } : {};
    this.#out.push(JSON.stringify({ ...this.#head, choices, ...usageMember }));
  }

  #say(delta: Members, reason: FinishReason | null = null): void {
    if (!this.#hasRole) {
      this.#hasRole = true;
      // Calls come without a text, everything else with one that may stay empty.
      const content = "tool_calls" in delta || "function_call" in delta ? null : "";
      this.#say({ role: "assistant", content, refusal: null });
    }
    this.#emit([{ index: 0, delta, logprobs: null, finish_reason: reason }], null);
  }

  #sayText(name: TextName, text: string): void {
    if (text !== "") this.#say({ [name]: text });
  }

  #sayWhole(name: TextName, place: string, part: string, text: unknown): void {
    this.#sayText(name, this.#texts[name].addWhole(place, part, textOf(text)));
  }

  #annotate(place: string, part: string, annotation: unknown): void {
    this.#annotated.add(`${place} ${part}`);
    const made = annotationOf(annotation, this.#texts.content.beginOf(place, part));
    if (made !== null) this.#say({ annotations: [made] });
  }

  #openCall(place: string, call: ChatCall | null): void {
    if (call === null || this.#calls.has(place)) return;
    const payload = this.#early.get(place) ?? "";
    this.#early.delete(place);
    const open = { index: this.#calls.size, call, hasPayload: payload !== "" };
    this.#calls.set(place, open);
    this.#sayCall(open, { id: call.id, type: call.type }, { name: call.name }, payload);
  }

  #sayPayload(place: string, payload: string): void {
    if (payload === "") return;
    const open = this.#calls.get(place);
    if (open === undefined) {
      this.#early.set(place, (this.#early.get(place) ?? "") + payload);
      return;
    }
    open.hasPayload = true;
    this.#sayCall(open, {}, {}, payload);
  }

  /** The same for a payload that is repeated whole. */
  #sayWholePayload(place: string, payload: string): void {
    if (this.#calls.get(place)?.hasPayload === false) this.#sayPayload(place, payload);
  }

  #sayCall({ index, call }: OpenCall, about: Members, named: Members, payload: string): void {
    const called = call.type === "custom" ? { ...named, input: payload } : { ...named, arguments: payload };
    if (!this.#facts.usesFunctions) this.#say({ tool_calls: [{ index, ...about, [call.type]: called }] });
    // The deprecated form has room for one call.
    else if (index === 0) this.#say({ function_call: called });
  }

  #finishCall(place: string, call: ChatCall): void {
    this.#openCall(place, call);
    this.#sayWholePayload(place, wholePayload(call));
  }

  #finishItem(place: string, item: unknown): void {
    if (!isObject(item)) return;
    const call = callOf(item);
    if (call !== null) this.#finishCall(place, call);
    else if (item["type"] === "message") this.#finishMessage(place, item);
    else if (item["type"] === "reasoning") this.#finishReasoning(place, item);
  }

  #finishMessage(place: string, item: Members): void {
    for (const [index, part] of objectsOf(item["content"]).entries()) {
      const name = `c${index}`;
      if (part["type"] === "refusal") this.#sayWhole("refusal", place, name, part["refusal"]);
      if (part["type"] !== "output_text") continue;
      this.#sayWhole("content", place, name, part["text"]);
      if (this.#annotated.has(`${place} ${name}`)) continue;
      for (const annotation of objectsOf(part["annotations"])) this.#annotate(place, name, annotation);
    }
  }

  #finishReasoning(place: string, item: Members): void {
    for (const [index, part] of objectsOf(item["summary"]).entries()) {
      this.#sayWhole("reasoning_content", place, `s${index}`, part["text"]);
    }
    for (const [index, part] of objectsOf(item["content"]).entries()) {
      this.#sayWhole("reasoning_content", place, `c${index}`, part["text"]);
    }
  }

  /** What only the last event tells. Places in its output need not be those of the stream, so ids and silence decide. */
  #tellRest(items: readonly Members[]): void {
    const [wasSilent, hadMessage] = [!this.#hasRole, !this.#texts.content.isEmpty || !this.#texts.refusal.isEmpty];
    for (const [index, item] of items.entries()) {
      const place = `end ${index}`;
      const call = callOf(item);
      if (call !== null) this.#finishCall(this.#placeOfCall(call) ?? place, call);
      else if (item["type"] === "message" ? !hadMessage : wasSilent) this.#finishItem(place, item);
    }
  }

  #placeOfCall(call: ChatCall): string | null {
    for (const [place, open] of this.#calls) if (open.call.id === call.id) return place;
    return null;
  }

  #finish(said: unknown, isIncomplete: boolean): void {
    const response: Members = { ...(isObject(said) ? said : {}), status: isIncomplete ? "incomplete" : "completed" };
    this.#begin(response);
    this.#head = { ...this.#head, ...tierMember(response) };
    this.#tellRest(objectsOf(response["output"]));
    if (!isIncomplete) for (const [place, { call }] of this.#calls) this.#finishCall(place, call);
    this.#isOver = true;
    this.#say({}, finishReasonOf(response, this.#calls.size > 0, this.#facts.usesFunctions));
    const usage = this.#facts.includeUsage ? chatUsageOf(response) : null;
    if (usage !== null) this.#emit([], usage);
    this.#out.push(CHAT_DONE);
  }
}
