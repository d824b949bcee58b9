/** `GET /metrics`: the runtime's figures for Prometheus. They name profiles, so a key is needed. */
import { requireKey } from "../auth.ts";
import { respondRefusal } from "../respond.ts";
import type { Serving } from "../serving.ts";

export async function getMetrics(serving: Serving, key: string | null): Promise<Response> {
  const authorised = requireKey(serving.keys, key);
  if (authorised.kind === "refused") return respondRefusal(authorised.refusal);
  const { text, contentType } = await serving.metrics();
  return new Response(text, { headers: { "content-type": contentType } });
}
