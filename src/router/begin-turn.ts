/** What is settled before the first try: the model's meaning, the session, the turn's book. */

import type { ResolvedModel } from "../models/resolve.ts";
import type { SessionRecord } from "../ports.ts";
import { refuse, refuseRequest } from "../protocol/refusal.ts";
import { firstUserTextOf, instructionsOf } from "../protocol/responses-request.ts";
import type { Engine } from "./engine.ts";
import type { Candidate, Needs } from "./rules/candidate.ts";
import { FRESH_PROGRESS, type Progress } from "./rules/next-step.ts";
import { type SessionKey, sessionKeyOf } from "./rules/session.ts";
import { endedWithout, TurnLedger } from "./settle-turn.ts";
import type { Served, Turn } from "./turn.ts";

export interface TurnRun {
  readonly turn: Turn;
  /** Which kinds of account can take it. */
  readonly kinds: Needs["kinds"];
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

/** The answer to a response id that cannot be gone on from: the code on which clients send the whole conversation. */
export function refuseAnchor(ledger: TurnLedger, sessionId: string): Served {
  ledger.settle(endedWithout("refused", 400));
  const message = "The previous response is not known to any account that can serve now. Send the whole input again.";
  const refusal = refuseRequest("previous_response_not_found", message, "previous_response_id");
  return { kind: "refused", by: { sessionId, profile: null }, refusal };
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

const ALL_KINDS: Needs["kinds"] = ["chatgpt", "api-key"];

/**
 * A response id is good only where it was made: the platform keeps its own for a key, the ChatGPT backend knows none.
 * Null when nobody of the pool can know it.
 */
function kindsFor(engine: Engine, turn: Turn, session: SessionRecord): Needs["kinds"] | null {
  if (textOf(turn.request.body["previous_response_id"]) === null) return ALL_KINDS;
  const { candidates } = engine.live.view();
  const home = candidates.find((candidate) => candidate.profileId === session.profileId);
  const isKept = home === undefined ? candidates.some(isSelectedKey) : home.kind === "api-key";
  return isKept ? ["api-key"] : null;
}

function isSelectedKey(candidate: Candidate): boolean {
  return candidate.selected && candidate.kind === "api-key";
}

/** Refuses a model that is not published, and an id of a response that nobody has; else opens the session and the book. */
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
  const kinds = kindsFor(engine, turn, session);
  if (kinds === null) return { kind: "refused", served: refuseAnchor(ledger, session.id) };
  return { kind: "begun", run: { turn, kinds, model: resolution, session, ledger, progress: FRESH_PROGRESS } };
}
