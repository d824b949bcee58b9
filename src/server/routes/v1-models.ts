/** `GET /v1/models` and `GET /v1/models/{id}`: the names this pool publishes. */
import { renderModel, renderModelList } from "../../models/render-list.ts";
import { nearNames } from "../../models/resolve.ts";
import { refuse } from "../../protocol/refusal.ts";
import { requireKey } from "../auth.ts";
import { respondRefusal } from "../respond.ts";
import type { Serving } from "../serving.ts";

export function getModels(serving: Serving, key: string | null): Response {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  return Response.json(renderModelList(serving.names()));
}

export function getModel(serving: Serving, key: string | null, id: string): Response {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const names = serving.names();
  const model = renderModel(names, id);
  if (model !== null) return Response.json(model);
  const near = nearNames(names, id);
  const hint = near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;
  const message = `The model '${id.slice(0, 100)}' is not published by this pool.${hint}`;
  return respondRefusal(refuse(404, "invalid_request_error", "model_not_found", message, { param: "model" }));
}
