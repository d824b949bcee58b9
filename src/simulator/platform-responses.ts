/**
 * Question: how does the API platform answer a turn?
 * Owns the public contract for API keys: streaming or not, string input, sampling fields, stored responses and what follows them.
 * Must not know quota windows: keys have money and short-term limits only.
 */
import type { SimApiKeyAccount } from "./account.ts";
import { setBounded } from "./bounded.ts";
import type { JsonObject } from "./content.ts";
import { admitApiKey } from "./credentials.ts";
import { failureNamed, httpFailureNamed } from "./failures.ts";
import { generate } from "./generate.ts";
import { errorAnswer, failureAnswer, jsonAnswer } from "./json-answer.ts";
import { rateLimitHeaders, rateLimitWaitSeconds } from "./rate-limit.ts";
import { isObject } from "./request-body.ts";
import { drawUuid } from "./rng.ts";
import { findSealedProblem } from "./sealed.ts";
import { type AnswerFacts, responseObject } from "./sse-script.ts";
import { streamAnswer } from "./stream-answer.ts";
import { itemsOf } from "./turn.ts";
import type { Call, World } from "./world.ts";

const TIERS: readonly unknown[] = [undefined, null, "auto", "default", "flex", "priority"];

/** Answers `POST /v1/responses`. */
export function answerPlatformTurn(world: World, call: Call): Response {
  const admission = admitApiKey(call);
  if (admission.kind === "refused") return admission.answer;
  const { account } = admission;
  const refusal = refuseTurn(world, call, account);
  if (refusal !== null) return refusal;
  const before = previousTranscript(world, call, account);
  if (before === null) return previousNotFound(call);
  const { answer } = generate(world, call, account);
  keepResponse(world, account, answer, [...before, ...itemsOf(call.body["input"]), ...answer.items]);
  const headers = platformHeaders(world, account);
  if (call.body["stream"] === true) return streamAnswer(world, call, answer, headers, null);
  return unaryAnswer(call, answer, headers);
}

/** Answers `GET` and `DELETE /v1/responses/{id}`. */
export function answerStoredResponse(world: World, call: Call): Response {
  const admission = admitApiKey(call);
  if (admission.kind === "refused") return admission.answer;
  const id = call.url.pathname.split("/").at(-1) ?? "";
  const stored = world.storedResponses.get(id);
  if (stored === undefined || stored.account !== admission.account.name) {
    return errorAnswer(404, { code: null, message: `Response with id '${id}' not found.` });
  }
  if (call.request.method === "GET") return jsonAnswer(200, stored.response);
  world.storedResponses.delete(id);
  return jsonAnswer(200, { id, object: "response", deleted: true });
}

/** The headers every answer of the platform carries for this key. */
export function platformHeaders(world: World, account: SimApiKeyAccount): Record<string, string> {
  return {
    "x-request-id": `req_${drawUuid(world.rng).replaceAll("-", "")}`,
    "openai-organization": account.orgId,
    "openai-version": "2020-10-01",
    ...rateLimitHeaders(world, account),
  };
}

function refuseTurn(world: World, call: Call, account: SimApiKeyAccount): Response | null {
  const headers = platformHeaders(world, account);
  const model = call.record.model ?? "";
  if (!account.models.includes(model)) return failureAnswer(httpFailureNamed("model-not-found", { model }), headers);
  if (call.body["input"] === undefined && call.body["prompt"] === undefined) {
    const message = "Missing required parameter: 'input'.";
    return errorAnswer(400, { code: "missing_required_parameter", message, param: "input" }, headers);
  }
  const tier = call.body["service_tier"];
  if (!TIERS.includes(tier)) {
    const message = `Invalid value: '${String(tier)}'.`;
    return errorAnswer(400, { code: "invalid_value", message, param: "service_tier" }, headers);
  }
  return refuseSealed(world, call, account, headers) ?? refuseRate(world, call, account, headers);
}

function refuseSealed(
  world: World,
  call: Call,
  account: SimApiKeyAccount,
  headers: Record<string, string>,
): Response | null {
  const mode = world.settings.strict.encryptedContent;
  if (mode === "off") return null;
  const problem = findSealedProblem(itemsOf(call.body["input"]), account.orgId, mode === "broken");
  if (problem === null) return null;
  return errorAnswer(400, { code: "invalid_encrypted_content", message: problem.message }, headers);
}

function refuseRate(
  world: World,
  call: Call,
  account: SimApiKeyAccount,
  headers: Record<string, string>,
): Response | null {
  const waitSeconds = rateLimitWaitSeconds(world, account);
  if (waitSeconds === null) return null;
  const facts = { model: call.record.model ?? "", retryAfterSeconds: waitSeconds };
  return failureAnswer(httpFailureNamed("rate-limit-requests", facts), headers);
}

/** The items before this turn: none without a previous id, null when that id is unknown to the account. */
function previousTranscript(world: World, call: Call, account: SimApiKeyAccount): readonly JsonObject[] | null {
  const id = call.body["previous_response_id"];
  if (typeof id !== "string") return [];
  const stored = world.storedResponses.get(id);
  return stored?.account === account.name ? stored.transcript : null;
}

function previousNotFound(call: Call): Response {
  const message = `Previous response with id '${String(call.body["previous_response_id"])}' not found.`;
  return errorAnswer(400, { code: "previous_response_not_found", message, param: "previous_response_id" });
}

const STORED_MAX = 2_000;

function keepResponse(world: World, account: SimApiKeyAccount, answer: AnswerFacts, transcript: JsonObject[]): void {
  if (!answer.store) return;
  const response = responseObject(answer, "completed");
  const stored = { account: account.name, response, transcript };
  setBounded(world.storedResponses, answer.responseId, stored, STORED_MAX);
}

/** The whole response object; a scripted terminal event is told in its status. */
function unaryAnswer(call: Call, answer: AnswerFacts, headers: Record<string, string>): Response {
  const response = responseObject(answer, "completed");
  if (call.fault?.kind !== "failure") return jsonAnswer(200, response, headers);
  const failure = failureNamed(call.fault.name, call.fault.facts);
  if (failure.kind !== "event") return jsonAnswer(200, response, headers);
  const ended = failure.event["response"];
  return jsonAnswer(200, isObject(ended) ? { ...response, ...ended } : failure.event, headers);
}
