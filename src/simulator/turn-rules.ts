/**
 * Question: which bodies does the ChatGPT backend take?
 * Owns its allow-list, rule by rule, with the texts it refuses with.
 * Must not look at accounts, quota or sealed items.
 */
import { describeModel } from "./catalogue.ts";
import type { JsonObject } from "./content.ts";
import { isObject } from "./request-body.ts";
import type { StrictRules } from "./world.ts";

/** Keys the backend takes at the top of a body. */
export const ACCEPTED_KEYS = [
  "model",
  "stream",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "store",
  "include",
  "prompt_cache_key",
  "text",
  "service_tier",
  "client_metadata",
  "stream_options",
] as const;

const ACCEPTED: ReadonlySet<string> = new Set(ACCEPTED_KEYS);
const TIERS: readonly unknown[] = [undefined, null, "priority", "ultrafast", "default"];
const HOSTED_REFUSED = /^(file_search|code_interpreter|computer.*|mcp|web_search_preview.*)$/;
const INCLUDES: readonly unknown[] = ["reasoning.encrypted_content", "web_search_call.action.sources"];
const STREAM_OPTIONS: readonly string[] = ["include_obfuscation", "reasoning_summary_delivery"];
const QUIET_EFFORTS: readonly string[] = ["none", "minimal"];

type Rule = keyof StrictRules;
type Judge = (body: JsonObject) => string | null;

/** In the order in which they are looked at. Each answers the `detail` text of its refusal, or null. */
const JUDGES: readonly (readonly [Rule, Judge])[] = [
  ["list", (body) => (Array.isArray(body["input"]) ? null : "Input must be a list")],
  ["store", (body) => (body["store"] === false ? null : "Store must be set to false")],
  ["stream", (body) => (body["stream"] === true ? null : "Stream must be set to true")],
  ["instructions", (body) => (lacksInstructions(body) ? "Instructions are required" : null)],
  ["system", (body) => (inputOf(body).some(isSystem) ? "System messages are not allowed" : null)],
  ["parameters", refusedParameter],
  ["tier", refusedTier],
  ["tools", refusedTool],
  ["include", refusedInclude],
  ["effort", refusedEffort],
];

/** The text this body is refused with, or null when it is taken. */
export function refusalOf(body: JsonObject, strict: StrictRules): string | null {
  for (const [rule, judge] of JUDGES) {
    if (strict[rule] === false) continue;
    const refusal = judge(body);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** The newest Codex sends its base prompt as the first input item and no instructions at all. */
function lacksInstructions(body: JsonObject): boolean {
  if (typeof body["instructions"] === "string") return false;
  return inputOf(body)[0]?.["role"] !== "developer";
}

function isSystem(item: JsonObject): boolean {
  return item["role"] === "system";
}

function refusedParameter(body: JsonObject): string | null {
  const refused = Object.keys(body).find((key) => !ACCEPTED.has(key));
  if (refused !== undefined) return `Unsupported parameter: ${refused}`;
  const options = isObject(body["stream_options"]) ? Object.keys(body["stream_options"]) : [];
  const option = options.find((key) => !STREAM_OPTIONS.includes(key));
  if (option !== undefined) return `Unsupported parameter: stream_options.${option}`;
  const marked = inputOf(body).flatMap((item) => (Array.isArray(item["content"]) ? item["content"] : []));
  const breaks = marked.some((part) => isObject(part) && "prompt_cache_breakpoint" in part);
  return breaks ? "Unsupported parameter: prompt_cache_breakpoint" : null;
}

function refusedTier(body: JsonObject): string | null {
  const tier = body["service_tier"];
  return TIERS.includes(tier) ? null : `Unsupported service_tier: ${String(tier)}`;
}

function refusedTool(body: JsonObject): string | null {
  const tools = Array.isArray(body["tools"]) ? body["tools"].filter(isObject) : [];
  const refused = tools.find((tool) => typeof tool["type"] === "string" && HOSTED_REFUSED.test(tool["type"]));
  return refused === undefined ? null : `Unsupported tool type: ${String(refused["type"])}`;
}

function refusedInclude(body: JsonObject): string | null {
  if (!Array.isArray(body["include"])) return null;
  const refused = body["include"].find((entry) => !INCLUDES.includes(entry));
  return refused === undefined ? null : `Unsupported include: ${String(refused)}`;
}

function refusedEffort(body: JsonObject): string | null {
  const effort = isObject(body["reasoning"]) ? body["reasoning"]["effort"] : undefined;
  if (typeof effort !== "string" || QUIET_EFFORTS.includes(effort)) return null;
  const accepted = describeModel(String(body["model"])).efforts.filter((known) => known !== "ultra");
  if (accepted.includes(effort)) return null;
  return `Unsupported value: '${effort}' is not supported with the '${String(body["model"])}' model.`;
}

/** The input's items; none when it is no list. */
export function inputOf(body: JsonObject): JsonObject[] {
  return Array.isArray(body["input"]) ? body["input"].filter(isObject) : [];
}
