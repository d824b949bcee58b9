/** The engine's answers in the words of Chat Completions. */
import { chatErrorOf, toChatCompletion } from "../protocol/chat-answer.ts";
import type { ChatRequest } from "../protocol/chat-request.ts";
import { ChatStream } from "../protocol/chat-stream.ts";
import { hasErrorShape, refusalOfBody } from "../protocol/passed-error.ts";
import { renderRefusal } from "../protocol/refusal.ts";
import { renderData } from "../protocol/sse.ts";
import { parseObject } from "../protocol/wire-event.ts";
import type { Turn } from "../router/turn.ts";
import { type Answer, type Dialect, type Head, IGNORED } from "./dialect.ts";
import { translateStream } from "./translate-stream.ts";

/** Chat clients take every data line for a chunk, so this is a comment. */
const BEAT = new TextEncoder().encode(": keepalive\n\n");

const JSON_TYPE = "application/json";

/** What was left out on the way here and what the account could not honour, by the client's own names. */
function mergeIgnored(given: Head, chat: ChatRequest): Head {
  const engines = (given[IGNORED] ?? "").split(", ").filter((name) => name !== "");
  const named = engines.map((name) => (Object.hasOwn(chat.namesHere, name) ? (chat.namesHere[name] ?? name) : name));
  const ignored = new Set([...chat.ignored, ...named]);
  return ignored.size === 0 ? given : { ...given, [IGNORED]: [...ignored].join(", ") };
}

/** For an answer that came whole and says itself that it failed. */
function statusOfError(error: Readonly<Record<string, unknown>>): number {
  switch (error["type"]) {
    case "invalid_request_error":
      return 400;
    case "usage_limit_reached":
    case "rate_limit_exceeded":
      return 429;
    default:
      return 502;
  }
}

export function speakChat(turn: Turn, chat: ChatRequest): Dialect {
  const facts = {
    model: turn.request.model,
    fallbackId: turn.id,
    createdAtSeconds: Math.floor(turn.receivedAtMs / 1_000),
    usesFunctions: chat.usesFunctions,
  };

  function answerOf({ status, headers, body }: Answer): ReturnType<Dialect["answer"]> {
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    if (status >= 300) {
      return hasErrorShape(text)
        ? { status, type: headers["content-type"] ?? JSON_TYPE, body }
        : { status, type: JSON_TYPE, body: renderRefusal(refusalOfBody(status, text)) };
    }
    const response = parseObject(text) ?? { status: "failed" };
    if (response["status"] !== "failed") {
      return { status, type: JSON_TYPE, body: JSON.stringify(toChatCompletion(response, facts)) };
    }
    const error = chatErrorOf({ response });
    return { status: statusOfError(error), type: JSON_TYPE, body: JSON.stringify({ error }) };
  }

  return {
    beat: BEAT,
    head: (given) => mergeIgnored(given, chat),
    stream: (events) => translateStream(events, new ChatStream({ ...facts, includeUsage: chat.includeUsage })),
    answer: answerOf,
    lateRefusal: (refusal) => renderData(renderRefusal(refusal)),
  };
}
