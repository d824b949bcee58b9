/**
 * What body does an account take? ChatGPT accounts accept a strict list of members; API-key accounts take the public
 * contract. Only what must change is touched: tools and history keep their bytes.
 */
import { applyEdits, editElements, editMembers, memberOf } from "./json-spans.ts";
import { asksForNothing } from "./quiet-value.ts";
import type { ResponsesRequest } from "./responses-request.ts";
import { isSealedReasoning } from "./sealed-items.ts";
import { isObject, parseObject } from "./wire-event.ts";

export const FITS = ["turn", "items", "model"] as const;
/**
 * How much of a body is fitted to the account: all of a turn; the items and members of a request about items; or nothing but
 * the model's name, where a body is of another kind.
 */
export type Fit = (typeof FITS)[number];

export interface BodyPlan {
  readonly fit: Fit;
  readonly accountKind: "chatgpt" | "api-key";
  readonly upstreamModel: string;
  /** Overrides the client's `reasoning.effort`; null leaves it. */
  readonly effort: string | null;
  /** Overrides the client's `service_tier`; null leaves it. */
  readonly serviceTier: string | null;
  /** Takes out what only another account can read. */
  readonly sanitise: boolean;
  /** The official client leaves `instructions` out; for others the backend is given an empty one. */
  readonly isCodexClient: boolean;
}

export interface UpstreamBody {
  readonly text: string;
  /** Members of the client's request that the account cannot honour and that were left out. */
  readonly ignored: readonly string[];
}

/** Members the ChatGPT backend refuses by name, reported over 2025–2026. */
export const CHATGPT_REFUSED_MEMBERS = [
  "max_output_tokens",
  "max_completion_tokens",
  "max_tokens",
  "temperature",
  "top_p",
  "top_logprobs",
  "frequency_penalty",
  "presence_penalty",
  "n",
  "seed",
  "stop",
  "logit_bias",
  "user",
  "metadata",
  "safety_identifier",
  "truncation",
  "prompt_cache_retention",
  "prompt_cache_options",
  "previous_response_id",
  "conversation",
  "background",
  "prompt",
  "max_tool_calls",
  "moderation",
  "context_management",
] as const;

const REFUSED: ReadonlySet<string> = new Set(CHATGPT_REFUSED_MEMBERS);

const KEPT_STREAM_OPTIONS: ReadonlySet<string> = new Set(["include_obfuscation", "reasoning_summary_delivery"]);
/** The last event of a response tells usage in any case. */
const GIVEN_ANYWAY = "include_usage";
const CHATGPT_TIERS: ReadonlySet<string> = new Set(["priority"]);
/** Tiers that ask for nothing in particular. */
const UNSAID_TIERS: ReadonlySet<unknown> = new Set([null, "auto", "default"]);
/** What `include` must name for reasoning to come with what is needed to read it again. */
export const ENCRYPTED_REASONING = "reasoning.encrypted_content";
const CHATGPT_INCLUDES: ReadonlySet<unknown> = new Set([ENCRYPTED_REASONING, "web_search_call.action.sources"]);
/** `ultra` is a word between client and user; every model that lists it takes this in its place. */
const ULTRA_EFFORT = "max";
/** Server item ids are at most this long; longer ones were made up elsewhere and are refused. */
const ITEM_ID_CHARS_MAX = 64;
/** A hint of the public API, inside content parts. */
const CACHE_BREAKPOINT = "prompt_cache_breakpoint";

type Changes = Record<string, string | null>;

/** What every account of either kind is asked in the same way. */
function planMembers(request: ResponsesRequest, plan: BodyPlan): Changes {
  const changes: Changes = {};
  if (request.model !== plan.upstreamModel) changes["model"] = JSON.stringify(plan.upstreamModel);
  if (plan.fit === "model") return changes;
  if (plan.fit === "turn" && plan.serviceTier !== null && request.body["service_tier"] !== plan.serviceTier) {
    changes["service_tier"] = JSON.stringify(plan.serviceTier);
  }
  const effort = effortChange(request, plan);
  if (effort !== null) changes["reasoning"] = effort;
  return changes;
}

function effortChange(request: ResponsesRequest, plan: BodyPlan): string | null {
  const { reasoning } = request.body;
  const asked = isObject(reasoning) ? reasoning["effort"] : null;
  const effort = plan.effort ?? (plan.accountKind === "chatgpt" && asked === "ultra" ? ULTRA_EFFORT : null);
  if (effort === null || asked === effort) return null;
  // Requests about items take no effort of their own accord.
  if (plan.fit === "items" && !isObject(reasoning)) return null;
  const change = { effort: JSON.stringify(effort) };
  return editMembers(isObject(reasoning) ? (valueTextOf(request.text, "reasoning") ?? "{}") : "{}", change);
}

/** The tier to send to a ChatGPT account: what it honours, or nothing. Codex's own word for priority is `fast`. */
function chatgptTier(tier: unknown): string | null {
  if (typeof tier !== "string") return null;
  const mapped = tier === "fast" ? "priority" : tier;
  return CHATGPT_TIERS.has(mapped) ? mapped : null;
}

/** Encrypted reasoning is asked for always: without storage upstream it is all that carries the thread on. */
function planInclude(include: unknown, changes: Changes): string[] {
  const wanted: readonly unknown[] = Array.isArray(include) ? include : [];
  const kept = wanted.filter((name) => CHATGPT_INCLUDES.has(name));
  const isWhole = kept.length === wanted.length && kept.includes(ENCRYPTED_REASONING);
  if (!isWhole) changes["include"] = JSON.stringify([...new Set([...kept, ENCRYPTED_REASONING])]);
  return kept.length === wanted.length ? [] : ["include"];
}

/** In the client's order. A body has fewer members than there are names to refuse. */
function dropRefused({ body }: ResponsesRequest, changes: Changes): string[] {
  const ignored: string[] = [];
  for (const name of Object.keys(body)) {
    if (!REFUSED.has(name)) continue;
    changes[name] = null;
    if (body[name] !== null) ignored.push(name);
  }
  return ignored;
}

function planStreamOptions(options: unknown, changes: Changes): string[] {
  if (options === undefined) return [];
  const entries = isObject(options) ? Object.entries(options) : [];
  const kept = entries.filter(([key]) => KEPT_STREAM_OPTIONS.has(key));
  const isWhole = kept.length === entries.length && kept.length > 0;
  if (!isWhole) changes["stream_options"] = kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept));
  const lost = entries.filter(([key]) => !KEPT_STREAM_OPTIONS.has(key) && key !== GIVEN_ANYWAY);
  return lost.every(([, value]) => asksForNothing(value)) ? [] : ["stream_options"];
}

/** Nobody is served faster than the rest when items are counted or compacted; upstream refuses to hear of it. */
function dropTier(request: ResponsesRequest, changes: Changes): string[] {
  const tier = request.body["service_tier"];
  if (tier === undefined) return [];
  changes["service_tier"] = null;
  return UNSAID_TIERS.has(tier) ? [] : ["service_tier"];
}

function planChatgptMembers(request: ResponsesRequest, plan: BodyPlan, changes: Changes): string[] {
  const { body } = request;
  const ignored = [...dropRefused(request, changes), ...planStreamOptions(body["stream_options"], changes)];
  if (typeof body["instructions"] !== "string" && !plan.isCodexClient) changes["instructions"] = '""';
  if (plan.fit === "items") return ignored;
  if (body["stream"] !== true) changes["stream"] = "true";
  if (body["store"] !== false) changes["store"] = "false";
  ignored.push(...planInclude(body["include"], changes));
  if ("service_tier" in body && plan.serviceTier === null) {
    const tier = chatgptTier(body["service_tier"]);
    if (tier !== body["service_tier"]) changes["service_tier"] = tier === null ? null : JSON.stringify(tier);
    if (tier === null && !UNSAID_TIERS.has(body["service_tier"])) ignored.push("service_tier");
  }
  return ignored;
}

/** The text of a member's value; null when the body has none. */
function valueTextOf(text: string, name: string): string | null {
  const member = memberOf(text, name);
  return member === null ? null : text.slice(member.valueStart, member.valueEnd);
}

/** The hosted search under the name the backend knows it by. */
function renamePreview(tool: string): string {
  const type = memberOf(tool, "type");
  if (type === null || !tool.startsWith('"web_search_preview', type.valueStart)) return tool;
  return applyEdits(tool, [{ start: type.valueStart, end: type.valueEnd, text: '"web_search"' }]);
}

function isPreview(tool: unknown): boolean {
  return isObject(tool) && typeof tool["type"] === "string" && tool["type"].startsWith("web_search_preview");
}

function planTools({ body, text }: ResponsesRequest, changes: Changes): void {
  const { tools: asked, tool_choice: chosen } = body;
  if (!isPreview(chosen) && !(Array.isArray(asked) && asked.some(isPreview))) return;
  const [tools, choice] = [valueTextOf(text, "tools"), valueTextOf(text, "tool_choice")];
  const [newTools, newChoice] = [editElements(tools ?? "", renamePreview), renamePreview(choice ?? "")];
  if (newTools !== (tools ?? "")) changes["tools"] = newTools;
  if (newChoice !== (choice ?? "")) changes["tool_choice"] = newChoice;
}

/** Parts of an item's content that carry a hint the ChatGPT backend refuses. */
function hasBreakpoint(content: unknown): boolean {
  return Array.isArray(content) && content.some((part) => isObject(part) && Object.hasOwn(part, CACHE_BREAKPOINT));
}

function hasBreakpoints(input: unknown): boolean {
  return Array.isArray(input) && input.some((item) => isObject(item) && hasBreakpoint(item["content"]));
}

function isTooLong(id: unknown): boolean {
  return typeof id === "string" && id.length > ITEM_ID_CHARS_MAX;
}

/** What becomes of an item; most stay as they are, and are not even looked at as text. */
function fateOf(item: unknown, plan: BodyPlan): "keep" | "edit" | "drop" {
  if (!isObject(item)) return "keep";
  if (plan.sanitise && isSealedReasoning(item)) return "drop";
  if (plan.accountKind !== "chatgpt") return "keep";
  return item["role"] === "system" || isTooLong(item["id"]) || hasBreakpoint(item["content"]) ? "edit" : "keep";
}

/** An item as the ChatGPT backend takes it. */
function chatgptItem(element: string): string {
  const item = parseObject(element) ?? {};
  const changes: Changes = {};
  if (item["role"] === "system") changes["role"] = '"developer"';
  if (isTooLong(item["id"])) changes["id"] = null;
  if (hasBreakpoint(item["content"])) {
    const parts = valueTextOf(element, "content") ?? "[]";
    changes["content"] = editElements(parts, (part) => editMembers(part, { [CACHE_BREAKPOINT]: null }));
  }
  return editMembers(element, changes);
}

function editInput(text: string, plan: BodyPlan, body: Readonly<Record<string, unknown>>): string | null {
  const { input } = body;
  const isChatgpt = plan.accountKind === "chatgpt";
  if (typeof input === "string") {
    if (!isChatgpt) return null;
    return JSON.stringify([{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }]);
  }
  if (!Array.isArray(input)) return isChatgpt && (input === undefined || input === null) ? "[]" : null;
  const fates = input.map((item: unknown) => fateOf(item, plan));
  if (fates.every((fate) => fate === "keep")) return null;
  return editElements(valueTextOf(text, "input") ?? "[]", (element, index) => {
    if (fates[index] === "drop") return null;
    return fates[index] === "edit" ? chatgptItem(element) : element;
  });
}

function planItems(request: ResponsesRequest, plan: BodyPlan, changes: Changes): string[] {
  const isChatgpt = plan.accountKind === "chatgpt";
  const ignored = plan.fit === "items" ? dropTier(request, changes) : [];
  if (isChatgpt) ignored.push(...planChatgptMembers(request, plan, changes));
  const input = editInput(request.text, plan, request.body);
  if (input !== null) changes["input"] = input;
  if (!isChatgpt) return ignored;
  planTools(request, changes);
  return hasBreakpoints(request.body["input"]) ? [...ignored, CACHE_BREAKPOINT] : ignored;
}

/** The body to send. When nothing must change, it is the client's own text, character for character. */
export function buildUpstreamBody(request: ResponsesRequest, plan: BodyPlan): UpstreamBody {
  const changes = planMembers(request, plan);
  const ignored = plan.fit === "model" ? [] : planItems(request, plan, changes);
  const text = Object.keys(changes).length === 0 ? request.text : editMembers(request.text, changes);
  return { text, ignored };
}
