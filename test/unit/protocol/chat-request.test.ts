import { describe, expect, test } from "bun:test";
import { CHAT_ROLES } from "../../../src/protocol/chat-messages.ts";
import {
  type ChatRequest,
  parseChatRequest,
  SHARED_MEMBERS,
  TRANSLATED_MEMBERS,
} from "../../../src/protocol/chat-request.ts";
import { firstUserTextOf, instructionsOf } from "../../../src/protocol/responses-request.ts";

const HELLO = { role: "user", content: "Hello" };
const DATA_URL = "data:image/png;base64,iVBORw0KGgo=";

function parse(body: Record<string, unknown>) {
  return parseChatRequest(JSON.stringify({ model: "gpt-5.5", messages: [HELLO], ...body }));
}

function translate(body: Record<string, unknown>): ChatRequest {
  const parsed = parse(body);
  if (parsed.kind === "refused") throw new Error(`refused: ${parsed.refusal.message}`);
  expect(JSON.parse(parsed.chat.request.text)).toEqual(parsed.chat.request.body);
  return parsed.chat;
}

/** The Responses members without those that every translation has. */
function membersOf(body: Record<string, unknown>): Record<string, unknown> {
  const { model: _, stream: __, store: ___, input: ____, ...rest } = translate(body).request.body;
  return rest;
}

function itemsOf(messages: readonly unknown[]): unknown {
  return translate({ messages }).request.body["input"];
}

interface MessageRow {
  readonly name: string;
  readonly messages: readonly unknown[];
  readonly items: readonly unknown[];
}

const CALL = { id: "call_1", type: "function", function: { name: "look", arguments: '{"at":1.0}' } };
const CUSTOM_CALL = { id: "call_2", type: "custom", custom: { name: "shell", input: "ls -l" } };

const MESSAGE_ROWS: readonly MessageRow[] = [
  {
    name: "system, developer and user texts keep their roles",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "developer", content: [{ type: "text", text: "Be kind." }] },
      HELLO,
    ],
    items: [
      { type: "message", role: "system", content: [{ type: "input_text", text: "Be brief." }] },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "Be kind." }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
    ],
  },
  {
    name: "images by address, inline, with and without a detail",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: DATA_URL, detail: "high" } },
          { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
          { type: "image_url", image_url: DATA_URL },
        ],
      },
    ],
    items: [
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          { type: "input_image", image_url: DATA_URL, detail: "high" },
          { type: "input_image", image_url: "https://example.com/cat.png", detail: "auto" },
          { type: "input_image", image_url: DATA_URL, detail: "auto" },
        ],
      },
    ],
  },
  {
    name: "a file that is sent along, and a hint for the cache",
    messages: [
      {
        role: "user",
        content: [
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" } },
          { type: "text", text: "Sum it up", prompt_cache_breakpoint: { mode: "explicit" } },
        ],
      },
    ],
    items: [
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
          { type: "input_text", text: "Sum it up", prompt_cache_breakpoint: { mode: "explicit" } },
        ],
      },
    ],
  },
  {
    name: "an assistant's text, and its calls behind it, each with its output",
    messages: [
      HELLO,
      { role: "assistant", content: "Looking.", refusal: null, annotations: [], tool_calls: [CALL, CUSTOM_CALL] },
      { role: "tool", tool_call_id: "call_1", content: "a cat" },
      { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "total 0" }] },
    ],
    items: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Looking." }] },
      { type: "function_call", call_id: "call_1", name: "look", arguments: '{"at":1.0}' },
      { type: "custom_tool_call", call_id: "call_2", name: "shell", input: "ls -l" },
      { type: "function_call_output", call_id: "call_1", output: "a cat" },
      { type: "custom_tool_call_output", call_id: "call_2", output: [{ type: "input_text", text: "total 0" }] },
    ],
  },
  {
    name: "calls beside an empty or missing text, as langchain writes them, and calls without a type",
    messages: [
      { role: "assistant", content: "", tool_calls: [{ id: "call_1", function: { name: "look", arguments: "" } }] },
      { role: "tool", tool_call_id: "call_1", content: "" },
      { role: "assistant", content: null, tool_calls: [CALL] },
      { role: "tool", tool_call_id: "call_1", content: "a cat" },
    ],
    items: [
      { type: "function_call", call_id: "call_1", name: "look", arguments: "" },
      { type: "function_call_output", call_id: "call_1", output: "" },
      { type: "function_call", call_id: "call_1", name: "look", arguments: '{"at":1.0}' },
      { type: "function_call_output", call_id: "call_1", output: "a cat" },
    ],
  },
  {
    name: "refusals, as parts and as a member",
    messages: [
      HELLO,
      {
        role: "assistant",
        content: [
          { type: "text", text: "Well, " },
          { type: "refusal", refusal: "no." },
        ],
      },
      { role: "assistant", content: null, refusal: "Never." },
    ],
    items: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "Well, " },
          { type: "refusal", refusal: "no." },
        ],
      },
      { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "Never." }] },
    ],
  },
  {
    name: "deprecated function calls, whose ids are their places",
    messages: [
      HELLO,
      { role: "assistant", content: null, function_call: { name: "look", arguments: "{}" } },
      { role: "function", name: "look", content: "a cat" },
      { role: "assistant", content: null, function_call: { name: "look", arguments: '{"again":true}' } },
      { role: "function", name: "look", content: "a dog" },
    ],
    items: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
      { type: "function_call", call_id: "call_message_1", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "call_message_1", output: "a cat" },
      { type: "function_call", call_id: "call_message_3", name: "look", arguments: '{"again":true}' },
      { type: "function_call_output", call_id: "call_message_3", output: "a dog" },
    ],
  },
];

interface MemberRow {
  readonly name: string;
  readonly body: Record<string, unknown>;
  readonly members: Record<string, unknown>;
  readonly ignored?: readonly string[];
}

const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

const MEMBER_ROWS: readonly MemberRow[] = [
  { name: "nothing said", body: {}, members: {} },
  {
    name: "nothing but nulls",
    body: { tools: null, n: null, stop: null, response_format: null, user: null },
    members: {},
  },
  {
    name: "a function tool, which is not strict unless it says so (trap 36)",
    body: {
      tools: [
        { type: "function", function: { name: "look", description: "Looks.", parameters: SCHEMA } },
        { type: "function", function: { name: "stop", strict: true } },
      ],
      parallel_tool_calls: false,
    },
    members: {
      tools: [
        { type: "function", name: "look", description: "Looks.", parameters: SCHEMA, strict: false },
        { type: "function", name: "stop", parameters: { type: "object", properties: {} }, strict: true },
      ],
      parallel_tool_calls: false,
    },
  },
  {
    name: "custom tools with their formats",
    body: {
      tools: [
        { type: "custom", custom: { name: "shell", description: "Runs.", format: { type: "text" } } },
        {
          type: "custom",
          custom: { name: "sql", format: { type: "grammar", grammar: { syntax: "lark", definition: "start: /x/" } } },
        },
      ],
    },
    members: {
      tools: [
        { type: "custom", name: "shell", description: "Runs.", format: { type: "text" } },
        { type: "custom", name: "sql", format: { type: "grammar", syntax: "lark", definition: "start: /x/" } },
      ],
    },
  },
  { name: "an empty list of tools", body: { tools: [] }, members: { tools: [] } },
  {
    name: "search, which is a tool there",
    body: {
      web_search_options: {
        search_context_size: "low",
        user_location: { type: "approximate", approximate: { city: "Bern", country: "CH" } },
      },
    },
    members: {
      tools: [
        {
          type: "web_search",
          search_context_size: "low",
          user_location: { type: "approximate", city: "Bern", country: "CH" },
        },
      ],
    },
  },
  ...(["auto", "none", "required"] as const).map((word) => ({
    name: `tool choice ${word}`,
    body: { tool_choice: word },
    members: { tool_choice: word },
  })),
  {
    name: "tool choice: a function",
    body: { tool_choice: { type: "function", function: { name: "look" } } },
    members: { tool_choice: { type: "function", name: "look" } },
  },
  {
    name: "tool choice: a custom tool",
    body: { tool_choice: { type: "custom", custom: { name: "shell" } } },
    members: { tool_choice: { type: "custom", name: "shell" } },
  },
  {
    name: "tool choice: some of the tools",
    body: {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: {
          mode: "required",
          tools: [
            { type: "function", function: { name: "look" } },
            { type: "custom", custom: { name: "shell" } },
          ],
        },
      },
    },
    members: {
      tool_choice: {
        type: "allowed_tools",
        mode: "required",
        tools: [
          { type: "function", name: "look" },
          { type: "custom", name: "shell" },
        ],
      },
    },
  },
  {
    name: "deprecated functions, of which one may be called at a time",
    body: { functions: [{ name: "look", parameters: SCHEMA }], function_call: { name: "look" } },
    members: {
      tools: [{ type: "function", name: "look", parameters: SCHEMA, strict: false }],
      tool_choice: { type: "function", name: "look" },
      parallel_tool_calls: false,
    },
  },
  {
    name: "plain text asked for",
    body: { response_format: { type: "text" } },
    members: { text: { format: { type: "text" } } },
  },
  {
    name: "JSON of any form",
    body: { response_format: { type: "json_object" }, verbosity: "low" },
    members: { text: { format: { type: "json_object" }, verbosity: "low" } },
  },
  {
    name: "JSON by a schema",
    body: {
      response_format: {
        type: "json_schema",
        json_schema: { name: "place", description: "A place.", strict: true, schema: SCHEMA },
      },
    },
    members: {
      text: { format: { type: "json_schema", name: "place", description: "A place.", strict: true, schema: SCHEMA } },
    },
  },
  {
    name: "JSON by a schema that is not strict",
    body: { response_format: { type: "json_schema", json_schema: { name: "place" } } },
    members: { text: { format: { type: "json_schema", name: "place", strict: false, schema: {} } } },
  },
  { name: "effort", body: { reasoning_effort: "high" }, members: { reasoning: { effort: "high" } } },
  {
    name: "effort and a wish to read along",
    body: { reasoning_effort: "high", reasoning: { effort: "low", summary: "auto", max_tokens: 5 } },
    members: { reasoning: { effort: "high", summary: "auto" } },
    ignored: ["reasoning.max_tokens"],
  },
  { name: "a limit by its older name", body: { max_tokens: 100 }, members: { max_output_tokens: 100 } },
  { name: "a limit by its newer name", body: { max_completion_tokens: 100 }, members: { max_output_tokens: 100 } },
  {
    name: "both limits",
    body: { max_tokens: 50, max_completion_tokens: 100 },
    members: { max_output_tokens: 100 },
    ignored: ["max_tokens"],
  },
  {
    name: "a limit smaller than upstream takes",
    body: { max_tokens: 1 },
    members: { max_output_tokens: 16 },
    ignored: ["max_tokens"],
  },
  {
    name: "members that are spelled alike",
    body: Object.fromEntries(SHARED_MEMBERS.map((name) => [name, `a ${name}`])),
    members: Object.fromEntries(SHARED_MEMBERS.map((name) => [name, `a ${name}`])),
  },
  {
    name: "what has no counterpart, each by its name",
    body: {
      stop: ["END"],
      seed: 0,
      logit_bias: { "5": 1 },
      logprobs: true,
      top_logprobs: 2,
      frequency_penalty: 0.5,
      presence_penalty: -1,
      prediction: { type: "content", content: "x" },
      top_k: 40,
      conversation: "conv_1",
      previous_response_id: "resp_1",
    },
    members: {},
    ignored: [
      "stop",
      "seed",
      "logit_bias",
      "logprobs",
      "top_logprobs",
      "frequency_penalty",
      "presence_penalty",
      "prediction",
      "top_k",
      "conversation",
      "previous_response_id",
    ],
  },
  {
    name: "defaults that are written out",
    body: {
      n: 1,
      stop: [],
      logit_bias: {},
      logprobs: false,
      top_logprobs: 0,
      frequency_penalty: 0,
      presence_penalty: 0,
      modalities: ["text"],
      audio: null,
    },
    members: {},
  },
  {
    name: "members of messages that have no place, once each and fit for a header",
    body: {
      messages: [
        { role: "user", name: "Ada", content: "Hello" },
        { role: "user", name: "Bob", content: "Hi" },
        { role: "assistant", content: "Hey", reasoning_content: "Hm", audio: null, "x\r\ny: ä": 1 },
      ],
    },
    members: {},
    ignored: ["messages.name", "messages.reasoning_content", "messages.x__y___"],
  },
  {
    name: "padding of a stream; its usage is ours to tell",
    body: { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
    members: { stream_options: { include_obfuscation: false } },
  },
  { name: "options of a stream that is none", body: { stream_options: { include_obfuscation: false } }, members: {} },
];

interface RefusedRow {
  readonly name: string;
  readonly body: Record<string, unknown>;
  readonly code: string;
  readonly param: string;
}

const say = (content: unknown, role = "user") => ({ messages: [{ role, content }] });
const call = (made: unknown) => ({ messages: [{ role: "assistant", content: null, tool_calls: [made] }] });

const REFUSED_ROWS: readonly RefusedRow[] = [
  { name: "no model", body: { model: "" }, code: "missing_required_parameter", param: "model" },
  { name: "stream of a wrong type", body: { stream: "yes" }, code: "invalid_type", param: "stream" },
  { name: "no messages", body: { messages: null }, code: "missing_required_parameter", param: "messages" },
  { name: "messages of a wrong type", body: { messages: "Hello" }, code: "invalid_type", param: "messages" },
  { name: "an empty list of messages", body: { messages: [] }, code: "empty_array", param: "messages" },
  { name: "a message that is none", body: { messages: ["Hello"] }, code: "invalid_type", param: "messages[0]" },
  { name: "an unknown role", body: say("x", "oracle"), code: "invalid_value", param: "messages[0].role" },
  { name: "a user without content", body: say(null), code: "invalid_type", param: "messages[0].content" },
  { name: "content of a wrong type", body: say(5), code: "invalid_type", param: "messages[0].content" },
  { name: "a part that is none", body: say([null]), code: "invalid_type", param: "messages[0].content[0]" },
  {
    name: "a part of another API",
    body: say([{ type: "input_text", text: "x" }]),
    code: "invalid_value",
    param: "messages[0].content[0].type",
  },
  {
    name: "a text part without text",
    body: say([{ type: "text" }]),
    code: "invalid_type",
    param: "messages[0].content[0].text",
  },
  {
    name: "an image without an address",
    body: say([{ type: "image_url", image_url: {} }]),
    code: "invalid_type",
    param: "messages[0].content[0].image_url.url",
  },
  {
    name: "audio",
    body: say([{ type: "input_audio", input_audio: { data: "", format: "wav" } }]),
    code: "unsupported_content",
    param: "messages[0].content[0].input_audio",
  },
  {
    name: "an uploaded file, which one account has",
    body: say([{ type: "file", file: { file_id: "file-1" } }]),
    code: "unsupported_content",
    param: "messages[0].content[0].file.file_id",
  },
  {
    name: "a file without data",
    body: say([{ type: "file", file: { filename: "a" } }]),
    code: "invalid_type",
    param: "messages[0].content[0].file.file_data",
  },
  {
    name: "an image of an assistant",
    body: say([{ type: "image_url", image_url: { url: DATA_URL } }], "assistant"),
    code: "invalid_value",
    param: "messages[0].content[0].type",
  },
  {
    name: "an assistant's text part without text",
    body: say([{ type: "text" }], "assistant"),
    code: "invalid_type",
    param: "messages[0].content[0].text",
  },
  {
    name: "a call without an id",
    body: call({ type: "function", function: { name: "x", arguments: "" } }),
    code: "invalid_type",
    param: "messages[0].tool_calls[0].id",
  },
  {
    name: "a call of an unknown type",
    body: call({ id: "c", type: "magic" }),
    code: "invalid_value",
    param: "messages[0].tool_calls[0].type",
  },
  {
    name: "a call without a name",
    body: call({ id: "c", type: "function", function: {} }),
    code: "invalid_type",
    param: "messages[0].tool_calls[0].function.name",
  },
  {
    name: "arguments that are no text",
    body: call({ id: "c", type: "function", function: { name: "x", arguments: {} } }),
    code: "invalid_type",
    param: "messages[0].tool_calls[0].function.arguments",
  },
  {
    name: "a custom call without input",
    body: call({ id: "c", type: "custom", custom: { name: "x" } }),
    code: "invalid_type",
    param: "messages[0].tool_calls[0].custom.input",
  },
  {
    name: "an output of no call",
    body: { messages: [{ role: "tool", content: "x" }] },
    code: "invalid_type",
    param: "messages[0].tool_call_id",
  },
  {
    name: "an output without content",
    body: { messages: [{ role: "tool", tool_call_id: "c" }] },
    code: "invalid_type",
    param: "messages[0].content",
  },
  {
    name: "a function's output that nobody asked for",
    body: { messages: [{ role: "function", name: "f", content: "x" }] },
    code: "invalid_value",
    param: "messages[0].name",
  },
  { name: "several choices", body: { n: 2 }, code: "unsupported_value", param: "n" },
  { name: "choices that are no number", body: { n: "2" }, code: "invalid_type", param: "n" },
  {
    name: "an answer to be heard",
    body: { modalities: ["text", "audio"] },
    code: "unsupported_value",
    param: "modalities",
  },
  { name: "tools of a wrong type", body: { tools: {} }, code: "invalid_type", param: "tools" },
  {
    name: "a tool of another API",
    body: { tools: [{ type: "file_search" }] },
    code: "invalid_value",
    param: "tools[0].type",
  },
  {
    name: "a tool without a name",
    body: { tools: [{ type: "function", function: {} }] },
    code: "invalid_type",
    param: "tools[0].function.name",
  },
  {
    name: "a flat tool, as Responses has them",
    body: { tools: [{ type: "function", name: "x" }] },
    code: "invalid_type",
    param: "tools[0].function",
  },
  { name: "functions beside tools", body: { tools: [], functions: [] }, code: "invalid_request", param: "functions" },
  { name: "an unknown word for the choice", body: { tool_choice: "any" }, code: "invalid_value", param: "tool_choice" },
  {
    name: "a choice of no tool",
    body: { tool_choice: { type: "function" } },
    code: "invalid_type",
    param: "tool_choice.function.name",
  },
  {
    name: "a choice of a hosted tool",
    body: { tool_choice: { type: "web_search" } },
    code: "invalid_value",
    param: "tool_choice.type",
  },
  {
    name: "an unknown word for the function",
    body: { function_call: "any" },
    code: "invalid_value",
    param: "function_call",
  },
  {
    name: "an unknown format",
    body: { response_format: { type: "xml" } },
    code: "invalid_value",
    param: "response_format.type",
  },
  {
    name: "a format of a wrong type",
    body: { response_format: "json" },
    code: "invalid_type",
    param: "response_format",
  },
  {
    name: "a schema without a name",
    body: { response_format: { type: "json_schema", json_schema: {} } },
    code: "invalid_type",
    param: "response_format.json_schema.name",
  },
  { name: "a limit that is no number", body: { max_tokens: "10" }, code: "invalid_type", param: "max_tokens" },
  {
    name: "a limit of nothing",
    body: { max_completion_tokens: 0 },
    code: "invalid_type",
    param: "max_completion_tokens",
  },
  { name: "reasoning of a wrong type", body: { reasoning: "high" }, code: "invalid_type", param: "reasoning" },
];

describe("parseChatRequest()", () => {
  for (const { name, messages, items } of MESSAGE_ROWS) {
    test(`translates ${name} (trap 36)`, () => {
      expect(itemsOf(messages)).toEqual(items);
    });
  }

  for (const { name, body, members, ignored = [] } of MEMBER_ROWS) {
    test(`translates ${name}`, () => {
      expect(membersOf(body)).toEqual(members);
      expect(translate(body).ignored).toEqual([...ignored]);
    });
  }

  for (const { name, body, code, param } of REFUSED_ROWS) {
    test(`refuses ${name}`, () => {
      const parsed = parse(body);
      if (parsed.kind === "ok") throw new Error("not refused");
      const { status, type } = parsed.refusal;
      expect({ status, type, code: parsed.refusal.code, param: parsed.refusal.param }).toEqual({
        status: 400,
        type: "invalid_request_error",
        code,
        param,
      });
    });
  }

  test("every member has one fate", () => {
    const names = [...SHARED_MEMBERS, ...TRANSLATED_MEMBERS];
    expect(new Set<string>(names).size).toBe(names.length);
  });

  test("answers are not stored unless the client says so, as is usual for chats", () => {
    expect(translate({}).request.body["store"]).toBe(false);
    expect(translate({ store: true }).request.body["store"]).toBe(true);
  });

  test("tells the model, whether it streams, and what the client wants to be told", () => {
    expect(translate({})).toMatchObject({ request: { model: "gpt-5.5", stream: false }, includeUsage: false });
    const options = { include_usage: true };
    expect(translate({ stream: true, stream_options: options })).toMatchObject({
      request: { stream: true },
      includeUsage: true,
    });
    expect(translate({ functions: [{ name: "x" }] }).usesFunctions).toBe(true);
  });

  test("knows the client's own name of the limit", () => {
    expect(translate({ max_tokens: 20 }).namesHere).toEqual({ max_output_tokens: "max_tokens" });
    expect(translate({ max_completion_tokens: 20 }).namesHere).toEqual({ max_output_tokens: "max_completion_tokens" });
  });

  test("a longer history begins with the very items of the shorter one, so caches and sessions stay", () => {
    const history = MESSAGE_ROWS.flatMap((row) => row.messages);
    const whole = itemsOf(history);
    if (!Array.isArray(whole)) throw new Error("no items");
    for (let length = 1; length < history.length; length += 1) {
      const items = itemsOf(history.slice(0, length));
      expect(items).toEqual(whole.slice(0, Array.isArray(items) ? items.length : -1));
      const shorter = translate({ messages: history.slice(0, length) }).request.body;
      expect(instructionsOf(shorter)).toBe("Be brief.");
      if (length >= 3) expect(firstUserTextOf(shorter)).toBe("Hello");
    }
  });

  test("bodies that are no JSON, no object or nested too deeply are refused, not thrown about", () => {
    const deep = `{"model":"m","messages":[{"role":"user","content":"x"}],"metadata":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    for (const text of ["{nonsense", "[]", '"x"', "null", deep]) {
      const parsed = parseChatRequest(text);
      expect(parsed.kind === "refused" ? parsed.refusal.code : "ok").toBe("invalid_json");
    }
  });

  test("refusals repeat nothing of what was sent", () => {
    const canary = "sk-canary-1234567890";
    const bodies = [
      ...CHAT_ROLES.map((role) => ({ messages: [{ role, content: { [canary]: canary }, tool_call_id: 5 }] })),
      { messages: [{ role: canary, content: canary }] },
      { tools: [{ type: canary }], tool_choice: canary },
      { tool_choice: canary },
      { response_format: { type: canary } },
    ];
    for (const body of bodies) expect(JSON.stringify(parse(body))).not.toContain(canary);
  });
});
