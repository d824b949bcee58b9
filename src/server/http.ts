/** Which route answers? Mounts, the guard before them, the errors after them; no logic. */
import { bearer } from "@elysiajs/bearer";
import { Elysia, NotFoundError } from "elysia";
import { refuse } from "../protocol/refusal.ts";
import { reportBug } from "./internal-error.ts";
import { refuseForeign } from "./local-only.ts";
import { respondRefusal } from "./respond.ts";
import { getHealth, getReady } from "./routes/health.ts";
import { postChatCompletions } from "./routes/v1-chat-completions.ts";
import { getModel, getModels } from "./routes/v1-models.ts";
import { postResponses } from "./routes/v1-responses.ts";
import type { Serving } from "./serving.ts";

/** Keys in URLs end up in histories, so the plugin is given a query name that nobody can know. */
function keyFromHeaderOnly() {
  return bearer({ extract: { query: crypto.randomUUID() } });
}

/** Bodies are read by the routes themselves: Elysia would decode them before the key is checked. */
const RAW = { parse: "none" } as const;

export function createHttpApp(serving: Serving) {
  return new Elysia()
    .onRequest((c) => {
      const refusal = refuseForeign(c.request.headers);
      return refusal === null ? undefined : respondRefusal(refusal);
    })
    .onError({ as: "global" }, (c) => {
      if (c.error instanceof NotFoundError) {
        const { pathname } = new URL(c.request.url);
        const message = `Unknown route: ${c.request.method} ${pathname.slice(0, 200)}`;
        return respondRefusal(refuse(404, "invalid_request_error", "unknown_route", message));
      }
      return respondRefusal(reportBug(serving, c.error));
    })
    .use(keyFromHeaderOnly())
    .get("/healthz", () => getHealth(serving))
    .get("/readyz", () => getReady(serving))
    .get("/v1/models", (c) => getModels(serving, c.bearer ?? null))
    .get("/v1/models/*", (c) => getModel(serving, c.bearer ?? null, decodeURIComponent(c.params["*"])))
    .post("/v1/chat/completions", (c) => postChatCompletions(serving, c.request, c.bearer ?? null), RAW)
    .post("/v1/responses", (c) => postResponses(serving, c.request, c.bearer ?? null), RAW);
}
