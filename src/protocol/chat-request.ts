/**
 * What does a chat client ask for? A Chat Completions body as the Responses body that asks for the same. Pure. What
 * cannot be asked for is refused where the answer would be another one, and named in `ignored` where it would not.
 */
import { toInputItems, unheardMembers } from "./chat-messages.ts";
import { toTools } from "./chat-tools.ts";
import { type Mapped, mapped, refused, refusedType, refusedValue } from "./mapped.ts";
import { parseBody } from "./parse-body.ts";
import { asksForNothing } from "./quiet-value.ts";
import { type Refusal, refuseRequest } from "./refusal.ts";
import { type ResponsesRequest, readHead } from "./responses-request.ts";
import { isObject } from "./wire-event.ts";

type Members = Readonly<Record<string, unknown>>;

export interface ChatRequest {
  /** The same request as the engine knows it. */
  readonly request: ResponsesRequest;
  /** Whether a stream is to tell its usage at the end. */
  readonly includeUsage: boolean;
  /** Whether the client uses the deprecated `functions`, and is to be answered in that form. */
  readonly usesFunctions: boolean;
  /** Members of the client's body that are not asked for, by the client's own names; safe to be put in a header. */
  readonly ignored: readonly string[];
  /** Members of the Responses body that have another name in the client's own. */
  readonly namesHere: Readonly<Record<string, string>>;
}

export type ParsedChat =
  | { readonly kind: "ok"; readonly chat: ChatRequest }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Members that both APIs spell alike; the engine tells which of them an account cannot honour. */
export const SHARED_MEMBERS = [
  "temperature",
  "top_p",
  "service_tier",
  "metadata",
  "user",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
  "safety_identifier",
  "moderation",
] as const;

/** Members with another spelling, or another meaning when nothing is said. */
export const TRANSLATED_MEMBERS = [
  "model",
  "messages",
  "stream",
  "stream_options",
  "store",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "functions",
  "function_call",
  "web_search_options",
  "response_format",
  "verbosity",
  "reasoning",
  "reasoning_effort",
  "max_tokens",
  "max_completion_tokens",
  "n",
  "modalities",
] as const;

/** What some clients write out although it changes nothing. */
const DEFAULTS: Members = { frequency_penalty: 0, presence_penalty: 0, top_logprobs: 0, logprobs: false };

const HONOURED: ReadonlySet<string> = new Set([...SHARED_MEMBERS, ...TRANSLATED_MEMBERS]);

/** Reads and translates a chat client's body. */
export function parseChatRequest(text: string): ParsedChat {
  const parsed = parseBody(text);
  if (parsed.kind === "refused") return parsed;
  const { body } = parsed;
  const head = readHead(body);
  if (head.kind === "refused") return head;
  const { model, stream } = head;
  const chosen = refuseUnanswerable(body);
  if (chosen.kind === "refused") return chosen;
  const input = toInputItems(body["messages"]);
  if (input.kind === "refused") return input;
  const tools = toTools(body);
  if (tools.kind === "refused") return tools;
  const format = toTextMembers(body);
  if (format.kind === "refused") return format;
  const reasoning = toReasoning(body);
  if (reasoning.kind === "refused") return reasoning;
  const limit = toOutputLimit(body);
  if (limit.kind === "refused") return limit;
  const members: Members = {
    model,
    stream,
    // Responses are stored where nothing is said, chats are not.
    store: body["store"] ?? false,
    input: input.value,
    ...tools.value.members,
    ...format.value,
    ...reasoning.value,
    ...limit.value.members,
    ...(stream ? toStreamOptions(body["stream_options"]) : {}),
    ...pickShared(body),
  };
  const written = writeBody(members);
  if (written.kind === "refused") return written;
  const chat: ChatRequest = {
    request: { text: written.value, body: members, model, stream },
    includeUsage: isObject(body["stream_options"]) && body["stream_options"]["include_usage"] === true,
    usesFunctions: tools.value.usesFunctions,
    ignored: listIgnored(body, limit.value.ignored),
    namesHere: { max_output_tokens: limit.value.name },
  };
  return { kind: "ok", chat };
}

/** What no answer of ours could be. */
function refuseUnanswerable(body: Members): Mapped<null> {
  const { n, modalities } = body;
  if (n !== undefined && n !== null && typeof n !== "number") return refusedType("n", "an integer");
  if (typeof n === "number" && n !== 1) {
    return refused("unsupported_value", "This pool gives one choice for each request: 'n' must be 1.", "n");
  }
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== "text")) {
    return refused("unsupported_value", "This pool answers in text only.", "modalities");
  }
  return mapped(null);
}

const FORMAT_TYPES = ["text", "json_object", "json_schema"] as const;

/** `text`: the answer's form and its verbosity. */
function toTextMembers(body: Members): Mapped<Members> {
  const format = toFormat(body["response_format"]);
  if (format.kind === "refused") return format;
  const verbosity = body["verbosity"] ?? null;
  const text = {
    ...(format.value === null ? {} : { format: format.value }),
    ...(verbosity === null ? {} : { verbosity }),
  };
  return mapped(asksForNothing(text) ? {} : { text });
}

function toFormat(format: unknown): Mapped<Members | null> {
  if (format === undefined || format === null) return mapped(null);
  if (!isObject(format)) return refusedType("response_format", "an object");
  const { type, json_schema: named } = format;
  if (type === "text" || type === "json_object") return mapped({ type });
  if (type !== "json_schema") return refusedValue("response_format.type", FORMAT_TYPES);
  if (!isObject(named)) return refusedType("response_format.json_schema", "an object");
  const { name, description, schema, strict } = named;
  if (typeof name !== "string") return refusedType("response_format.json_schema.name", "a string");
  const described = typeof description === "string" ? { description } : {};
  return mapped({ type, name, ...described, schema: schema ?? {}, strict: strict ?? false });
}

const REASONING_MEMBERS: ReadonlySet<string> = new Set(["effort", "summary"]);

/** `reasoning_effort`; and of a `reasoning` object, which only Responses has, what lets a client read along. */
function toReasoning(body: Members): Mapped<Members> {
  const { reasoning, reasoning_effort: effort } = body;
  if (reasoning !== undefined && reasoning !== null && !isObject(reasoning)) {
    return refusedType("reasoning", "an object");
  }
  const kept = Object.entries(reasoning ?? {}).filter(([name]) => REASONING_MEMBERS.has(name));
  const asked = effort === undefined || effort === null ? kept : [...kept, ["effort", effort]];
  return mapped(asked.length === 0 ? {} : { reasoning: Object.fromEntries(asked) });
}

function unheardReasoning(reasoning: unknown): string[] {
  if (!isObject(reasoning)) return [];
  return Object.keys(reasoning)
    .filter((name) => !REASONING_MEMBERS.has(name) && !asksForNothing(reasoning[name]))
    .map((name) => `reasoning.${name}`);
}

interface OutputLimit {
  readonly members: Members;
  readonly name: string;
  readonly ignored: readonly string[];
}

/** The smallest limit that Responses takes; clients that only knock send less. */
const OUTPUT_TOKENS_MIN = 16;

function toOutputLimit(body: Members): Mapped<OutputLimit> {
  const { max_tokens: older, max_completion_tokens: newer } = body;
  const name = newer === undefined || newer === null ? "max_tokens" : "max_completion_tokens";
  const tokens = newer ?? older ?? null;
  if (tokens === null) return mapped({ members: {}, name, ignored: [] });
  if (typeof tokens !== "number" || !Number.isInteger(tokens) || tokens < 1) {
    return refusedType(name, "a positive integer");
  }
  const isRaised = tokens < OUTPUT_TOKENS_MIN;
  const isDouble = newer !== undefined && newer !== null && older !== undefined && older !== null && older !== newer;
  const ignored = [...(isRaised ? [name] : []), ...(isDouble ? ["max_tokens"] : [])];
  return mapped({ members: { max_output_tokens: Math.max(tokens, OUTPUT_TOKENS_MIN) }, name, ignored });
}

/** Usage is told by ourselves; the padding of deltas is upstream's to switch off. */
function toStreamOptions(options: unknown): Members {
  const padding = isObject(options) ? options["include_obfuscation"] : null;
  return typeof padding === "boolean" ? { stream_options: { include_obfuscation: padding } } : {};
}

function pickShared(body: Members): Members {
  const said = SHARED_MEMBERS.filter((name) => body[name] !== undefined && body[name] !== null);
  return Object.fromEntries(said.map((name) => [name, body[name]]));
}

/** Nesting that can be read may still be too deep to be written. */
function writeBody(members: Members): Mapped<string> {
  try {
    return mapped(JSON.stringify(members));
  } catch {
    return { kind: "refused", refusal: refuseRequest("invalid_json", "The request body is nested too deeply.") };
  }
}

const IGNORED_NAMES_MAX = 32;
const NAME_CHARS_MAX = 64;

function isLeftOut(name: string, value: unknown): boolean {
  if (HONOURED.has(name) || asksForNothing(value)) return false;
  return !(Object.hasOwn(DEFAULTS, name) && DEFAULTS[name] === value);
}

function listIgnored(body: Members, more: readonly string[]): string[] {
  const unheard = Object.keys(body).filter((name) => isLeftOut(name, body[name]));
  const names = [...unheard, ...unheardReasoning(body["reasoning"]), ...unheardMembers(body["messages"]), ...more];
  // The names are the client's own and go into a header.
  const safe = names.map((name) => name.replaceAll(/[^\w.-]/g, "_").slice(0, NAME_CHARS_MAX));
  return [...new Set(safe)].slice(0, IGNORED_NAMES_MAX);
}
