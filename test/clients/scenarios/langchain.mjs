/** LangChain against a pool. Modes: `chat` (its default) and `responses`. */
import { AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { apiKey, argument, baseURL, MODEL, mode, QUESTIONS, runScenario, weatherTool } from "./frame.mjs";

const chatOf = (model = MODEL) =>
  new ChatOpenAI({
    model,
    apiKey,
    configuration: { baseURL },
    useResponsesApi: mode === "responses",
    maxRetries: 0,
  });

const SCENARIOS = {
  async plain() {
    const { text } = await chatOf().invoke(argument);
    return { text };
  },

  async stream() {
    let whole = null;
    let deltas = "";
    for await (const chunk of await chatOf().stream(argument)) {
      deltas += chunk.text;
      whole = whole === null ? chunk : whole.concat(chunk);
    }
    return { text: whole instanceof AIMessageChunk ? whole.text : null, deltas };
  },

  async tools() {
    const { cities, name, description, call } = weatherTool();
    const weather = tool(call, { name, description, schema: z.object({ city: z.string() }) });
    const chat = chatOf().bindTools([weather]);
    const messages = [];
    const texts = [];
    for (const question of QUESTIONS) {
      messages.push(new HumanMessage(question));
      for (;;) {
        const answer = await chat.invoke(messages);
        messages.push(answer);
        if (!answer.tool_calls?.length) {
          texts.push(answer.text);
          break;
        }
        for (const { id, args } of answer.tool_calls) {
          messages.push(new ToolMessage({ tool_call_id: id, content: await weather.invoke(args) }));
        }
      }
    }
    return { texts, cities };
  },

  async object() {
    const schema = z.object({ city: z.string(), degrees: z.number() });
    return chatOf().withStructuredOutput(schema, { name: "weather" }).invoke(argument);
  },

  /** A model of this name. */
  async ask() {
    return { text: (await chatOf(argument).invoke("Say hello")).text };
  },
};

function describe(error) {
  if (typeof error?.status !== "number") throw error;
  return { thrown: error.name, status: error.status, code: error.code ?? null, message: error.message };
}

await runScenario(SCENARIOS, describe);
