/**
 * Question: what do the smaller endpoints beside the turn answer?
 * Owns compaction, token counts, images, embeddings, search and everything unknown.
 * Must not stream.
 */

import type { SimAccount } from "./account.ts";
import { chatgptHeaders, usageLimitAnswer } from "./chatgpt-responses.ts";
import { admitApiKey, admitChatgpt } from "./credentials.ts";
import { detailAnswer, errorAnswer, jsonAnswer } from "./json-answer.ts";
import { platformHeaders } from "./platform-responses.ts";
import { exhaustedUntil } from "./quota.ts";
import { drawId } from "./rng.ts";
import { findSealedProblem, sealFor } from "./sealed.ts";
import { itemsOf } from "./turn.ts";
import type { Call, World } from "./world.ts";

/** Answers `POST …/responses/compact`: the user's messages and one sealed item. */
export function answerCompact(world: World, call: Call): Response {
  return forAccount(world, call, (account) => {
    const input = itemsOf(call.body["input"]);
    const problem = findSealedProblem(input, account.orgId, world.settings.strict.encryptedContent === "broken");
    if (problem !== null && world.settings.strict.encryptedContent !== "off") {
      return errorAnswer(400, { code: "invalid_encrypted_content", message: problem.message });
    }
    const kept = input.filter((item) => item["role"] === "user");
    const sealed = {
      id: drawId(world.rng, "cmp"),
      type: "compaction",
      encrypted_content: sealFor(account.orgId, world.rng),
    };
    return jsonAnswer(200, { output: [...kept, sealed] }, headersFor(world, account));
  });
}

/** Answers `POST /v1/responses/input_tokens`. */
export function answerInputTokens(world: World, call: Call): Response {
  return forAccount(world, call, (account) => {
    const inputTokens = Math.ceil(JSON.stringify(call.body["input"] ?? "").length / 4);
    return jsonAnswer(200, { object: "response.input_tokens", input_tokens: inputTokens }, headersFor(world, account));
  });
}

/** One transparent pixel. */
const PIXEL_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** Answers `POST …/images/generations` and `/edits`. */
export function answerImages(world: World, call: Call): Response {
  return forAccount(world, call, (account) => {
    const created = Math.floor(world.clock.now() / 1000);
    const image = { b64_json: PIXEL_PNG, revised_prompt: String(call.body["prompt"] ?? "") };
    return jsonAnswer(200, { created, data: [image], output_format: "png" }, headersFor(world, account));
  });
}

const DIMENSIONS = 4;

/** Answers `POST /v1/embeddings`: a short vector for each text, the same for the same length. */
export function answerEmbeddings(world: World, call: Call): Response {
  return forAccount(world, call, (account) => {
    const texts = [call.body["input"]].flat();
    const data = texts.map((text, index) => {
      const embedding = Array.from({ length: DIMENSIONS }, (_, place) => (String(text).length % (place + 2)) / 10);
      return { object: "embedding", index, embedding };
    });
    const answer = { object: "list", data, model: call.record.model, usage: { prompt_tokens: 1, total_tokens: 1 } };
    return jsonAnswer(200, answer, headersFor(world, account));
  });
}

/** Answers `POST …/alpha/search`. */
export function answerSearch(world: World, call: Call): Response {
  return forAccount(world, call, (account) => {
    const output = `Nothing was searched; this is a simulation of "${String(call.body["input"] ?? "")}".`;
    return jsonAnswer(200, { output }, headersFor(world, account));
  });
}

/** Answers every path there is nothing at. */
export function answerUnknown(call: Call): Response {
  if (call.side === "openai") {
    const message = `Invalid URL (${call.request.method} ${call.url.pathname})`;
    return errorAnswer(404, { code: null, message });
  }
  return detailAnswer(404, "Not Found");
}

function forAccount(world: World, call: Call, answer: (account: SimAccount) => Response): Response {
  if (call.side === "openai") {
    const admission = admitApiKey(call);
    return admission.kind === "refused" ? admission.answer : answer(admission.account);
  }
  const admission = admitChatgpt(world, call);
  if (admission.kind === "refused") return admission.answer;
  const untilMs = exhaustedUntil(admission.account.quota, call.record.model ?? "");
  return untilMs === null ? answer(admission.account) : usageLimitAnswer(world, admission.account, untilMs);
}

function headersFor(world: World, account: SimAccount): Record<string, string> {
  return account.kind === "chatgpt" ? chatgptHeaders(world, account) : platformHeaders(world, account);
}
