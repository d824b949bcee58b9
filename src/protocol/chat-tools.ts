/** Which tools may the model use, and must it? Chat's nested spellings as the flat ones of Responses. Pure. */
import { type Mapped, mapEach, mapped, refused, refusedType, refusedValue } from "./mapped.ts";
import { isObject } from "./wire-event.ts";

type Members = Readonly<Record<string, unknown>>;

export interface ChatTools {
  /** Members of the Responses body; empty when the client speaks of no tools. */
  readonly members: Members;
  /** Whether the client uses `functions`, the deprecated spelling, and is to be answered in it. */
  readonly usesFunctions: boolean;
}

const CHOICE_WORDS = ["none", "auto", "required"] as const;
const TOOL_TYPES = ["function", "custom"] as const;
/** What a function takes that says nothing about it. */
const NO_PARAMETERS = { type: "object", properties: {} };

/** `tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options`, and the deprecated `functions` and `function_call`. */
export function toTools(body: Members): Mapped<ChatTools> {
  const usesFunctions = isSaid(body["functions"]);
  if (usesFunctions && isSaid(body["tools"])) {
    return refused("invalid_request", "'functions' and 'tools' cannot be used together. Use 'tools'.", "functions");
  }
  const tools = usesFunctions ? toFunctions(body["functions"]) : toToolList(body["tools"]);
  if (tools.kind === "refused") return tools;
  const choice = isSaid(body["tool_choice"])
    ? toToolChoice(body["tool_choice"], "tool_choice")
    : toFunctionChoice(body["function_call"]);
  if (choice.kind === "refused") return choice;
  const list = [...(tools.value ?? []), ...searchTool(body["web_search_options"])];
  // A client of the deprecated form can be told of one call only.
  const parallel = usesFunctions ? false : body["parallel_tool_calls"];
  const members = {
    ...(tools.value === null && list.length === 0 ? {} : { tools: list }),
    ...(choice.value === null ? {} : { tool_choice: choice.value }),
    ...(isSaid(parallel) ? { parallel_tool_calls: parallel } : {}),
  };
  return mapped({ members, usesFunctions });
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toToolList(tools: unknown): Mapped<Members[] | null> {
  if (!isSaid(tools)) return mapped(null);
  if (!Array.isArray(tools)) return refusedType("tools", "an array");
  return mapEach(tools, (tool, index) => toTool(tool, `tools[${index}]`));
}

function toTool(tool: unknown, place: string): Mapped<Members> {
  if (!isObject(tool)) return refusedType(place, "an object");
  switch (tool["type"]) {
    case "function":
      return toFunctionTool(tool["function"], `${place}.function`);
    case "custom":
      return toCustomTool(tool["custom"], `${place}.custom`);
    default:
      return refusedValue(`${place}.type`, TOOL_TYPES);
  }
}

function toFunctionTool(tool: unknown, place: string): Mapped<Members> {
  if (!isObject(tool)) return refusedType(place, "an object");
  const { name, description, parameters, strict } = tool;
  if (typeof name !== "string") return refusedType(`${place}.name`, "a string");
  return mapped({
    type: "function",
    name,
    ...(isSaid(description) ? { description } : {}),
    parameters: parameters ?? NO_PARAMETERS,
    // Responses is strict where nothing is said, Chat Completions is not.
    strict: strict ?? false,
  });
}

function toCustomTool(tool: unknown, place: string): Mapped<Members> {
  if (!isObject(tool)) return refusedType(place, "an object");
  const { name, description, format } = tool;
  if (typeof name !== "string") return refusedType(`${place}.name`, "a string");
  return mapped({
    type: "custom",
    name,
    ...(isSaid(description) ? { description } : {}),
    ...(isSaid(format) ? { format: flattenGrammar(format) } : {}),
  });
}

function flattenGrammar(format: unknown): unknown {
  if (!isObject(format) || !isObject(format["grammar"])) return format;
  const { grammar, ...rest } = format;
  return { ...rest, ...(isObject(grammar) ? grammar : {}) };
}

function toFunctions(functions: unknown): Mapped<Members[] | null> {
  if (!Array.isArray(functions)) return refusedType("functions", "an array");
  return mapEach(functions, (tool, index) => toFunctionTool(tool, `functions[${index}]`));
}

/** Search is an option of a chat and a tool of a response. */
function searchTool(options: unknown): Members[] {
  if (!isObject(options)) return [];
  const { search_context_size: size, user_location: location } = options;
  const where = isObject(location) && isObject(location["approximate"]) ? location["approximate"] : null;
  return [
    {
      type: "web_search",
      ...(isSaid(size) ? { search_context_size: size } : {}),
      ...(where === null ? {} : { user_location: { type: "approximate", ...where } }),
    },
  ];
}

function toToolChoice(choice: unknown, place: string): Mapped<unknown> {
  if ((CHOICE_WORDS as readonly unknown[]).includes(choice)) return mapped(choice);
  if (!isObject(choice)) return refusedValue(place, CHOICE_WORDS);
  if (choice["type"] !== "allowed_tools") return toNamedTool(choice, place);
  const allowed = choice["allowed_tools"];
  if (!isObject(allowed)) return refusedType(`${place}.allowed_tools`, "an object");
  const { mode, tools } = allowed;
  if (!Array.isArray(tools)) return refusedType(`${place}.allowed_tools.tools`, "an array");
  const named = mapEach(tools, (tool, index) => toNamedTool(tool, `${place}.allowed_tools.tools[${index}]`));
  return named.kind === "refused" ? named : mapped({ type: "allowed_tools", mode: mode ?? "auto", tools: named.value });
}

function toNamedTool(choice: unknown, place: string): Mapped<Members> {
  if (!isObject(choice)) return refusedType(place, "an object");
  const { type } = choice;
  if (type !== "function" && type !== "custom") return refusedValue(`${place}.type`, TOOL_TYPES);
  const named = choice[type];
  if (!isObject(named) || typeof named["name"] !== "string") return refusedType(`${place}.${type}.name`, "a string");
  return mapped({ type, name: named["name"] });
}

/** The deprecated `function_call`: a word, or the name of a function. */
function toFunctionChoice(choice: unknown): Mapped<unknown> {
  if (!isSaid(choice)) return mapped(null);
  if (choice === "none" || choice === "auto") return mapped(choice);
  if (isObject(choice) && typeof choice["name"] === "string") return mapped({ type: "function", name: choice["name"] });
  return refusedValue("function_call", ["none", "auto"]);
}
