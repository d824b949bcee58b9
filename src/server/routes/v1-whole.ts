/**
 * The routes beside the turn whose answer comes in one piece: compaction, token counts, images, embeddings, search. Each
 * is a turn of the engine, with sessions, rollover and a record like any other.
 */
import { parseWholeRequest } from "../../protocol/responses-request.ts";
import { honourRequest } from "../../protocol/unhonoured.ts";
import type { Route } from "../../router/routes.ts";
import { type Asked, answerTurn } from "../answer-turn.ts";
import { speakResponses } from "../responses-dialect.ts";
import type { Serving } from "../serving.ts";

export function postWhole(serving: Serving, route: Route, request: Request, key: string | null): Promise<Response> {
  return answerTurn(serving, request, key, (text) => readAsked(route, text));
}

function readAsked(route: Route, text: string): Asked {
  const parsed = parseWholeRequest(text);
  if (parsed.kind === "refused") return parsed;
  const asked = { route, keeps: false, speak: speakResponses };
  if (route.fit === "model") return { ...parsed, ...asked, ignored: [] };
  const honoured = honourRequest(parsed.request);
  return honoured.kind === "refused" ? honoured : { ...honoured, ...asked };
}
