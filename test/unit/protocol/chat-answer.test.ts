import { describe, expect, test } from "bun:test";
import { chatErrorOf, chatIdOf, toChatCompletion } from "../../../src/protocol/chat-answer.ts";

const FACTS = { model: "deep-thought", fallbackId: "turn_1", createdAtSeconds: 1_700_000_000, usesFunctions: false };

function text(said: string, annotations: readonly unknown[] = []): Record<string, unknown> {
  return { type: "output_text", text: said, annotations };
}

function message(...parts: readonly unknown[]): Record<string, unknown> {
  return { type: "message", role: "assistant", status: "completed", content: parts };
}

function functionCall(id: string, name: string, args: string): Record<string, unknown> {
  return { type: "function_call", id: `fc_${id}`, call_id: id, name, arguments: args, status: "completed" };
}

interface Row {
  readonly name: string;
  readonly response: Record<string, unknown>;
  readonly message: Record<string, unknown>;
  readonly reason: string;
  readonly usesFunctions?: boolean;
}

const source = (start: number, end: number) => ({
  type: "url_citation",
  start_index: start,
  end_index: end,
  url: "https://example.com",
  title: "Example",
});

const BARE = { role: "assistant", refusal: null, annotations: [] };

const ROWS: readonly Row[] = [
  {
    name: "one text",
    response: { output: [message(text("Hello"))] },
    message: { ...BARE, content: "Hello" },
    reason: "stop",
  },
  { name: "nothing at all", response: { output: [] }, message: { ...BARE, content: "" }, reason: "stop" },
  { name: "no output", response: {}, message: { ...BARE, content: "" }, reason: "stop" },
  {
    name: "parts of a message go on, messages are paragraphs, empty ones are none",
    response: { output: [message(text("A"), text("B")), message(text("")), message(text("C"))] },
    message: { ...BARE, content: "AB\n\nC" },
    reason: "stop",
  },
  {
    name: "sources where they stand in the whole",
    response: {
      output: [
        message(text("See", [source(0, 3)])),
        message(text("And "), text("this", [source(0, 4), { type: "x" }])),
      ],
    },
    message: {
      ...BARE,
      content: "See\n\nAnd this",
      annotations: [
        {
          type: "url_citation",
          url_citation: { start_index: 0, end_index: 3, url: "https://example.com", title: "Example" },
        },
        {
          type: "url_citation",
          url_citation: { start_index: 9, end_index: 13, url: "https://example.com", title: "Example" },
        },
      ],
    },
    reason: "stop",
  },
  {
    name: "a refusal",
    response: { output: [message({ type: "refusal", refusal: "I will not." })] },
    message: { ...BARE, content: null, refusal: "I will not." },
    reason: "stop",
  },
  {
    name: "reasoning, by summaries and by its text",
    response: {
      output: [
        {
          type: "reasoning",
          summary: [
            { type: "summary_text", text: "First." },
            { type: "summary_text", text: "Then." },
          ],
          encrypted_content: "sealed",
        },
        { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "At last." }] },
        { type: "reasoning", summary: [] },
        message(text("42")),
      ],
    },
    message: { ...BARE, content: "42", reasoning_content: "First.\n\nThen.\n\nAt last." },
    reason: "stop",
  },
  {
    name: "calls in their order, with arguments as they were written (trap 36)",
    response: {
      output: [
        message(text("Looking.")),
        functionCall("call_1", "look", '{"at": 1.0, "id": 12345678901234567890}'),
        { type: "custom_tool_call", call_id: "call_2", name: "shell", input: "ls" },
        functionCall("call_3", "wait", ""),
      ],
    },
    message: {
      ...BARE,
      content: "Looking.",
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "look", arguments: '{"at": 1.0, "id": 12345678901234567890}' },
        },
        { id: "call_2", type: "custom", custom: { name: "shell", input: "ls" } },
        { id: "call_3", type: "function", function: { name: "wait", arguments: "{}" } },
      ],
    },
    reason: "tool_calls",
  },
  {
    name: "a call alone has no content",
    response: { output: [functionCall("call_1", "look", "{}")] },
    message: {
      ...BARE,
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: "{}" } }],
    },
    reason: "tool_calls",
  },
  {
    name: "a call in the deprecated form",
    response: { output: [functionCall("call_1", "look", "{}")] },
    message: { ...BARE, content: null, function_call: { name: "look", arguments: "{}" } },
    reason: "function_call",
    usesFunctions: true,
  },
  {
    name: "an answer cut by its limit is never a finished call",
    response: {
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ ...functionCall("call_1", "look", ""), status: "incomplete" }],
    },
    message: {
      ...BARE,
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: "" } }],
    },
    reason: "length",
  },
  {
    name: "a limit used up by reasoning",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output: [] },
    message: { ...BARE, content: "" },
    reason: "length",
  },
  {
    name: "an answer that was filtered",
    response: {
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
      output: [message(text("Once"))],
    },
    message: { ...BARE, content: "Once" },
    reason: "content_filter",
  },
  {
    name: "items that a chat has no word for",
    response: { output: [{ type: "web_search_call", id: "ws_1" }, { type: "brand_new" }, message(text("Found."))] },
    message: { ...BARE, content: "Found." },
    reason: "stop",
  },
];

describe("toChatCompletion()", () => {
  for (const { name, response, message: told, reason, usesFunctions = false } of ROWS) {
    test(`tells ${name}`, () => {
      const completion = toChatCompletion({ status: "completed", ...response }, { ...FACTS, usesFunctions });
      expect(completion["choices"]).toEqual([{ index: 0, message: told, logprobs: null, finish_reason: reason }]);
    });
  }

  test("has the response's id and time, the name the client asked for, and the tier that served", () => {
    const response = { id: "resp_abc", created_at: 1_777_000_000.5, model: "gpt-5.5", service_tier: "priority" };
    expect(toChatCompletion({ ...response, output: [] }, FACTS)).toMatchObject({
      id: "chatcmpl-abc",
      object: "chat.completion",
      created: 1_777_000_000,
      model: "deep-thought",
      service_tier: "priority",
      system_fingerprint: null,
    });
    expect(toChatCompletion({ output: [] }, FACTS)).toMatchObject({
      id: "chatcmpl-turn_1",
      created: 1_700_000_000,
      usage: null,
    });
    expect(toChatCompletion({ output: [] }, FACTS)).not.toHaveProperty("service_tier");
    expect(chatIdOf("other_1", "turn_1")).toBe("chatcmpl-other_1");
  });

  test("counts tokens by the names they have in a chat", () => {
    const usage = {
      input_tokens: 1200,
      input_tokens_details: { cached_tokens: 1024 },
      output_tokens: 40,
      output_tokens_details: { reasoning_tokens: 16 },
      total_tokens: 1240,
    };
    expect(toChatCompletion({ output: [], usage }, FACTS)["usage"]).toEqual({
      prompt_tokens: 1200,
      completion_tokens: 40,
      total_tokens: 1240,
      prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 16,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    });
    const bare = { input_tokens: 3, output_tokens: 4 };
    expect(toChatCompletion({ output: [], usage: bare }, FACTS)["usage"]).toMatchObject({ total_tokens: 7 });
  });
});

interface ErrorRow {
  readonly event: Record<string, unknown>;
  readonly error: Record<string, unknown>;
}

const failed = (error: unknown) => ({ type: "response.failed", response: { status: "failed", error } });

const ERROR_ROWS: readonly ErrorRow[] = [
  {
    event: { type: "error", sequence_number: 3, code: "upstream_stream_broken", message: "Broke off.", param: null },
    error: { message: "Broke off.", type: "server_error", param: null, code: "upstream_stream_broken" },
  },
  {
    event: { type: "error", error: { type: "server_error", code: "server_error", message: "Sorry.", param: "input" } },
    error: { message: "Sorry.", type: "server_error", param: "input", code: "server_error" },
  },
  {
    event: failed({ code: "context_length_exceeded", message: "Too long." }),
    error: { message: "Too long.", type: "invalid_request_error", param: null, code: "context_length_exceeded" },
  },
  {
    event: failed({ code: "usage_limit_reached", message: "Used up.", resets_at: 5 }),
    error: { message: "Used up.", type: "usage_limit_reached", param: null, code: "usage_limit_reached", resets_at: 5 },
  },
  {
    event: failed({ code: "constructor", message: "Odd." }),
    error: { message: "Odd.", type: "server_error", param: null, code: "constructor" },
  },
  {
    event: failed(null),
    error: {
      message: "Upstream failed without saying why.",
      type: "server_error",
      param: null,
      code: "upstream_error",
    },
  },
];

describe("chatErrorOf()", () => {
  for (const { event, error } of ERROR_ROWS) {
    test(`reads ${JSON.stringify(event)}`, () => {
      expect(chatErrorOf(event)).toEqual(error);
    });
  }
});
