/**
 * What can no account of a pool do? Asked of a turn before anybody is chosen: refused where the answer would be another one,
 * left out and named where it would not. What single accounts do not take is told later, by what their body leaves out. Pure.
 */
import { editMembers } from "./json-spans.ts";
import { type Refusal, refuseRequest } from "./refusal.ts";
import type { ResponsesRequest } from "./responses-request.ts";

export type Honoured =
  | { readonly kind: "ok"; readonly request: ResponsesRequest; readonly ignored: readonly string[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const NO_CONVERSATIONS =
  "Conversations are kept by a single account and cannot be used through a pool. Use 'previous_response_id', or send the whole input.";

/**
 * Conversations lie at one account. A turn in the background is served while its client waits: it is finished when the
 * client first asks for it.
 */
export function honourRequest(request: ResponsesRequest): Honoured {
  const { conversation, background } = request.body;
  if (conversation !== undefined && conversation !== null) {
    return { kind: "refused", refusal: refuseRequest("unsupported_parameter", NO_CONVERSATIONS, "conversation") };
  }
  if (background !== true) return { kind: "ok", request, ignored: [] };
  const { background: _, ...body } = request.body;
  const text = editMembers(request.text, { background: null });
  return { kind: "ok", request: { ...request, text, body }, ignored: ["background"] };
}
