/**
 * What the official package does against a pool: `node openai-sdk.mjs <scenario> [argument]`, with BASE_URL and API_KEY in
 * the environment. Prints one JSON document. An error the package throws is an answer too: its class, status and body.
 */
import OpenAI from "openai";

const [scenario, argument = ""] = process.argv.slice(2);
const MODEL = "gpt-5.5";
const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.API_KEY, maxRetries: 0 });

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
