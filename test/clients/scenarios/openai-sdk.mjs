/**
 * What the official package does against a pool: `node openai-sdk.mjs <scenario> [argument]`, with BASE_URL and API_KEY in
 * the environment. Prints one JSON document. An error the package throws is an answer too: its class, status and body.
 */
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { ResponsesWS } from "openai/resources/responses/ws";
import { z } from "zod";
import { QUESTIONS, weatherTool } from "./frame.mjs";

const [scenario, argument = ""] = process.argv.slice(2);
const MODEL = "gpt-5.5";
const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.API_KEY, maxRetries: 0 });

const PLACE = z.object({ city: z.string(), degrees: z.number() });
const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

/** Asks until there is no call left; `ask` gets what is new and answers a response. Returns what was said in the end. */
async function answerCalls(ask, weather, input) {
  const response = await ask(input);
  const calls = response.output.filter((item) => item.type === "function_call");
  if (calls.length === 0) return response.output_text;
  const outputs = calls.map(({ call_id, arguments: args }) => {
    return { type: "function_call_output", call_id, output: weather.call(JSON.parse(args)) };
  });
  return answerCalls(ask, weather, outputs);
}

const SCENARIOS = {
  async create() {
    const response = await client.responses.create({ model: MODEL, input: argument, temperature: 0.2 });
    return { status: response.status, output_text: response.output_text, model: response.model };
  },

  async stream() {
    const stream = client.responses.stream({ model: MODEL, input: argument });
    let deltas = "";
    stream.on("response.output_text.delta", (event) => {
      deltas += event.delta;
    });
    const response = await stream.finalResponse();
    return { status: response.status, output_text: response.output_text, deltas };
  },

  /** Two turns on one WebSocket, the second by what is new. */
  async socket() {
    const socket = new ResponsesWS(client);
    const events = socket.stream();
    const ask = async (input, previous) => {
      const goOn = previous === null ? {} : { previous_response_id: previous };
      socket.send({ type: "response.create", model: MODEL, store: false, input, ...goOn });
      let said = "";
      for (;;) {
        const { value: event } = await events.next();
        if (event.type === "error") throw event.error;
        if (event.type !== "message") continue;
        if (event.message.type === "response.output_text.delta") said += event.message.delta;
        if (event.message.type === "response.completed") return { id: event.message.response.id, said };
      }
    };
    while ((await events.next()).value.type !== "open");
    const first = await ask(argument, null);
    const second = await ask([{ role: "user", content: "again" }], first.id);
    socket.close();
    return { said: [first.said, second.said] };
  },

  /** Leaves after the first piece of text. */
  async abort() {
    const stream = await client.responses.create({ model: MODEL, input: argument, stream: true });
    let deltas = 0;
    for await (const event of stream) {
      if (event.type !== "response.output_text.delta") continue;
      deltas += 1;
      stream.controller.abort();
    }
    return { deltas };
  },

  /** Two turns; the second carries everything of the first, reasoning included. */
  async conversation() {
    const input = [{ role: "user", content: "first question" }];
    const ask = () => client.responses.create({ model: MODEL, input, store: false }).withResponse();
    const first = await ask();
    input.push(...first.data.output, { role: "user", content: "second question" });
    const second = await ask();
    return [first, second].map(({ data, response }) => ({
      output_text: data.output_text,
      profile: response.headers.get("x-codexuse-profile"),
      session: response.headers.get("x-codexuse-session"),
    }));
  },

  async parallel() {
    const ask = (number) => client.responses.create({ model: MODEL, input: `question ${number}` });
    const responses = await Promise.all(Array.from({ length: Number(argument) }, (_, number) => ask(number)));
    return responses.map((response) => response.output_text);
  },

  async models() {
    const listed = [];
    for await (const model of client.models.list()) listed.push(model);
    const { id, object } = await client.models.retrieve(MODEL);
    return { ids: listed.map((model) => model.id), retrieved: { id, object } };
  },

  retrieve: () => client.models.retrieve(argument),

  async chat() {
    const messages = [{ role: "user", content: argument }];
    const completion = await client.chat.completions.create({ model: MODEL, messages });
    return { content: completion.choices[0].message.content, reason: completion.choices[0].finish_reason };
  },

  async chatStream() {
    const messages = [{ role: "user", content: argument }];
    const stream = client.chat.completions.stream({ model: MODEL, messages, stream_options: { include_usage: true } });
    let deltas = "";
    stream.on("content", (delta) => {
      deltas += delta;
    });
    const completion = await stream.finalChatCompletion();
    return { content: completion.choices[0].message.content, deltas, hasUsage: completion.usage.total_tokens > 0 };
  },

  async chatParse() {
    const messages = [{ role: "user", content: argument }];
    const response_format = zodResponseFormat(PLACE, "place");
    const completion = await client.chat.completions.parse({ model: MODEL, messages, response_format });
    return completion.choices[0].message.parsed;
  },

  async parse() {
    const text = { format: zodTextFormat(PLACE, "place") };
    const response = await client.responses.parse({ model: MODEL, input: argument, text });
    return response.output_parsed;
  },

  /** The package's own loop over the calls of a chat. */
  async chatTools() {
    const { cities, name, description, call } = weatherTool();
    const parameters = CITY;
    const tools = [
      { type: "function", function: { name, description, parameters, parse: JSON.parse, function: call } },
    ];
    const messages = [];
    const texts = [];
    for (const content of QUESTIONS) {
      messages.push({ role: "user", content });
      const runner = client.chat.completions.runTools({ model: MODEL, messages, tools });
      texts.push(await runner.finalContent());
      messages.splice(0, messages.length, ...runner.messages);
    }
    return { texts, cities };
  },

  /** Responses with the whole history each time. */
  async tools() {
    const weather = weatherTool();
    const tools = [{ type: "function", name: "weather", parameters: CITY, strict: true }];
    const input = [];
    const texts = [];
    const ask = async (more) => {
      input.push(...more);
      const response = await client.responses.create({ model: MODEL, input, tools });
      input.push(...response.output);
      return response;
    };
    for (const content of QUESTIONS) texts.push(await answerCalls(ask, weather, [{ role: "user", content }]));
    return { texts, cities: weather.cities };
  },

  /** Responses that go on from the last one by its id. */
  async chain() {
    const weather = weatherTool();
    const tools = [{ type: "function", name: "weather", parameters: CITY, strict: true }];
    const texts = [];
    let previous_response_id = null;
    const ask = async (input) => {
      const response = await client.responses.create({ model: MODEL, input, tools, previous_response_id });
      previous_response_id = response.id;
      return response;
    };
    for (const content of QUESTIONS) texts.push(await answerCalls(ask, weather, [{ role: "user", content }]));
    return { texts, cities: weather.cities };
  },

  /** What can be done with a response that was kept. */
  async stored() {
    const first = await client.responses.create({ model: MODEL, input: "first question" });
    const again = await client.responses.retrieve(first.id);
    const items = [];
    for await (const item of client.responses.inputItems.list(first.id, { limit: 1, order: "asc" })) items.push(item);
    const { input_tokens } = await client.responses.inputTokens.count({ model: MODEL, input: "how long?" });
    await client.responses.delete(first.id);
    const gone = await client.responses.retrieve(first.id).catch(describeError);
    return { first: first.output_text, again: again.output_text, items: items.length, input_tokens, gone: gone.status };
  },

  async chained() {
    return client.responses.create({ model: MODEL, input: "x", previous_response_id: argument });
  },

  async others() {
    const compacted = await client.responses.compact({ model: MODEL, input: "a long story" });
    const images = await client.images.generate({ model: "gpt-image-2", prompt: "a cat" });
    const image = await OpenAI.toFile(Buffer.from("no real image"), "cat.png", { type: "image/png" });
    const edits = await client.images.edit({ model: "gpt-image-2", prompt: "a hat", image });
    const embeddings = await client.embeddings.create({ model: "text-embedding-3-small", input: "cats" });
    return {
      compacted: compacted.output.map((item) => item.type ?? item.role),
      images: images.data.length,
      edits: edits.data.length,
      embeddings: embeddings.data.length,
    };
  },

  /** Streams a model of this name to the end. */
  async ask() {
    const stream = client.responses.stream({ model: argument, input: "Say hello" });
    return { output_text: (await stream.finalResponse()).output_text };
  },
};

function describeError(error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  const { status, code, type, param } = error;
  return {
    thrown: error.constructor.name,
    status,
    code,
    type,
    param,
    body: error.error,
    message: error.message,
    retry_after: error.headers?.get("retry-after") ?? null,
  };
}

const result = await SCENARIOS[scenario]().catch(describeError);
process.stdout.write(JSON.stringify(result));
