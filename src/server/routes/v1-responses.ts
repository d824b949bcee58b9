/** `POST /v1/responses`: one turn, streaming or not. */
import { parseResponsesRequest, type ResponsesRequest } from "../../protocol/responses-request.ts";
import { honourRequest } from "../../protocol/unhonoured.ts";
import { ROUTES, type Route } from "../../router/routes.ts";
import { type Asked, answerTurn, type Call } from "../answer-turn.ts";
import { speakResponses } from "../responses-dialect.ts";
import type { Serving } from "../serving.ts";
import { isKept } from "../stored-turns.ts";

export function postResponses(serving: Serving, call: Call): Promise<Response> {
  return answerTurn(serving, call, readAsked);
}

function readAsked(text: string): Asked {
  const parsed = parseResponsesRequest(text);
  if (parsed.kind === "refused") return parsed;
  const honoured = honourRequest(parsed.request);
  if (honoured.kind === "refused") return honoured;
  const { request } = honoured;
  return { ...honoured, route: routeOf(request), keeps: isKept(request), speak: speakResponses };
}

/** Prompt templates lie at some accounts only. */
export function routeOf({ body }: ResponsesRequest): Route {
  return body["prompt"] !== undefined && body["prompt"] !== null ? ROUTES.templateTurn : ROUTES.turn;
}
