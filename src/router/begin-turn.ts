/** What is settled before the first try: the model's meaning, the session, the turn's book. */

import type { ResolvedModel } from "../models/resolve.ts";
import type { SessionRecord } from "../ports.ts";
import { refuse } from "../protocol/refusal.ts";
import { firstUserTextOf, instructionsOf } from "../protocol/responses-request.ts";
import type { Engine } from "./engine.ts";
import { FRESH_PROGRESS, type Progress } from "./rules/next-step.ts";
import { type SessionKey, sessionKeyOf } from "./rules/session.ts";
import { TurnLedger } from "./settle-turn.ts";
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

/** Reads every spelling in which clients name their conversation. */
export function readSessionKey(engine: Engine, turn: Turn): SessionKey {
  const { client, request, keyId } = turn;
  const { body, model } = request;
  const previous = textOf(body["previous_response_id"]);
  return sessionKeyOf({
    threadId: client.get("thread-id"),
    sessionId: client.get("session-id") ?? client.get("conversation_id"),
    previousResponseSession: previous === null ? null : engine.runtime.sessionOfResponse(keyId, previous),
    conversation: conversationOf(body["conversation"]),
    promptCacheKey: textOf(body["prompt_cache_key"]),
    clientSession: client.get("session_id") ?? client.get("x-session-id") ?? client.get("x-session-affinity"),
    model,
    instructions: instructionsOf(body),
    firstUserText: firstUserTextOf(body),
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

/** Refuses a model that is not published; else opens the session and the book. */
export function beginTurn(engine: Engine, turn: Turn): Begun {
  const resolution = engine.resolve(turn.request.model);
  if (resolution.kind === "unknown") {
    const near =
      resolution.near.length === 0 ? "" : ` Did you mean ${resolution.near.map((name) => `'${name}'`).join(" or ")}?`;
    const message = `The model '${turn.request.model.slice(0, 100)}' is not published by this pool.${near} GET /v1/models lists what is.`;
    const refusal = refuse(404, "invalid_request_error", "model_not_found", message, { param: "model" });
    return { kind: "refused", served: { kind: "refused", by: { sessionId: "", profile: null }, refusal } };
  }
  const session = openSession(engine, turn);
  engine.live.depositTurn();
  const ledger = new TurnLedger(engine, turn, session.id, resolution.upstreamModel);
  return { kind: "begun", run: { turn, model: resolution, session, ledger, progress: FRESH_PROGRESS } };
}
