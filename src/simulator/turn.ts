/**
 * Question: what is this turn about?
 * Owns the reading of a Responses body: its items, the last thing the user said, tool outputs and tools on offer; and the
 * answer a turn gets when nobody scripted one.
 * Must not refuse anything.
 */

import type { SimAccount } from "./account.ts";
import {
  type Content,
  type ContentItem,
  compaction,
  customToolCall,
  functionCall,
  type JsonObject,
  text,
} from "./content.ts";
import { isObject } from "./request-body.ts";
import type { CallFacts, SimTurn } from "./script.ts";

/** The turn of a call that was admitted. */
export function readTurn(call: CallFacts, account: SimAccount): SimTurn {
  const input = itemsOf(call.body["input"]);
  const lastUser = input.findLastIndex((item) => item["role"] === "user");
  return {
    ...call,
    account: account.name,
    accountKind: account.kind,
    model: call.model ?? "",
    input,
    lastUserText: textOf(input[lastUser]?.["content"]),
    toolOutputs: input
      .slice(lastUser + 1)
      .filter(isToolOutput)
      .map((item) => textOf(item["output"])),
    toolNames: toolNamesOf(call.body, input),
  };
}

/** The answer of a turn that no rule covers: an echo, in the form the request asks for. */
export function usualReply(turn: SimTurn): Content {
  if (turn.input.at(-1)?.["type"] === "compaction_trigger") return compaction();
  const toolOutput = turn.toolOutputs.at(-1);
  const said = toolOutput === undefined ? `Echo: ${shorten(turn.lastUserText)}` : `Tool said: ${shorten(toolOutput)}`;
  const format = isObject(turn.body["text"]) ? turn.body["text"]["format"] : null;
  if (!isObject(format)) return text(said);
  if (format["type"] === "json_schema") return text(JSON.stringify(sampleOf(format["schema"], said)));
  return text(format["type"] === "json_object" ? JSON.stringify({ said }) : said);
}

/** A shell call in whatever form this turn's tools take: Codex offers `exec_command`, older ones `shell`, the lite models JavaScript. */
export function shellCall(turn: SimTurn, command: string): ContentItem {
  if (turn.toolNames.includes("exec_command")) return functionCall("exec_command", { cmd: command });
  if (turn.toolNames.some((name) => name === "exec" || name.endsWith(".exec"))) {
    const call = `await tools.exec_command({ cmd: ${JSON.stringify(command)} })`;
    return customToolCall("exec", `text((${call}).output);`);
  }
  const name = turn.toolNames.find((offered) => offered.includes("shell")) ?? "shell";
  return functionCall(name, { command: ["bash", "-lc", command] });
}

/** Items of an input; a string is one user message. */
export function itemsOf(input: unknown): JsonObject[] {
  if (typeof input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  return Array.isArray(input) ? input.filter(isObject) : [];
}

function isToolOutput(item: JsonObject): boolean {
  return typeof item["type"] === "string" && item["type"].endsWith("_call_output");
}

/** Text of a content: a string as it is, parts joined. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : "")).join("");
}

function toolNamesOf(body: JsonObject, input: readonly JsonObject[]): string[] {
  const added = input
    .filter((item) => item["type"] === "additional_tools")
    .flatMap((item) => namesIn(item["tools"], ""));
  return [...namesIn(body["tools"], ""), ...added];
}

function namesIn(tools: unknown, prefix: string): string[] {
  if (!Array.isArray(tools)) return [];
  return tools.filter(isObject).flatMap((tool) => {
    const name = prefix + String(tool["name"] ?? tool["type"]);
    return tool["type"] === "namespace" ? namesIn(tool["tools"], `${name}.`) : [name];
  });
}

const ECHO_CHARS_MAX = 200;

function shorten(said: string): string {
  const characters = Array.from(said);
  return characters.length <= ECHO_CHARS_MAX ? said : `${characters.slice(0, ECHO_CHARS_MAX).join("")}…`;
}

/** The smallest value a JSON schema takes, with `said` as its text. */
function sampleOf(schema: unknown, said: string): unknown {
  if (!isObject(schema)) return null;
  if (Array.isArray(schema["enum"])) return schema["enum"][0] ?? null;
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (type) {
    case "object": {
      const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
      return Object.fromEntries(properties.map(([key, part]) => [key, sampleOf(part, said)]));
    }
    case "array":
      return [];
    case "number":
    case "integer":
      return 0;
    case "boolean":
      return true;
    case "string":
      return said;
    default:
      return null;
  }
}
