/** `POST /v1/chat/completions`: a turn like any other, in another API's words. */
import { parseChatRequest } from "../../protocol/chat-request.ts";
import { ROUTES } from "../../router/routes.ts";
import type { Turn } from "../../router/turn.ts";
import { type Asked, answerTurn, type Call } from "../answer-turn.ts";
import { speakChat } from "../chat-dialect.ts";
import type { Serving } from "../serving.ts";
import { isKept } from "../stored-turns.ts";

export function postChatCompletions(serving: Serving, call: Call): Promise<Response> {
  return answerTurn(serving, call, readAsked);
}

function readAsked(text: string): Asked {
  const parsed = parseChatRequest(text);
  if (parsed.kind === "refused") return parsed;
  const { chat } = parsed;
  const { request } = chat;
  const speak = (turn: Turn) => speakChat(turn, chat);
  return { kind: "ok", route: ROUTES.turn, request, keeps: isKept(request), ignored: [], speak };
}
