/** What is settled before the first try: the model's meaning, the session, the turn's book. */

import { type Resolution, type ResolvedModel, resolveModel } from "../models/resolve.ts";
import type { SessionRecord } from "../ports.ts";
import { type Refusal, refuse } from "../protocol/refusal.ts";
import { firstUserTextOf, instructionsOf } from "../protocol/responses-request.ts";
import type { Engine } from "./engine.ts";
import { FRESH_PROGRESS, type Progress } from "./rules/next-step.ts";
import { type SessionKey, sessionKeyOf } from "./rules/session.ts";
import { endedWithout, TurnLedger } from "./settle-turn.ts";
import type { Served, Turn } from "./turn.ts";

export interface TurnRun {
  readonly turn: Turn;
  readonly model: ResolvedModel;
  /** As it was when the turn began. */
  readonly session: SessionRecord;
  readonly ledger: TurnLedger;
  readonly progress: Progress;
}

export type Begun =
  | { readonly kind: "begun"; readonly run: TurnRun }
  | { readonly kind: "refused"; readonly served: Served };

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function conversationOf(value: unknown): string | null {
  return typeof value === "object" && value !== null ? textOf(Reflect.get(value, "id")) : textOf(value);
}

/** What tells the conversations of clients apart that name none. Bodies of other kinds have a prompt, or nothing. */
function firstTextOf({ route, request }: Turn): string {
  return route.fit === "model" ? (textOf(request.body["prompt"]) ?? "") : firstUserTextOf(request.body);
}

/** Reads every spelling in which clients name their conversation. */
export function readSessionKey(engine: Engine, turn: Turn): SessionKey {
  const { client, request, keyId, previousResponseId: previous } = turn;
  const { body, model } = request;
  return sessionKeyOf({
    threadId: client["thread-id"] ?? null,
    sessionId: client["session-id"] ?? client["conversation_id"] ?? null,
    previousResponseSession: previous === null ? null : engine.runtime.sessionOfResponse(keyId, previous),
    conversation: conversationOf(body["conversation"]),
    promptCacheKey: textOf(body["prompt_cache_key"]),
    clientSession: client["session_id"] ?? client["x-session-id"] ?? client["x-session-affinity"] ?? null,
    model,
    instructions: instructionsOf(body),
    firstUserText: firstTextOf(turn),
  });
}

function openSession(engine: Engine, turn: Turn): SessionRecord {
  const key = readSessionKey(engine, turn);
  if (key.affinity === "previous-response") {
    const known = engine.runtime.session(key.text);
    if (known !== null) return known;
  }
  const hash = engine.hash(`${key.affinity}\0${key.text}`);
  return engine.live.openSession(turn.keyId, key.affinity, hash, turn.request.model, () => engine.newId("ses"));
}

/** What the name means. Where upstream has models that no list tells of, a name that means nothing stands for itself. */
function resolveFor(engine: Engine, { request, route }: Turn): Resolution {
  const { model } = request;
  const resolution = resolveModel(engine.names(), model);
  if (resolution.kind === "resolved" || route.isPublished) return resolution;
  return { kind: "resolved", publicName: model, upstreamModel: model, effort: null, serviceTier: null };
}

function refuseModel(model: string, near: readonly string[]): Refusal {
  const hint = near.length === 0 ? "" : ` Did you mean ${near.map((name) => `'${name}'`).join(" or ")}?`;
  const message = `The model '${model.slice(0, 100)}' is not published by this pool.${hint} GET /v1/models lists what is.`;
  return refuse(404, "invalid_request_error", "model_not_found", message, { param: "model" });
}

/** The refusal of a route that no account of the pool has, whatever its state. */
function refuseUnfit(engine: Engine, { route }: Turn): Refusal | null {
  if (route.unfit === null) return null;
  const { settings, candidates } = engine.live.view();
  const selected = candidates.filter((candidate) => candidate.selected);
  const isServing = settings.enabled && selected.length > 0;
  return !isServing || selected.some((candidate) => route.kinds.includes(candidate.kind)) ? null : route.unfit;
}

/** Refuses a model that is not published, and a route that no account has; else opens the session and the book. */
export function beginTurn(engine: Engine, turn: Turn): Begun {
  const resolution = resolveFor(engine, turn);
  if (resolution.kind === "unknown") {
    const refusal = refuseModel(turn.request.model, resolution.near);
    // Written down for the owner, but no session is opened for it: there is nothing to come back to.
    new TurnLedger(engine, turn, "", "").settle(endedWithout("refused", refusal.status));
    return { kind: "refused", served: { kind: "refused", by: { sessionId: "", profile: null }, refusal } };
  }
  const session = openSession(engine, turn);
  engine.live.depositTurn();
  const ledger = new TurnLedger(engine, turn, session.id, resolution.upstreamModel);
  const refusal = refuseUnfit(engine, turn);
  if (refusal !== null) {
    ledger.settle(endedWithout("refused", refusal.status));
    return { kind: "refused", served: { kind: "refused", by: { sessionId: session.id, profile: null }, refusal } };
  }
  return { kind: "begun", run: { turn, model: resolution, session, ledger, progress: FRESH_PROGRESS } };
}
