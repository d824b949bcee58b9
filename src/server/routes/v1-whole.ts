/**
 * The routes beside the turn whose answer comes in one piece: compaction, token counts, images, embeddings, search. Each
 * is a turn of the engine, with sessions, rollover and a record like any other.
 */
import { type Form, fieldOf } from "../../protocol/form.ts";
import { parseWholeRequest } from "../../protocol/responses-request.ts";
import { honourRequest } from "../../protocol/unhonoured.ts";
import { ROUTES, type Route } from "../../router/routes.ts";
import { type Asked, answerForm, answerTurn, type Call } from "../answer-turn.ts";
import { isForm } from "../read-body.ts";
import { speakResponses } from "../responses-dialect.ts";
import type { Serving } from "../serving.ts";

export function postWhole(serving: Serving, route: Route, call: Call): Promise<Response> {
  return answerTurn(serving, call, (text) => readAsked(route, text));
}

function readAsked(route: Route, text: string): Asked {
  const parsed = parseWholeRequest(text);
  if (parsed.kind === "refused") return parsed;
  const asked = { route, keeps: false, speak: speakResponses };
  if (route.fit === "model") return { ...parsed, ...asked, ignored: [] };
  const honoured = honourRequest(parsed.request);
  return honoured.kind === "refused" ? honoured : { ...honoured, ...asked };
}

/** `POST /v1/images/edits`, whose body may be a form: SDKs send one, Codex does not. */
export function postImageEdits(serving: Serving, call: Call): Promise<Response> {
  return isForm(call.head) ? answerForm(serving, call, readAskedForm) : postWhole(serving, ROUTES.imageEdits, call);
}

const SHORT_FIELDS = ["model", "prompt"] as const;

function readAskedForm(form: Form): Asked {
  const fields = SHORT_FIELDS.map((name) => [name, fieldOf(form, name) ?? undefined]);
  const streams = fieldOf(form, "stream") === "true";
  const parsed = parseWholeRequest(JSON.stringify({ ...Object.fromEntries(fields), stream: streams }));
  if (parsed.kind === "refused") return parsed;
  return { ...parsed, route: ROUTES.imageEditForm, keeps: false, ignored: [], speak: speakResponses };
}
