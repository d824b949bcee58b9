/** `POST /v1/responses`: one turn, streaming or not. */
import { LIMITS } from "../../limits.ts";
import { parseResponsesRequest } from "../../protocol/responses-request.ts";
import type { Served, Turn } from "../../router/turn.ts";
import { requireKey } from "../auth.ts";
import { reportBug } from "../internal-error.ts";
import { readBody } from "../read-body.ts";
import { respondRefusal, respondTurn } from "../respond.ts";
import type { Serving } from "../serving.ts";

export async function postResponses(serving: Serving, request: Request, key: string | null): Promise<Response> {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const body = await readBody(request, LIMITS.bodyBytesMax);
  if (body.kind === "refused") return respondRefusal(body.refusal);
  const parsed = parseResponsesRequest(body.text);
  if (parsed.kind === "refused") return respondRefusal(parsed.refusal);
  const left = new AbortController();
  const turn: Turn = {
    id: serving.newId("turn"),
    keyId: authorised.keyId,
    request: parsed.request,
    client: request.headers,
    signal: AbortSignal.any([request.signal, left.signal]),
    receivedAtMs: serving.clock.now(),
  };
  return respondTurn(turn, serveSafely(serving, turn), serving.clock, () => left.abort("client left"));
}

/** A bug in the engine must still end the client's wait. */
async function serveSafely(serving: Serving, turn: Turn): Promise<Served> {
  try {
    return await serving.serve(turn);
  } catch (error) {
    return { kind: "refused", by: { sessionId: "", profile: null }, refusal: reportBug(serving, error) };
  }
}
