/**
 * What body does an account take? ChatGPT accounts accept a strict list of members; API-key accounts take the public
 * contract. Only what must change is touched: tools and history keep their bytes.
 */
import { applyEdits, type Edit, editElements, editMembers, findMember, scanObject } from "./json-spans.ts";
import type { ResponsesRequest } from "./responses-request.ts";
import { isObject } from "./wire-event.ts";

export interface BodyPlan {
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

const KEPT_STREAM_OPTIONS: ReadonlySet<string> = new Set(["include_obfuscation", "reasoning_summary_delivery"]);
const CHATGPT_TIERS: ReadonlySet<string> = new Set(["priority"]);
const ENCRYPTED_REASONING = "reasoning.encrypted_content";
/** Server item ids are at most this long; longer ones were made up elsewhere and are refused. */
const ITEM_ID_CHARS_MAX = 64;

type Changes = Record<string, string | null>;

function planMembers(request: ResponsesRequest, plan: BodyPlan): Changes {
  const changes: Changes = {};
  if (request.model !== plan.upstreamModel) changes["model"] = JSON.stringify(plan.upstreamModel);
  if (plan.serviceTier !== null && request.body["service_tier"] !== plan.serviceTier) {
    changes["service_tier"] = JSON.stringify(plan.serviceTier);
  }
  const effort = effortChange(request, plan);
  if (effort !== null) changes["reasoning"] = effort;
  return changes;
}

function effortChange(request: ResponsesRequest, plan: BodyPlan): string | null {
  if (plan.effort === null) return null;
  const { reasoning } = request.body;
  if (isObject(reasoning) && reasoning["effort"] === plan.effort) return null;
  return JSON.stringify({ ...(isObject(reasoning) ? reasoning : {}), effort: plan.effort });
}

/** The tier to send to a ChatGPT account: what it honours, or nothing. Codex's own word for priority is `fast`. */
function chatgptTier(tier: unknown): string | null {
  if (typeof tier !== "string") return null;
  const mapped = tier === "fast" ? "priority" : tier;
  return CHATGPT_TIERS.has(mapped) ? mapped : null;
}

function chatgptInclude(include: unknown): string | null {
  const wanted = Array.isArray(include) ? include : [];
  if (wanted.includes(ENCRYPTED_REASONING)) return null;
  return JSON.stringify([...wanted, ENCRYPTED_REASONING]);
}

function dropRefused(request: ResponsesRequest, changes: Changes): string[] {
  const ignored: string[] = [];
  for (const name of CHATGPT_REFUSED_MEMBERS) {
    if (!(name in request.body)) continue;
    changes[name] = null;
    if (request.body[name] !== null) ignored.push(name);
  }
  const options = request.body["stream_options"];
  if (options !== undefined) {
    const kept = isObject(options) ? Object.entries(options).filter(([key]) => KEPT_STREAM_OPTIONS.has(key)) : [];
    const isWhole = isObject(options) && kept.length === Object.keys(options).length && kept.length > 0;
    if (!isWhole) changes["stream_options"] = kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept));
  }
  return ignored;
}

function planChatgptMembers(request: ResponsesRequest, plan: BodyPlan, changes: Changes): string[] {
  const { body } = request;
  const ignored = dropRefused(request, changes);
  if (body["stream"] !== true) changes["stream"] = "true";
  if (body["store"] !== false) changes["store"] = "false";
  const include = chatgptInclude(body["include"]);
  if (include !== null) changes["include"] = include;
  if (typeof body["instructions"] !== "string" && !plan.isCodexClient) changes["instructions"] = '""';
  if ("service_tier" in body && plan.serviceTier === null) {
    const tier = chatgptTier(body["service_tier"]);
    if (tier !== body["service_tier"]) changes["service_tier"] = tier === null ? null : JSON.stringify(tier);
    if (tier === null && body["service_tier"] !== "auto" && body["service_tier"] !== "default") {
      ignored.push("service_tier");
    }
  }
  return ignored;
}

function toolsEdit(text: string): string | null {
  const tools = findMember(scanObject(text), "tools");
  if (tools === null || !text.slice(tools.valueStart, tools.valueEnd).includes("web_search_preview")) return null;
  return editElements(text.slice(tools.valueStart, tools.valueEnd), (element) => {
    const type = findMember(scanObject(element), "type");
    if (type === null || !element.slice(type.valueStart, type.valueEnd).startsWith('"web_search_preview'))
      return element;
    return applyEdits(element, [{ start: type.valueStart, end: type.valueEnd, text: '"web_search"' }]);
  });
}

function isForeignItem(item: Record<string, unknown>): boolean {
  return item["type"] === "reasoning" && typeof item["encrypted_content"] === "string";
}

function chatgptItem(element: string): string {
  const members = scanObject(element);
  const edits: Edit[] = [];
  const role = findMember(members, "role");
  if (role !== null && element.slice(role.valueStart, role.valueEnd) === '"system"') {
    edits.push({ start: role.valueStart, end: role.valueEnd, text: '"developer"' });
  }
  const edited = applyEdits(element, edits);
  const id = findMember(members, "id");
  const isTooLong = id !== null && id.valueEnd - id.valueStart - 2 > ITEM_ID_CHARS_MAX;
  return isTooLong ? editMembers(edited, { id: null }) : edited;
}

function editInput(text: string, plan: BodyPlan, body: Readonly<Record<string, unknown>>): string | null {
  const { input } = body;
  const isChatgpt = plan.accountKind === "chatgpt";
  if (typeof input === "string") {
    if (!isChatgpt) return null;
    return JSON.stringify([{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }]);
  }
  if (!Array.isArray(input)) return isChatgpt && (input === undefined || input === null) ? "[]" : null;
  const span = findMember(scanObject(text), "input");
  if (span === null) return null;
  const before = text.slice(span.valueStart, span.valueEnd);
  if (!needsItemEdits(input, plan)) return null;
  return editElements(before, (element, index) => {
    const item: unknown = input[index];
    if (plan.sanitise && isObject(item) && isForeignItem(item)) return null;
    return isChatgpt ? chatgptItem(element) : element;
  });
}

function needsItemEdits(input: readonly unknown[], plan: BodyPlan): boolean {
  return input.some((item) => {
    if (!isObject(item)) return false;
    if (plan.sanitise && isForeignItem(item)) return true;
    if (plan.accountKind !== "chatgpt") return false;
    return item["role"] === "system" || (typeof item["id"] === "string" && item["id"].length > ITEM_ID_CHARS_MAX);
  });
}

/** The body to send. When nothing must change, it is the client's own text, character for character. */
export function buildUpstreamBody(request: ResponsesRequest, plan: BodyPlan): UpstreamBody {
  const changes = planMembers(request, plan);
  const ignored = plan.accountKind === "chatgpt" ? planChatgptMembers(request, plan, changes) : [];
  const input = editInput(request.text, plan, request.body);
  if (input !== null) changes["input"] = input;
  const tools = plan.accountKind === "chatgpt" && "tools" in request.body ? toolsEdit(request.text) : null;
  if (tools !== null) changes["tools"] = tools;
  const text = Object.keys(changes).length === 0 ? request.text : editMembers(request.text, changes);
  return { text, ignored };
}
