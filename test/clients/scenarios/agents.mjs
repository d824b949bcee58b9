/** The OpenAI Agents SDK against a pool. Modes: `responses`, `chat_completions`, `websocket`. */
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool, user } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { apiKey, argument, baseURL, MODEL, mode, QUESTIONS, runScenario, weatherTool } from "./frame.mjs";

setTracingDisabled(true);
// Node has one of its own from version 22 on.
if (mode === "websocket") globalThis.WebSocket ??= (await import("ws")).WebSocket;
const openAIClient = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const modelProvider = new OpenAIProvider({
  openAIClient,
  useResponses: mode !== "chat_completions",
  useResponsesWebSocket: mode === "websocket",
});
const runner = new Runner({ modelProvider, tracingDisabled: true });
const agentOf = (more = {}) => new Agent({ name: "Helper", instructions: "Be brief.", model: MODEL, ...more });

function weatherAgent() {
  const { cities, name, description, call } = weatherTool();
  const parameters = z.object({ city: z.string() });
  return {
    cities,
    agent: agentOf({ tools: [tool({ name, description, parameters, execute: async (input) => call(input) })] }),
  };
}

const SCENARIOS = {
  async plain() {
    const { finalOutput } = await runner.run(agentOf(), argument);
    return { text: finalOutput };
  },

  async stream() {
    const result = await runner.run(agentOf(), argument, { stream: true });
    let deltas = "";
    for await (const delta of result.toTextStream()) deltas += delta;
    await result.completed;
    return { text: result.finalOutput, deltas };
  },

  async tools() {
    const { agent, cities } = weatherAgent();
    let history = [];
    const texts = [];
    for (const question of QUESTIONS) {
      const result = await runner.run(agent, [...history, user(question)]);
      history = result.history;
      texts.push(result.finalOutput);
    }
    return { texts, cities };
  },

  /** The same, going on from the last answer by its id; of the responses mode only. */
  async chain() {
    const { agent, cities } = weatherAgent();
    let previousResponseId;
    const texts = [];
    for (const question of QUESTIONS) {
      const result = await runner.run(agent, question, { previousResponseId });
      previousResponseId = result.lastResponseId;
      texts.push(result.finalOutput);
    }
    return { texts, cities };
  },

  async object() {
    const outputType = z.object({ city: z.string(), degrees: z.number() });
    return (await runner.run(agentOf({ outputType }), argument)).finalOutput;
  },

  /** A model of this name. */
  async ask() {
    const { finalOutput } = await runner.run(agentOf({ model: argument }), "Say hello");
    return { text: finalOutput };
  },
};

function describe(error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  return { thrown: error.constructor.name, status: error.status, code: error.code, message: error.message };
}

await runScenario(SCENARIOS, describe);
await modelProvider.close();
