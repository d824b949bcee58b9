/** What did upstream say of a bad request? Its words as a refusal of ours, for clients that cannot be given them as they are. */
import { type Refusal, refuse } from "./refusal.ts";
import { readErrorBody } from "./upstream-error.ts";
import { isObject, parseObject } from "./wire-event.ts";

const WORDS_CHARS_MAX = 500;

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Whether a body already has OpenAI's shape, `{"error":{…}}`. */
export function hasErrorShape(body: string): boolean {
  return isObject(parseObject(body)?.["error"]);
}

/** Reads every body family that upstream uses; what cannot be read is quoted, pages are not. */
export function refusalOfBody(status: number, body: string): Refusal {
  const { codes, message, isPage } = readErrorBody(body);
  const whole = parseObject(body);
  const error = isObject(whole?.["error"]) ? whole["error"] : {};
  const quoted = isPage ? "" : body.trim().slice(0, WORDS_CHARS_MAX);
  const words = textOf(message) ?? textOf(quoted) ?? "Upstream refused the request.";
  const type = textOf(error["type"]) ?? "invalid_request_error";
  const code = textOf(error["code"]) ?? codes[0] ?? "upstream_error";
  return refuse(status, type, code, words, { param: textOf(error["param"]) });
}
