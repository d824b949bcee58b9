/** What does the client ask for? Reads a Responses request once; the text is kept as it came. */
import { parseBody } from "./parse-body.ts";
import { type Refusal, refuseRequest } from "./refusal.ts";
import { isObject } from "./wire-event.ts";

export interface ResponsesRequest {
  /** The body as the client wrote it. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly stream: boolean;
}

export type ParsedRequest =
  | { readonly kind: "ok"; readonly request: ResponsesRequest }
  | { readonly kind: "refused"; readonly refusal: Refusal };

function refused(code: string, message: string, param: string | null = null): ParsedRequest {
  return { kind: "refused", refusal: refuseRequest(code, message, param) };
}

/** What every request for an answer says at its head, whichever API it speaks. */
export type RequestHead =
  | { readonly kind: "ok"; readonly model: string; readonly stream: boolean }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export function readHead(body: Readonly<Record<string, unknown>>): RequestHead {
  const { model, stream } = body;
  if (typeof model !== "string" || model.trim() === "") {
    const message = "Missing required parameter: 'model'.";
    return { kind: "refused", refusal: refuseRequest("missing_required_parameter", message, "model") };
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    const message = "Invalid type for 'stream': expected a boolean.";
    return { kind: "refused", refusal: refuseRequest("invalid_type", message, "stream") };
  }
  return { kind: "ok", model, stream: stream === true };
}

/** Checks only what we rely on; everything else is upstream's to judge. */
export function parseResponsesRequest(text: string): ParsedRequest {
  const parsed = parseBody(text);
  if (parsed.kind === "refused") return parsed;
  const { body } = parsed;
  const head = readHead(body);
  if (head.kind === "refused") return head;
  const { input } = body;
  if (input !== undefined && input !== null && typeof input !== "string" && !Array.isArray(input)) {
    return refused("invalid_type", "Invalid type for 'input': expected a string or an array.", "input");
  }
  return { kind: "ok", request: { text, body, model: head.model, stream: head.stream } };
}

/** The same for a request whose answer comes in one piece, whatever it is about. */
export function parseWholeRequest(text: string): ParsedRequest {
  const parsed = parseResponsesRequest(text);
  if (parsed.kind === "refused" || !parsed.request.stream) return parsed;
  return refused("unsupported_value", "This route answers in one piece: 'stream' must be false.", "stream");
}

function textOfContent(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

/** The text of the first user message; with `instructions` it tells conversations apart that name nothing. */
export function firstUserTextOf(body: Readonly<Record<string, unknown>>): string {
  const { input } = body;
  if (typeof input === "string") return input;
  if (!Array.isArray(input)) return "";
  const first = input.find((item: unknown) => isObject(item) && item["role"] === "user");
  return isObject(first) ? textOfContent(first["content"]) : "";
}

/** The leading developer or system text: the `instructions`, or what stands in their place in `input`. */
export function instructionsOf(body: Readonly<Record<string, unknown>>): string {
  const { instructions, input } = body;
  if (typeof instructions === "string" && instructions !== "") return instructions;
  if (!Array.isArray(input)) return "";
  const first: unknown = input[0];
  if (!isObject(first) || (first["role"] !== "developer" && first["role"] !== "system")) return "";
  return textOfContent(first["content"]);
}
