/** Which route answers? Mounts, the guard before them, the errors after them; no logic. */
import { bearer } from "@elysiajs/bearer";
import { Elysia, NotFoundError } from "elysia";
import type { HeaderFields } from "../protocol/header-fields.ts";
import { refuse } from "../protocol/refusal.ts";
import { ROUTES } from "../router/routes.ts";
import type { Call } from "./answer-turn.ts";
import { reportBug } from "./internal-error.ts";
import { refuseForeign } from "./local-only.ts";
import { respondRefusal } from "./respond.ts";
import { getHealth, getReady } from "./routes/health.ts";
import { getMetrics } from "./routes/metrics.ts";
import { askPage, getRoot } from "./routes/page.ts";
import { postChatCompletions } from "./routes/v1-chat-completions.ts";
import { getModel, getModels } from "./routes/v1-models.ts";
import { postResponses } from "./routes/v1-responses.ts";
import { deleteResponse, getInputItems, getResponse } from "./routes/v1-stored-responses.ts";
import { postImageEdits, postWhole } from "./routes/v1-whole.ts";
import type { Serving } from "./serving.ts";
import { getNoSocket } from "./socket-door.ts";

/** Keys in URLs end up in histories, so the plugin is given a query name that nobody can know. */
function keyFromHeaderOnly() {
  return bearer({ extract: { query: crypto.randomUUID() } });
}

/** What is asked: Elysia has the head as plain data already. */
function callOf(request: Request, head: HeaderFields, bearer: string | undefined): Call {
  return { request, head, key: bearer ?? null };
}

/** What is asked of one stored response. */
function aboutResponse(c: { request: Request; bearer?: string | undefined; params: { id: string | null } }) {
  const { searchParams: query } = new URL(c.request.url);
  // Elysia gives null for what does not decode.
  return { key: c.bearer ?? null, id: c.params.id ?? "", query };
}

/** Bodies are read by the routes themselves: Elysia would decode them before the key is checked. */
const RAW = { parse: "none" } as const;

export function createHttpApp(serving: Serving) {
  return (
    new Elysia()
      .onRequest((c) => {
        const refusal = refuseForeign(c.request.headers);
        return refusal === null ? undefined : respondRefusal(refusal);
      })
      .onError({ as: "global" }, (c) => {
        // A path that does not decode leads nowhere either.
        if (c.error instanceof NotFoundError || c.error instanceof URIError) {
          // What CONNECT names is no URL.
          const pathname = URL.parse(c.request.url)?.pathname ?? "";
          const message = `Unknown route: ${c.request.method} ${pathname.slice(0, 200)}`;
          return respondRefusal(refuse(404, "invalid_request_error", "unknown_route", message));
        }
        return respondRefusal(reportBug(serving, c.error));
      })
      .use(keyFromHeaderOnly())
      .get("/healthz", () => getHealth(serving))
      .get("/readyz", () => getReady(serving))
      .get("/metrics", (c) => getMetrics(serving, c.bearer ?? null))
      .get("/", (c) => getRoot(serving, c.request))
      .get("/assets/:name", (c) => askPage(serving, (page) => page.getAsset(c.params.name ?? "")))
      .get("/operations/session", (c) => askPage(serving, (page) => page.getSession(c.request)))
      .get("/operations/events", (c) => askPage(serving, (page) => page.getEvents(c.request)))
      .post(
        "/operations/:name",
        (c) => askPage(serving, (page) => page.postOperation(c.request, c.params.name ?? "")),
        RAW,
      )
      .get("/v1/models", (c) => getModels(serving, c.bearer ?? null))
      .get("/v1/models/*", (c) => getModel(serving, c.bearer ?? null, decodeURIComponent(c.params["*"])))
      .post("/v1/chat/completions", (c) => postChatCompletions(serving, callOf(c.request, c.headers, c.bearer)), RAW)
      .post("/v1/responses", (c) => postResponses(serving, callOf(c.request, c.headers, c.bearer)), RAW)
      .post(
        "/v1/responses/compact",
        (c) => postWhole(serving, ROUTES.compact, callOf(c.request, c.headers, c.bearer)),
        RAW,
      )
      .post(
        "/v1/responses/input_tokens",
        (c) => postWhole(serving, ROUTES.inputTokens, callOf(c.request, c.headers, c.bearer)),
        RAW,
      )
      // An upgrade does not come this far: see socket-door.ts.
      .get("/v1/responses", (c) => getNoSocket(serving, c.bearer ?? null))
      .get("/v1/responses/:id", (c) => getResponse(serving, aboutResponse(c)))
      .delete("/v1/responses/:id", (c) => deleteResponse(serving, aboutResponse(c)), RAW)
      .get("/v1/responses/:id/input_items", (c) => getInputItems(serving, aboutResponse(c)))
      .post(
        "/v1/images/generations",
        (c) => postWhole(serving, ROUTES.imageGenerations, callOf(c.request, c.headers, c.bearer)),
        RAW,
      )
      .post("/v1/images/edits", (c) => postImageEdits(serving, callOf(c.request, c.headers, c.bearer)), RAW)
      .post("/v1/embeddings", (c) => postWhole(serving, ROUTES.embeddings, callOf(c.request, c.headers, c.bearer)), RAW)
      .post("/v1/alpha/search", (c) => postWhole(serving, ROUTES.search, callOf(c.request, c.headers, c.bearer)), RAW)
  );
}
