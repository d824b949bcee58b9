/** `POST /v1/responses`: one turn, streaming or not. */
import { parseResponsesRequest } from "../../protocol/responses-request.ts";
import { type Asked, answerTurn } from "../answer-turn.ts";
import { speakResponses } from "../responses-dialect.ts";
import type { Serving } from "../serving.ts";

export function postResponses(serving: Serving, request: Request, key: string | null): Promise<Response> {
  return answerTurn(serving, request, key, readAsked);
}

function readAsked(text: string): Asked {
  const parsed = parseResponsesRequest(text);
  return parsed.kind === "refused" ? parsed : { ...parsed, speak: speakResponses };
}
