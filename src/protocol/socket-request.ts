/**
 * What does a frame of a client's socket ask for? The same request as over HTTP: what only sockets have is taken out of its
 * body, and what over HTTP stands in the head of each request is found in it. Pure.
 */
import { editMembers, memberOf } from "./json-spans.ts";
import { type Refusal, refuseRequest } from "./refusal.ts";
import { parseResponsesRequest, type ResponsesRequest } from "./responses-request.ts";
import { isObject, parseObject } from "./wire-event.ts";

export type SocketRequest =
  | {
      readonly kind: "create";
      /** As it would have come over HTTP; always streams. */
      readonly request: ResponsesRequest;
      /** False for a request that only hands over what the next one goes on from. */
      readonly generates: boolean;
      /** Names, lower case, that replace those of the connection's own head for this request. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Metadata of a request that over HTTP is a header, and is one there besides. */
const SAID_TWICE = ["x-codex-turn-metadata", "x-codex-window-id", "x-codex-parent-thread-id", "x-openai-subagent"];
/** Opaque, and of one account: it must not travel in a body that any account may get. */
const TURN_STATE = "x-codex-turn-state";
/** Spells a header's name with underscores. */
const HEADER_PREFIX = "ws_request_header_";
/** What the official client tells of its own socket. */
const SOCKET_PREFIX = "x-codex-ws-";

/** What of a request's metadata is a header over HTTP, and which members of it are for sockets alone. */
function sortMetadata(metadata: Readonly<Record<string, unknown>>): {
  readonly headers: Readonly<Record<string, string>>;
  readonly dropped: readonly string[];
} {
  const headers: Record<string, string> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(metadata)) {
    const isOwn = name === TURN_STATE || name.startsWith(HEADER_PREFIX) || name.startsWith(SOCKET_PREFIX);
    if (isOwn) dropped.push(name);
    if (typeof value !== "string" || /[^\t\x20-\x7e]/.test(value)) continue;
    if (name === TURN_STATE || SAID_TWICE.includes(name)) headers[name] = value;
    if (name.startsWith(HEADER_PREFIX)) headers[name.slice(HEADER_PREFIX.length).replaceAll("_", "-")] = value;
  }
  return { headers, dropped };
}

function refused(code: string, message: string, param: string | null = null): SocketRequest {
  return { kind: "refused", refusal: refuseRequest(code, message, param) };
}

/** The text of `client_metadata` without what only sockets have. */
function editMetadata(text: string, dropped: readonly string[]): string {
  const member = memberOf(text, "client_metadata");
  if (member === null) return "{}";
  const changes = Object.fromEntries(dropped.map((name) => [name, null]));
  return editMembers(text.slice(member.valueStart, member.valueEnd), changes);
}

function createOf(text: string, body: Readonly<Record<string, unknown>>): SocketRequest {
  const { type: _, generate, stream_id: streamId = null, ...rest } = body;
  if (streamId !== null) {
    const message = "This connection runs one response at a time: open another one in place of 'stream_id'.";
    return refused("unsupported_parameter", message, "stream_id");
  }
  const parsed = parseResponsesRequest(text);
  if (parsed.kind === "refused") return parsed;
  const metadata = isObject(rest["client_metadata"]) ? rest["client_metadata"] : {};
  const { headers, dropped } = sortMetadata(metadata);
  const changes: Record<string, string | null> = { type: null, generate: null, stream_id: null };
  if (rest["stream"] !== true) changes["stream"] = "true";
  if (dropped.length > 0) changes["client_metadata"] = editMetadata(text, dropped);
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => !dropped.includes(name)));
  const request: ResponsesRequest = {
    text: editMembers(text, changes),
    body: { ...rest, stream: true, ...(dropped.length > 0 ? { client_metadata: kept } : {}) },
    model: parsed.request.model,
    stream: true,
  };
  return { kind: "create", request, generates: generate !== false, headers };
}

/** Reads one text frame. Checks only what we rely on; everything else is upstream's to judge. */
export function parseSocketRequest(text: string): SocketRequest {
  const body = parseObject(text);
  if (body === null) return refused("invalid_json", "The message is not a JSON object.");
  if (body["type"] === "response.create") return createOf(text, body);
  const type = typeof body["type"] === "string" ? `'${body["type"].slice(0, 100)}'` : "without a type";
  return refused("unknown_event", `Messages ${type} are not known here. Send 'response.create'.`, "type");
}
