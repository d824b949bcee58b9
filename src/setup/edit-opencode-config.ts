/**
 * How does opencode's configuration come to name the pool? Puts one member into its JSON, comments and all other bytes
 * left as they are; what JSON itself says before and after decides whether that went well. Pure.
 */
import { findMember, scanObject } from "../protocol/json-spans.ts";
import { isObject } from "../protocol/wire-event.ts";
import type { ClientEdit, ClientEditor, PoolAddress } from "./client-edit.ts";

const PROVIDER = "codexuse";
const SCHEMA = "https://opencode.ai/config.json";
const INDENT = "  ";

type Members = Record<string, unknown>;

function parseJsonc(text: string): unknown {
  try {
    return Bun.JSONC.parse(text);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The text with blanks for its comments, so that everything else stands where it stood. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (piece) =>
    piece.startsWith('"') ? piece : piece.replace(/[^\n]/g, " "),
  );
}

function entryFor(pool: PoolAddress): Members {
  return {
    npm: "@ai-sdk/openai",
    name: "codexuse",
    options: { baseURL: pool.baseUrl, apiKey: `{env:${pool.keyVariable}}` },
    models: Object.fromEntries(pool.models.map((model) => [model, {}])),
  };
}

/** A member as it stands `depth` objects deep, on lines of its own. */
function memberText(name: string, value: unknown, depth: number, eol: string): string {
  const indent = INDENT.repeat(depth);
  const lines = `${JSON.stringify(name)}: ${JSON.stringify(value, null, 2)}`.split("\n");
  return lines.map((line) => eol + indent + line).join("");
}

/** Puts a member in front of those that the object opening at `open` has. */
function prepend(text: string, open: number, member: string, isEmpty: boolean, closing: string): string {
  return text.slice(0, open + 1) + member + (isEmpty ? closing : ",") + text.slice(open + 1);
}

function insert(text: string, config: Members, entry: Members): string {
  const plain = withoutComments(text);
  const open = plain.indexOf("{");
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const provider = findMember(scanObject(plain, open), "provider");
  if (provider === null) {
    const member = memberText("provider", { [PROVIDER]: entry }, 1, eol);
    return prepend(text, open, member, Object.keys(config).length === 0, eol);
  }
  const isEmpty = !isObject(config["provider"]) || Object.keys(config["provider"]).length === 0;
  return prepend(text, provider.valueStart, memberText(PROVIDER, entry, 2, eol), isEmpty, eol + INDENT);
}

function add(text: string | null, pool: PoolAddress): ClientEdit {
  const entry = entryFor(pool);
  const fresh = { $schema: SCHEMA, provider: { [PROVIDER]: entry } };
  const lines = JSON.stringify({ provider: { [PROVIDER]: entry } }, null, 2);
  const refuse = (reason: string): ClientEdit => ({ kind: "refused", reason, lines });
  if (text === null || text.trim() === "") return { kind: "edited", text: `${JSON.stringify(fresh, null, 2)}\n` };
  const config = parseJsonc(text);
  if (!isObject(config)) return refuse("the file is not valid JSON");
  const providers = config["provider"] ?? {};
  if (!isObject(providers)) return refuse('its "provider" is not an object');
  if (PROVIDER in providers) return refuse(`it has a provider named "${PROVIDER}" that this command did not write`);
  const edited = insert(text, config, entry);
  const wanted = { ...config, provider: { ...providers, [PROVIDER]: entry } };
  if (Bun.deepEquals(parseJsonc(edited), wanted)) return { kind: "edited", text: edited };
  return refuse("it is written in a way that cannot be edited safely");
}

/** The member alone, wherever it stands by now; JSON has no marks to tell more by. */
function remove(text: string): string | null {
  const config = parseJsonc(text);
  if (!isObject(config) || !isObject(config["provider"]) || !(PROVIDER in config["provider"])) return text;
  const plain = withoutComments(text);
  const provider = findMember(scanObject(plain, plain.indexOf("{")), "provider");
  if (provider === null) return null;
  const members = scanObject(plain, provider.valueStart);
  const index = members.findIndex((member) => member.key === PROVIDER);
  const own = members[index];
  if (own === undefined) return null;
  const { [PROVIDER]: _own, ...others } = config["provider"];
  const wanted = { ...config, provider: others };
  const next = members[index + 1];
  const start = index === 0 ? provider.valueStart + 1 : (members[index - 1]?.valueEnd ?? own.keyStart);
  const end = index === 0 && next !== undefined ? plain.indexOf(",", own.valueEnd) + 1 : own.valueEnd;
  const rest = text.slice(0, start) + text.slice(end);
  return Bun.deepEquals(parseJsonc(rest), wanted) ? rest : null;
}

export const OPENCODE_EDITOR: ClientEditor = { add, remove };
