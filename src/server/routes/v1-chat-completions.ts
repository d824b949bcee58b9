/** `POST /v1/chat/completions`: a turn like any other, in another API's words. */
import { parseChatRequest } from "../../protocol/chat-request.ts";
import { type Asked, answerTurn } from "../answer-turn.ts";
import { speakChat } from "../chat-dialect.ts";
import type { Serving } from "../serving.ts";

export function postChatCompletions(serving: Serving, request: Request, key: string | null): Promise<Response> {
  return answerTurn(serving, request, key, readAsked);
}

function readAsked(text: string): Asked {
  const parsed = parseChatRequest(text);
  if (parsed.kind === "refused") return parsed;
  const { chat } = parsed;
  return { kind: "ok", request: chat.request, speak: (turn) => speakChat(turn, chat) };
}
