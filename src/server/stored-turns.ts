/**
 * What does a turn need of the stored responses, and what does it leave there? Expands it before it is served, so that any
 * account can take it, and keeps its answer before the client has all of it. A key sees its own responses only.
 */
import { LIMITS } from "../limits.ts";
import { isReasoning } from "../models/reasoning.ts";
import { answerTextOf, type Told } from "../protocol/answer.ts";
import { editMembers } from "../protocol/json-spans.ts";
import { type Refusal, refuseRequest } from "../protocol/refusal.ts";
import type { ResponsesRequest } from "../protocol/responses-request.ts";
import { withoutSealedReasoning } from "../protocol/sealed-items.ts";
import {
  expandInput,
  inputTextOf,
  itemIdsToFind,
  outputItemsOf,
  outputTextOf,
  type Previous,
} from "../protocol/stored-input.ts";
import { ENCRYPTED_REASONING } from "../protocol/upstream-body.ts";
import { parseObject } from "../protocol/wire-event.ts";
import type { Served, Turn } from "../router/turn.ts";
import { reportBug } from "./internal-error.ts";
import type { Serving } from "./serving.ts";

/** The part of a runtime that keeps responses. */
export type Shelf = Pick<Serving, "responses" | "names" | "clock" | "newId" | "emit">;

export type Prepared =
  | {
      readonly kind: "ok";
      /** With its whole input. */
      readonly request: ResponsesRequest;
      readonly previousResponseId: string | null;
      readonly told: Told;
      /** What of the input nobody can use any more. */
      readonly ignored: readonly string[];
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** What is older than this is not there any more. */
export function storedSinceMs({ clock }: Pick<Shelf, "clock">): number {
  return clock.now() - LIMITS.storedResponsesMs;
}

/** As the public API has it: kept unless the client says otherwise. */
export function isKept(request: ResponsesRequest): boolean {
  return request.body["store"] !== false;
}

function refuse(code: string, message: string, param: string): Prepared {
  return { kind: "refused", refusal: refuseRequest(code, message, param) };
}

function findPrevious(shelf: Shelf, keyId: string, id: string): Previous | null {
  const sinceMs = storedSinceMs(shelf);
  const response = shelf.responses.responseText(keyId, id, sinceMs);
  const input = shelf.responses.inputText(keyId, id, sinceMs);
  return response === null || input === null ? null : { input, output: outputTextOf(response) };
}

const NO_ITEMS: ReadonlyMap<string, string> = new Map();

/** The items that the input only names; each response is read once. */
function findItems(shelf: Shelf, keyId: string, ids: readonly string[]): ReadonlyMap<string, string> {
  if (ids.length === 0) return NO_ITEMS;
  const sinceMs = storedSinceMs(shelf);
  const holders = new Set(ids.map((id) => shelf.responses.responseOfItem(keyId, id, sinceMs)));
  const items = new Map<string, string>();
  for (const holder of holders) {
    const response = holder === null ? null : shelf.responses.responseText(keyId, holder, sinceMs);
    for (const [id, text] of response === null ? [] : outputItemsOf(response)) items.set(id, text);
  }
  return items;
}

/** Without it, reasoning could not be gone on from at another account. Models that do not reason refuse to be asked for it. */
export function askForReasoning(shelf: Shelf, request: ResponsesRequest): ResponsesRequest {
  const { include } = request.body;
  const wanted: readonly unknown[] = Array.isArray(include) ? include : [];
  if (wanted.includes(ENCRYPTED_REASONING) || !isReasoning(shelf.names(), request.model)) return request;
  const whole = [...wanted, ENCRYPTED_REASONING];
  const text = editMembers(request.text, { include: JSON.stringify(whole) });
  return { ...request, text, body: { ...request.body, include: whole } };
}

/** Looks up all that the request only names. `keeps` is whether its answer will be kept. */
export function prepareTurn(shelf: Shelf, keyId: string, request: ResponsesRequest, keeps: boolean): Prepared {
  const { previous_response_id: id = null } = request.body;
  if (id !== null && typeof id !== "string") {
    return refuse(
      "invalid_type",
      "Invalid type for 'previous_response_id': expected a string.",
      "previous_response_id",
    );
  }
  const previous = id === null ? null : findPrevious(shelf, keyId, id);
  if (id !== null && previous === null) {
    const message = `Previous response with id '${id.slice(0, 100)}' not found. Send the whole input again.`;
    return refuse("previous_response_not_found", message, "previous_response_id");
  }
  const expanded = expandInput(request, previous, findItems(shelf, keyId, itemIdsToFind(request.body)));
  if (expanded.kind === "refused") return expanded;
  return {
    kind: "ok",
    request: keeps ? askForReasoning(shelf, expanded.request) : expanded.request,
    previousResponseId: id,
    told: { ...(id === null ? {} : { previous_response_id: JSON.stringify(id) }), ...(keeps ? { store: "true" } : {}) },
    ignored: expanded.hasLostReasoning ? ["input.reasoning"] : [],
  };
}

/** The input as it was served: what had to be left out of it would be refused again by whoever goes on from it. */
function servedInput(turn: Turn, sanitised: boolean): string {
  const input = inputTextOf(turn.request);
  return sanitised ? withoutSealedReasoning(input) : input;
}

function keep(shelf: Shelf, turn: Turn, text: string, sanitised: boolean): void {
  const response = editMembers(text, turn.told);
  const id = parseObject(response)?.["id"];
  if (typeof id !== "string") return;
  const itemIds = [...outputItemsOf(response).keys()];
  const stored = {
    keyId: turn.keyId,
    id,
    savedAtMs: shelf.clock.now(),
    response,
    input: servedInput(turn, sanitised),
    itemIds,
  };
  shelf.responses.saveResponse(stored, LIMITS.storedResponsesBytesMax);
}

/** A store that cannot be written to does not cost the client its answer: it is lost, and said in the log. */
function keepSafely(shelf: Shelf, turn: Turn, text: string, sanitised: boolean): void {
  try {
    keep(shelf, turn, text, sanitised);
  } catch (error) {
    reportBug(shelf, error);
  }
}

/**
 * Keeps what was served once it has ended well. That is before the client has the last byte: it may go on from the answer
 * at once.
 */
export function keepAnswer(shelf: Shelf, turn: Turn, served: Served): Served {
  if (served.kind === "answer" && served.status === 200) {
    const { body } = served;
    keepSafely(shelf, turn, typeof body === "string" ? body : new TextDecoder().decode(body), served.sanitised);
  }
  if (served.kind === "stream") {
    const { finished, sanitised } = served;
    void finished.then((event) => {
      const text = event === null ? null : answerTextOf(event);
      if (text !== null) keepSafely(shelf, turn, text, sanitised);
    });
  }
  return served;
}
