/** One turn from request to answer, whichever API the client speaks: key, body, engine, dialect. */
import { LIMITS } from "../limits.ts";
import type { Form } from "../protocol/form.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { ResponsesRequest } from "../protocol/responses-request.ts";
import type { Route } from "../router/routes.ts";
import type { Served, Turn } from "../router/turn.ts";
import { requireKey } from "./auth.ts";
import type { Dialect } from "./dialect.ts";
import { reportBug } from "./internal-error.ts";
import { type Arriving, type BodyBounds, readBody, readForm } from "./read-body.ts";
import { respondRefusal, respondTurn } from "./respond.ts";
import type { Serving } from "./serving.ts";
import { keepAnswer, type Prepared, prepareTurn } from "./stored-turns.ts";

/** What a route makes of a body: the request as the engine knows it, where it goes, and how its answer is to be worded. */
export type Asked =
  | {
      readonly kind: "ok";
      readonly route: Route;
      readonly request: ResponsesRequest;
      /** Whether the answer is to be kept for the client. */
      readonly keeps: boolean;
      /** Members that no account can honour. */
      readonly ignored: readonly string[];
      readonly speak: (turn: Turn) => Dialect;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** What a client asks over HTTP. */
export interface Call extends Arriving {
  /** The bearer's; null when there is none. */
  readonly key: string | null;
}

type AskedTurn = Extract<Asked, { kind: "ok" }>;

function boundsOf({ clock }: Serving): BodyBounds {
  return { bytesMax: LIMITS.bodyBytesMax, timeMs: LIMITS.bodyReadMs, clock };
}

/** `read` gets the decoded body. */
export async function answerTurn(serving: Serving, call: Call, read: (text: string) => Asked): Promise<Response> {
  const authorised = requireKey(serving.keys, call.key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const body = await readBody(call, boundsOf(serving));
  if (body.kind === "refused") return respondRefusal(body.refusal);
  const asked = read(body.text);
  if (asked.kind === "refused") return respondRefusal(asked.refusal);
  return serveAsked(serving, call, authorised.keyId, asked, null);
}

/** The same for a body that is a form. */
export async function answerForm(serving: Serving, call: Call, read: (form: Form) => Asked): Promise<Response> {
  const authorised = requireKey(serving.keys, call.key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const body = await readForm(call, boundsOf(serving));
  if (body.kind === "refused") return respondRefusal(body.refusal);
  const asked = read(body.form);
  if (asked.kind === "refused") return respondRefusal(asked.refusal);
  return serveAsked(serving, call, authorised.keyId, asked, body.form);
}

function serveAsked(
  serving: Serving,
  { request, head }: Call,
  keyId: string,
  asked: AskedTurn,
  form: Form | null,
): Promise<Response> {
  const prepared = prepare(serving, keyId, asked);
  if (prepared.kind === "refused") return Promise.resolve(respondRefusal(prepared.refusal));
  const turn: Turn = {
    id: serving.newId("turn"),
    keyId,
    route: asked.route,
    request: prepared.request,
    form,
    previousResponseId: prepared.previousResponseId,
    isContinuable: asked.keeps,
    told: prepared.told,
    client: head,
    lane: null,
    signal: request.signal,
    receivedAtMs: serving.clock.now(),
  };
  const served = serveSafely(serving, turn);
  const kept = asked.keeps ? served.then((answer) => keepAnswer(serving, turn, answer)) : served;
  const ignored = [...asked.ignored, ...prepared.ignored];
  return respondTurn({ turn, dialect: asked.speak(turn), ignored, clock: serving.clock }, kept);
}

/** Bodies of other kinds have no items to be looked up. */
function prepare(serving: Serving, keyId: string, asked: AskedTurn): Prepared {
  const { route, request, keeps } = asked;
  if (route.fit !== "model") return prepareTurn(serving, keyId, request, keeps);
  return { kind: "ok", request, previousResponseId: null, told: {}, ignored: [] };
}

/** A bug in the engine must still end the client's wait. */
async function serveSafely(serving: Serving, turn: Turn): Promise<Served> {
  try {
    return await serving.serve(turn);
  } catch (error) {
    return { kind: "refused", by: { sessionId: "", profile: null }, refusal: reportBug(serving, error, turn.id) };
  }
}
