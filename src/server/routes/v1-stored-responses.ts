/** `GET` and `DELETE /v1/responses/{id}` and its `/input_items`: what the runtime has kept for this key, and nobody else's. */
import { listInputItems, readPage } from "../../protocol/input-items.ts";
import { refuse, refuseRequest } from "../../protocol/refusal.ts";
import { requireKey } from "../auth.ts";
import { respondRefusal } from "../respond.ts";
import type { Serving } from "../serving.ts";
import { storedSinceMs } from "../stored-turns.ts";

interface Asked {
  readonly key: string | null;
  readonly id: string;
  readonly query: URLSearchParams;
}

function refuseUnknown(id: string): Response {
  const message = `Response with id '${id.slice(0, 100)}' not found.`;
  return respondRefusal(refuse(404, "invalid_request_error", "response_not_found", message));
}

function respondJson(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json" } });
}

/** The response object as its client was told it. */
export function getResponse(serving: Serving, { key, id, query }: Asked): Response {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  if (query.get("stream") === "true") {
    const message = "A stored response is given in one piece: its stream cannot be taken up again.";
    return respondRefusal(refuseRequest("unsupported_parameter", message, "stream"));
  }
  const text = serving.responses.responseText(authorised.keyId, id, storedSinceMs(serving));
  return text === null ? refuseUnknown(id) : respondJson(text);
}

export function deleteResponse(serving: Serving, { key, id }: Asked): Response {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const { keyId } = authorised;
  const isThere = serving.responses.responseText(keyId, id, storedSinceMs(serving)) !== null;
  const isRemoved = serving.responses.removeResponse(keyId, id);
  if (!isThere || !isRemoved) return refuseUnknown(id);
  return respondJson(JSON.stringify({ id, object: "response", deleted: true }));
}

export function getInputItems(serving: Serving, { key, id, query }: Asked): Response {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const page = readPage(query);
  if (page.kind === "refused") return respondRefusal(page.refusal);
  const input = serving.responses.inputText(authorised.keyId, id, storedSinceMs(serving));
  if (input === null) return refuseUnknown(id);
  const listed = listInputItems(input, id, page.value);
  return listed.kind === "refused" ? respondRefusal(listed.refusal) : respondJson(JSON.stringify(listed.value));
}
