/**
 * Question: how does the ChatGPT backend answer a turn?
 * Owns the order of its checks (login, body, model, sealed items, turn state, quota) and the head of its stream.
 * Must not know the platform's API keys.
 */
import type { SimChatgptAccount } from "./account.ts";
import { setBounded } from "./bounded.ts";
import { catalogueTag } from "./catalogue.ts";
import type { JsonObject } from "./content.ts";
import { admitChatgpt } from "./credentials.ts";
import { type EventFailureName, failureNamed, httpFailureNamed } from "./failures.ts";
import { failure as failureFault } from "./fault.ts";
import { generate } from "./generate.ts";
import { detailAnswer, errorAnswer, failureAnswer } from "./json-answer.ts";
import { consume, exhaustedUntil, quotaHeaders } from "./quota.ts";
import { rateLimitWaitSeconds } from "./rate-limit.ts";
import { noteViolation } from "./record.ts";
import { drawHex, drawSecret, drawUuid } from "./rng.ts";
import { findSealedProblem, type SealedProblem } from "./sealed.ts";
import { streamAnswer } from "./stream-answer.ts";
import { inputOf, refusalOf } from "./turn-rules.ts";
import type { Call, World } from "./world.ts";

/** Answers `POST /backend-api/codex/responses`. */
export function answerChatgptTurn(world: World, call: Call): Response {
  const admission = admitChatgpt(world, call);
  if (admission.kind === "refused") return admission.answer;
  const { account } = admission;
  const refusal = refuseBody(world, call, account) ?? refuseState(world, call, account);
  if (refusal !== null) return refusal;
  const sealed = findSealed(world, call, account);
  if (sealed !== null) return refuseSealed(world, call, account, sealed);
  const limited = refuseQuota(world, call, account);
  if (limited !== null) return limited;
  return serve(world, call, account);
}

/** The headers every answer of this backend carries for this account. */
export function chatgptHeaders(world: World, account: SimChatgptAccount): Record<string, string> {
  const requestId = drawUuid(world.rng);
  return {
    "x-request-id": requestId,
    "x-oai-request-id": requestId,
    "cf-ray": `${drawHex(world.rng, 16)}-FRA`,
    "x-models-etag": catalogueTag(account.models, world.settings.catalogueEdition),
    "x-reasoning-included": "true",
    ...quotaHeaders(account.quota, account.plan, world.clock.now()),
  };
}

/** 429 `usage_limit_reached` with the true reset. */
export function usageLimitAnswer(world: World, account: SimChatgptAccount, resetsAtMs: number): Response {
  const facts = { plan: account.plan, nowMs: world.clock.now(), resetsAtMs };
  const reached = account.quota.reachedType;
  const extra: Record<string, string> = reached === null ? {} : { "x-codex-rate-limit-reached-type": reached };
  return failureAnswer(httpFailureNamed("usage-limit", facts), { ...chatgptHeaders(world, account), ...extra });
}

function refuseBody(world: World, call: Call, account: SimChatgptAccount): Response | null {
  const { strict } = world.settings;
  const detail = refusalOf(call.body, strict);
  if (detail !== null) return detailAnswer(400, detail, chatgptHeaders(world, account));
  const model = String(call.body["model"] ?? "");
  if (!strict.model || account.models.includes(model)) return null;
  return failureAnswer(httpFailureNamed("model-not-supported", { model }), chatgptHeaders(world, account));
}

function refuseState(world: World, call: Call, account: SimChatgptAccount): Response | null {
  const state = call.request.headers.get("x-codex-turn-state");
  if (state === null) return null;
  const owner = world.turnStates.get(state) ?? null;
  if (owner === account.name) return null;
  const note = `turn state of ${owner ?? "nobody"} sent with the token of ${account.name}`;
  noteViolation(world.evidence, call.record, "foreign-turn-state", account.name, note);
  if (!world.settings.strict.turnState) return null;
  const message = "The turn state does not belong to this account.";
  return errorAnswer(400, { code: "invalid_turn_state", message }, chatgptHeaders(world, account));
}

function findSealed(world: World, call: Call, account: SimChatgptAccount): SealedProblem | null {
  const mode = world.settings.strict.encryptedContent;
  if (mode === "off") return null;
  return findSealedProblem(inputOf(call.body), account.orgId, mode === "broken");
}

function refuseSealed(world: World, call: Call, account: SimChatgptAccount, problem: SealedProblem): Response {
  const headers = chatgptHeaders(world, account);
  const { message } = problem;
  switch (world.settings.encryptedRefusal) {
    case "http-400":
      return errorAnswer(400, { code: "invalid_encrypted_content", message }, headers);
    case "null-code":
      return errorAnswer(400, { code: null, message }, headers);
    case "stream-failed":
      return refuseInStream(world, call, account, "failed-invalid-encrypted-content", message);
    case "stream-error":
      return refuseInStream(world, call, account, "error-event-invalid-encrypted-content", message);
  }
}

/** The refusal as the second event of a 200. Nothing was generated, so nothing is noted as accepted. */
function refuseInStream(
  world: World,
  call: Call,
  account: SimChatgptAccount,
  name: EventFailureName,
  message: string,
): Response {
  const built = failureNamed(name);
  if (built.kind !== "event") throw new Error(`simulator: ${name} is no event`);
  const event = withMessage(built.event, message);
  const answer = {
    responseId: `resp_${drawHex(world.rng, 48)}`,
    model: call.record.model ?? "",
    createdAtMs: world.clock.now(),
    items: [],
    usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    emptyOutput: true,
    serviceTier: "default",
    store: false,
    previousResponseId: null,
    deltaChars: call.knobs.deltaChars,
  };
  const failing = { ...built, event };
  const told = { ...call, fault: call.fault ?? failureFault(name) };
  return streamAnswer(world, told, answer, chatgptHeaders(world, account), failing);
}

function withMessage(event: JsonObject, message: string): JsonObject {
  if (event["type"] === "error") return { ...event, message };
  const code = "invalid_encrypted_content";
  return { ...event, response: { object: "response", status: "failed", error: { code, message }, output: [] } };
}

function refuseQuota(world: World, call: Call, account: SimChatgptAccount): Response | null {
  const untilMs = exhaustedUntil(account.quota, call.record.model ?? "");
  if (untilMs !== null) return usageLimitAnswer(world, account, untilMs);
  const waitSeconds = rateLimitWaitSeconds(world, account);
  if (waitSeconds === null) return null;
  const facts = { model: call.record.model ?? "", retryAfterSeconds: waitSeconds };
  return failureAnswer(httpFailureNamed("rate-limit", facts), chatgptHeaders(world, account));
}

function serve(world: World, call: Call, account: SimChatgptAccount): Response {
  const { answer } = generate(world, call, account);
  const model = call.record.model ?? "";
  const tokens = answer.usage.inputTokens + answer.usage.outputTokens;
  consume(account.quota, model, account.percentPerTurn + (account.percentPerThousandTokens * tokens) / 1000);
  const headers = {
    ...chatgptHeaders(world, account),
    "openai-model": model,
    "x-codex-turn-state": issueTurnState(world, call, account),
  };
  return streamAnswer(world, call, answer, headers, null);
}

const TURN_STATES_MAX = 20_000;

/** One value for one turn: a follow-up that brings its own gets it back. */
function issueTurnState(world: World, call: Call, account: SimChatgptAccount): string {
  const sent = call.request.headers.get("x-codex-turn-state");
  if (sent !== null && world.turnStates.get(sent) === account.name) return sent;
  const state = `ts_${drawSecret(world.rng, 48)}`;
  setBounded(world.turnStates, state, account.name, TURN_STATES_MAX);
  return state;
}
