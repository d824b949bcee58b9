/** The AI SDK against a pool. Modes: `responses`, `chat` (both of @ai-sdk/openai), `compatible` (@ai-sdk/openai-compatible). */
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { apiKey, argument, baseURL, MODEL, mode, QUESTIONS, runScenario, weatherTool } from "./frame.mjs";

const MODES = {
  responses: (model) => createOpenAI({ baseURL, apiKey }).responses(model),
  chat: (model) => createOpenAI({ baseURL, apiKey }).chat(model),
  compatible: (model) =>
    createOpenAICompatible({ name: "pool", baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true })(
      model,
    ),
};

const modelOf = (name = MODEL) => MODES[mode](name);

const SCENARIOS = {
  async plain() {
    const { text, finishReason, usage } = await generateText({ model: modelOf(), prompt: argument, maxRetries: 0 });
    return { text, finishReason, hasUsage: usage.totalTokens > 0 };
  },

  async stream() {
    const result = streamText({ model: modelOf(), prompt: argument, maxRetries: 0 });
    let deltas = "";
    for await (const delta of result.textStream) deltas += delta;
    return { text: await result.text, deltas, finishReason: await result.finishReason };
  },

  /** Two questions, each of which takes a step of the tool and a step of the answer. */
  async tools() {
    const { cities, ...weather } = weatherTool();
    const tools = {
      weather: tool({
        description: weather.description,
        inputSchema: z.object({ city: z.string() }),
        execute: weather.call,
      }),
    };
    const messages = [];
    const texts = [];
    for (const content of QUESTIONS) {
      messages.push({ role: "user", content });
      const result = await generateText({ model: modelOf(), messages, tools, stopWhen: stepCountIs(4), maxRetries: 0 });
      messages.push(...result.responseMessages);
      texts.push(result.text);
    }
    return { texts, cities };
  },

  async object() {
    const schema = z.object({ city: z.string(), degrees: z.number() });
    const result = await generateText({ model: modelOf(), prompt: argument, output: Output.object({ schema }) });
    return result.output;
  },

  /** Goes on from the first answer by its id; of the responses mode only. */
  async chain() {
    const first = await generateText({ model: modelOf(), prompt: "first question", maxRetries: 0 });
    const previousResponseId = first.providerMetadata.openai.responseId;
    const second = await generateText({
      model: modelOf(),
      prompt: "second question",
      providerOptions: { openai: { previousResponseId } },
      maxRetries: 0,
    });
    return { texts: [first.text, second.text] };
  },

  /** A model of this name. */
  ask: () => generateText({ model: modelOf(argument), prompt: "Say hello", maxRetries: 0 }),
};

function describe(error) {
  if (!APICallError.isInstance(error)) throw error;
  const { statusCode: status, isRetryable, message, data } = error;
  return { thrown: error.name, status, isRetryable, message, code: data?.error?.code ?? null };
}

await runScenario(SCENARIOS, describe);
