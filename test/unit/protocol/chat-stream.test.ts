import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { toChatCompletion } from "../../../src/protocol/chat-answer.ts";
import { ChatStream } from "../../../src/protocol/chat-stream.ts";
import { renderEvent, SseFramer } from "../../../src/protocol/sse.ts";
import { wireEventOf } from "../../../src/protocol/wire-event.ts";
import { readChat, type ToldChat } from "../../support/read-chat.ts";

type Members = Record<string, unknown>;
type Event = Members & { readonly type: string };

const FACTS = {
  model: "deep-thought",
  fallbackId: "turn_1",
  createdAtSeconds: 1_700_000_000,
  usesFunctions: false,
  includeUsage: false,
};

const USAGE = { input_tokens: 12, output_tokens: 5, total_tokens: 17, output_tokens_details: { reasoning_tokens: 2 } };
const RESPONSE = { id: "resp_1", object: "response", created_at: 1_777_000_000, model: "gpt-5.5", output: [] };

const created: Event = { type: "response.created", response: { ...RESPONSE, status: "in_progress", usage: null } };

function completed(more: Members = {}): Event {
  return { type: "response.completed", response: { ...RESPONSE, status: "completed", usage: USAGE, ...more } };
}

function added(index: number, item: Members): Event {
  return { type: "response.output_item.added", output_index: index, item };
}

function done(index: number, item: Members): Event {
  return { type: "response.output_item.done", output_index: index, item };
}

function textDelta(index: number, delta: string, part = 0): Event {
  return { type: "response.output_text.delta", output_index: index, content_index: part, delta };
}

function textDone(index: number, text: string): Event {
  return { type: "response.output_text.done", output_index: index, content_index: 0, text };
}

function argsDelta(index: number, delta: string): Event {
  return { type: "response.function_call_arguments.delta", output_index: index, item_id: `fc_${index}`, delta };
}

function argsDone(index: number, args: string): Event {
  return { type: "response.function_call_arguments.done", output_index: index, arguments: args };
}

function message(...texts: readonly string[]): Members {
  const content = texts.map((text) => ({ type: "output_text", text, annotations: [] }));
  return { type: "message", id: "msg_1", role: "assistant", status: "completed", content };
}

function call(id: string, name: string, args: string): Members {
  return { type: "function_call", id: `fc_${id}`, call_id: id, name, arguments: args, status: "completed" };
}

/** The data lines that a client gets for these events. */
function tell(events: readonly Event[], more: Partial<typeof FACTS> = {}): string[] {
  const stream = new ChatStream({ ...FACTS, ...more });
  return events.flatMap((event) => {
    const text = JSON.stringify(event);
    return [...stream.push({ type: event.type, text, bytes: new Uint8Array() })];
  });
}

function told(events: readonly Event[], more: Partial<typeof FACTS> = {}): ToldChat {
  return readChat(tell(events, more));
}

function deltasOf(events: readonly Event[], more: Partial<typeof FACTS> = {}): unknown[] {
  return told(events, more).chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
}

const ROLE = { role: "assistant", content: "", refusal: null };
const ROLE_OF_CALLS = { role: "assistant", content: null, refusal: null };

interface Transcript {
  readonly name: string;
  readonly events: readonly Event[];
  readonly deltas: readonly Members[];
  readonly reason: string;
  readonly usesFunctions?: boolean;
}

const url = { type: "url_citation", start_index: 0, end_index: 4, url: "https://example.com", title: "Example" };
const urlTold = (start: number, end: number) => ({
  annotations: [
    {
      type: "url_citation",
      url_citation: { start_index: start, end_index: end, url: "https://example.com", title: "Example" },
    },
  ],
});

const TRANSCRIPTS: readonly Transcript[] = [
  {
    name: "a text in pieces, repeated whole three times by upstream and told once",
    events: [
      created,
      added(0, { ...message(), status: "in_progress" }),
      textDelta(0, "Hel"),
      textDelta(0, "lo"),
      textDone(0, "Hello"),
      done(0, message("Hello")),
      completed({ output: [message("Hello")] }),
    ],
    deltas: [ROLE, { content: "Hel" }, { content: "lo" }, {}],
    reason: "stop",
  },
  {
    name: "a text that comes only when its item is finished",
    events: [created, done(0, message("Hello, ", "you")), completed()],
    deltas: [ROLE, { content: "Hello, " }, { content: "you" }, {}],
    reason: "stop",
  },
  {
    name: "a text that only its own last event tells",
    events: [created, textDone(0, "Hello"), completed()],
    deltas: [ROLE, { content: "Hello" }, {}],
    reason: "stop",
  },
  {
    name: "an answer that only the last event of all tells",
    events: [created, completed({ output: [message("Hello"), call("call_1", "look", "{}")] })],
    deltas: [
      ROLE,
      { content: "Hello" },
      { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "" } }] },
      { tool_calls: [{ index: 0, function: { arguments: "{}" } }] },
      {},
    ],
    reason: "tool_calls",
  },
  { name: "an answer of nothing", events: [created, completed()], deltas: [ROLE, {}], reason: "stop" },
  {
    name: "two messages as two paragraphs, with a source in the second",
    events: [
      created,
      textDelta(0, "One"),
      done(0, message("One")),
      textDelta(1, "Two."),
      { type: "response.output_text.annotation.added", output_index: 1, content_index: 0, annotation: url },
      done(1, { ...message(), content: [{ type: "output_text", text: "Two.", annotations: [url] }] }),
      completed(),
    ],
    deltas: [ROLE, { content: "One" }, { content: "\n\nTwo." }, urlTold(5, 9), {}],
    reason: "stop",
  },
  {
    name: "sources that come with their finished item",
    events: [
      created,
      done(0, { ...message(), content: [{ type: "output_text", text: "Here", annotations: [url] }] }),
      completed(),
    ],
    deltas: [ROLE, { content: "Here" }, urlTold(0, 4), {}],
    reason: "stop",
  },
  {
    name: "a refusal in pieces",
    events: [
      created,
      { type: "response.refusal.delta", output_index: 0, content_index: 0, delta: "I will" },
      { type: "response.refusal.delta", output_index: 0, content_index: 0, delta: " not." },
      { type: "response.refusal.done", output_index: 0, content_index: 0, refusal: "I will not." },
      done(0, { ...message(), content: [{ type: "refusal", refusal: "I will not." }] }),
      completed(),
    ],
    deltas: [ROLE, { refusal: "I will" }, { refusal: " not." }, {}],
    reason: "stop",
  },
  {
    name: "reasoning before the text: summaries are paragraphs, whole ones included",
    events: [
      created,
      { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 0, delta: "First" },
      { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 0, delta: "." },
      { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 1, delta: "Then." },
      done(0, { type: "reasoning", summary: [{ text: "First." }, { text: "Then." }, { text: "Last." }] }),
      textDelta(1, "42"),
      done(1, message("42")),
      completed(),
    ],
    deltas: [
      ROLE,
      { reasoning_content: "First" },
      { reasoning_content: "." },
      { reasoning_content: "\n\nThen." },
      { reasoning_content: "\n\nLast." },
      { content: "42" },
      {},
    ],
    reason: "stop",
  },
  {
    name: "the model's own words of reasoning",
    events: [
      created,
      { type: "response.reasoning_text.delta", output_index: 0, content_index: 0, delta: "Hm." },
      done(0, { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Hm." }] }),
      completed(),
    ],
    deltas: [ROLE, { reasoning_content: "Hm." }, {}],
    reason: "stop",
  },
  {
    name: "a call whose arguments come in pieces, in one piece, and twice more (trap 36)",
    events: [
      created,
      added(0, call("call_1", "look", '{"at":1}')),
      argsDelta(0, '{"at"'),
      argsDelta(0, ":1}"),
      argsDone(0, '{"at":1}'),
      done(0, call("call_1", "look", '{"at":1}')),
      completed({ output: [call("call_1", "look", '{"at":1}')] }),
    ],
    deltas: [
      ROLE_OF_CALLS,
      { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "" } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"at"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
      {},
    ],
    reason: "tool_calls",
  },
  {
    name: "arguments that come only when they are finished, and a call without any",
    events: [
      created,
      added(0, call("call_1", "look", "")),
      added(1, call("call_2", "wait", "")),
      argsDone(0, '{"at":1}'),
      done(0, call("call_1", "look", '{"at":1}')),
      completed(),
    ],
    deltas: [
      ROLE_OF_CALLS,
      { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "" } }] },
      { tool_calls: [{ index: 1, id: "call_2", type: "function", function: { name: "wait", arguments: "" } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"at":1}' } }] },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
      {},
    ],
    reason: "tool_calls",
  },
  {
    name: "pieces that come before their call is announced",
    events: [
      created,
      argsDelta(0, '{"at"'),
      added(0, call("call_1", "look", "")),
      argsDelta(0, ":1}"),
      done(0, call("call_1", "look", '{"at":1}')),
      completed(),
    ],
    deltas: [
      ROLE_OF_CALLS,
      { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: '{"at"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
      {},
    ],
    reason: "tool_calls",
  },
  {
    name: "a call that is announced behind all of its pieces, and another only when it is finished",
    events: [
      created,
      argsDelta(0, "{}"),
      argsDelta(1, "[]"),
      added(0, call("call_1", "look", "")),
      argsDone(0, "{}"),
      done(0, call("call_1", "look", "{}")),
      done(1, call("call_2", "wait", "[]")),
      completed(),
    ],
    deltas: [
      ROLE_OF_CALLS,
      { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "{}" } }] },
      { tool_calls: [{ index: 1, id: "call_2", type: "function", function: { name: "wait", arguments: "[]" } }] },
      {},
    ],
    reason: "tool_calls",
  },
  {
    name: "a call of a custom tool",
    events: [
      created,
      added(0, { type: "custom_tool_call", call_id: "call_1", name: "shell", input: "" }),
      { type: "response.custom_tool_call_input.delta", output_index: 0, delta: "ls" },
      { type: "response.custom_tool_call_input.done", output_index: 0, input: "ls" },
      done(0, { type: "custom_tool_call", call_id: "call_1", name: "shell", input: "ls" }),
      completed(),
    ],
    deltas: [
      ROLE_OF_CALLS,
      { tool_calls: [{ index: 0, id: "call_1", type: "custom", custom: { name: "shell", input: "" } }] },
      { tool_calls: [{ index: 0, custom: { input: "ls" } }] },
      {},
    ],
    reason: "tool_calls",
  },
  {
    name: "a call in the deprecated form, which has room for one",
    events: [
      created,
      added(0, call("call_1", "look", "")),
      added(1, call("call_2", "wait", "")),
      argsDelta(0, "{}"),
      argsDelta(1, "{}"),
      completed(),
    ],
    deltas: [
      ROLE_OF_CALLS,
      { function_call: { name: "look", arguments: "" } },
      { function_call: { arguments: "{}" } },
      {},
    ],
    reason: "function_call",
    usesFunctions: true,
  },
  {
    name: "an answer that reached its limit",
    events: [
      created,
      textDelta(0, "Once"),
      {
        type: "response.incomplete",
        response: { ...RESPONSE, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      },
    ],
    deltas: [ROLE, { content: "Once" }, {}],
    reason: "length",
  },
  {
    name: "an answer that was filtered in the middle of a call",
    events: [
      created,
      added(0, call("call_1", "look", "")),
      {
        type: "response.incomplete",
        response: { ...RESPONSE, incomplete_details: { reason: "content_filter" } },
      },
    ],
    deltas: [
      ROLE_OF_CALLS,
      { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "" } }] },
      {},
    ],
    reason: "content_filter",
  },
  {
    name: "news of other kinds, which are nothing to a chat",
    events: [
      created,
      { type: "codex.rate_limits", rate_limits: {} },
      { type: "response.brand_new", output_index: 0, delta: "?" },
      done(0, { type: "web_search_call", id: "ws_1" }),
      textDelta(1, "Found."),
      completed(),
    ],
    deltas: [ROLE, { content: "Found." }, {}],
    reason: "stop",
  },
];

describe("ChatStream", () => {
  for (const { name, events, deltas, reason, usesFunctions = false } of TRANSCRIPTS) {
    test(`tells ${name}`, () => {
      expect(deltasOf(events, { usesFunctions })).toEqual([...deltas]);
      expect(told(events, { usesFunctions })).toMatchObject({ reasons: [reason], isDone: true, usages: [] });
    });
  }

  test("every chunk has one head: id, time, the client's own name of the model", () => {
    const lines = tell([created, textDelta(0, "a"), completed({ id: "resp_other", created_at: 1 })]);
    for (const line of lines.slice(0, -1)) {
      expect(JSON.parse(line)).toMatchObject({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        created: 1_777_000_000,
        model: "deep-thought",
        system_fingerprint: null,
      });
      expect(JSON.parse(line)).not.toHaveProperty("usage");
    }
    expect(told([textDelta(0, "a"), completed()]).chunks.map((chunk) => chunk.id)).toEqual(
      Array(3).fill("chatcmpl-turn_1"),
    );
  });

  test("usage comes in a chunk of its own behind the ending, only where it was asked for", () => {
    const lines = tell([created, textDelta(0, "a"), completed()], { includeUsage: true });
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line) as { choices: unknown[]; usage: unknown });
    expect(chunks.slice(0, -1).map((chunk) => chunk.usage)).toEqual([null, null, null]);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 2 } },
    });
    expect(told([created, completed({ usage: null })], { includeUsage: true })).toMatchObject({
      usages: [],
      isDone: true,
    });
  });

  test("an error in mid-stream ends it without an ending, and nothing is told behind it", () => {
    const broken: Event = { type: "error", code: "upstream_stream_broken", message: "Broke off.", param: null };
    const failed: Event = { type: "response.failed", response: { error: { code: "server_error", message: "Sorry." } } };
    for (const event of [broken, failed]) {
      const chat = told([created, textDelta(0, "a"), event, textDelta(0, "b"), completed()]);
      expect(chat).toMatchObject({ content: "a", reasons: [], isDone: false, error: { type: "server_error" } });
    }
  });

  test("texts that are no events are passed over", () => {
    const stream = new ChatStream(FACTS);
    for (const text of ["", "{nonsense", "[]", "null", '{"type":5}', '{"type":"response.output_item.done"}']) {
      expect(stream.push({ type: "response.output_item.done", text, bytes: new Uint8Array() })).toEqual([]);
    }
    expect(stream.isOver).toBe(false);
  });
});

/** Cuts a text into pieces at random places, none of them empty. */
function piecesOf(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places]
    .map((from, index) => text.slice(from, places[index] ?? text.length))
    .filter((part) => part !== "");
}

interface Spoken {
  readonly item: Members;
  readonly events: (index: number) => Event[];
}

const cuts = fc.array(fc.nat(), { maxLength: 6 });
const WAYS = ["pieces", "arguments-done", "item-done"] as const;

const anyArguments = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.stringify({ value, float: 1.5, text: "日本\u2028🎉" }));

const anyCall = fc
  .tuple(anyArguments, cuts, fc.constantFrom(...WAYS), fc.nat())
  .map(([args, places, way, number]): Spoken => {
    const id = `call_${number}_${args.length}`;
    const item = call(id, `tool_${number % 7}`, args);
    const pieces = way === "pieces" ? piecesOf(args, places) : [];
    return {
      item,
      events: (index) => [
        added(index, { ...item, arguments: "", status: "in_progress" }),
        ...pieces.map((piece) => argsDelta(index, piece)),
        ...(way === "item-done" ? [] : [argsDone(index, args)]),
        done(index, item),
      ],
    };
  });

const anyText = fc.tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), cuts, fc.boolean()).map(
  ([text, places, inPieces]): Spoken => ({
    item: message(text),
    events: (index) => [
      added(index, { ...message(), status: "in_progress" }),
      ...(inPieces ? piecesOf(text, places).map((piece) => textDelta(index, piece)) : []),
      done(index, message(text)),
    ],
  }),
);

const anyReasoning = fc
  .tuple(fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }), cuts, fc.boolean())
  .map(([texts, places, inPieces]): Spoken => {
    const item = { type: "reasoning", summary: texts.map((text) => ({ type: "summary_text", text })) };
    const place = (index: number, part: number) => ({ output_index: index, summary_index: part });
    const type = "response.reasoning_summary_text.delta";
    const pieces = (index: number) =>
      texts.flatMap((text, part) =>
        piecesOf(text, places).map((delta): Event => ({ type, ...place(index, part), delta })),
      );
    return { item, events: (index) => [added(index, item), ...(inPieces ? pieces(index) : []), done(index, item)] };
  });

/** Events of several items mixed at random; each item's own stay in their order. */
function interleave(lists: readonly (readonly Event[])[], picks: readonly number[]): Event[] {
  const left = lists.map((list) => [...list]);
  const mixed: Event[] = [];
  for (let turn = 0; left.some((list) => list.length > 0); turn += 1) {
    const open = left.filter((list) => list.length > 0);
    const next = open[(picks[turn % Math.max(1, picks.length)] ?? 0) % open.length]?.shift();
    if (next !== undefined) mixed.push(next);
  }
  return mixed;
}

/** Through bytes and the framer, cut anywhere, as a socket brings them. */
function tellBytes(events: readonly Event[], cutBytes: readonly number[]): string[] {
  const bytes = Buffer.concat(events.map((event) => renderEvent(event.type, JSON.stringify(event))));
  const places = [...new Set(cutBytes.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  const framer = new SseFramer(1_000_000);
  const stream = new ChatStream({ ...FACTS, includeUsage: true });
  return [0, ...places].flatMap((from, index) =>
    framer
      .push(bytes.subarray(from, places[index] ?? bytes.length))
      .flatMap((frame) => [...stream.push(wireEventOf(frame))]),
  );
}

describe("laws of the chat stream", () => {
  test("24 parallel calls, mixed and cut at random, each keep their own arguments (trap 36)", () => {
    const calls = fc.uniqueArray(anyCall, {
      minLength: 24,
      maxLength: 24,
      selector: ({ item }) => item["call_id"],
    });
    fc.assert(
      fc.property(
        calls,
        anyText,
        fc.array(fc.nat(), { minLength: 50 }),
        fc.array(fc.nat()),
        (spoken, text, picks, cut) => {
          const all = [text, ...spoken];
          const mixed = interleave(
            all.map(({ events }, index) => events(index)),
            picks,
          );
          const chat = readChat(tellBytes([created, ...mixed, completed()], cut));
          expect(chat).toMatchObject({ reasons: ["tool_calls"], isDone: true, error: null, roles: ["assistant"] });
          expect(chat.content).toBe(((text.item["content"] as { text: string }[])[0] ?? { text: "" }).text);
          const expected = new Map(spoken.map(({ item }) => [item["call_id"], item]));
          expect(chat.calls.length).toBe(24);
          for (const told of chat.calls) {
            expect({ name: told.name, payload: told.payload, type: told.type }).toEqual({
              name: String(expected.get(told.id)?.["name"]),
              payload: String(expected.get(told.id)?.["arguments"]),
              type: "function",
            });
            expect(() => JSON.parse(told.payload)).not.toThrow();
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a stream put together is the answer that a client gets who does not stream", () => {
    const item = fc.oneof(anyCall, anyText, anyReasoning);
    fc.assert(
      fc.property(
        fc.uniqueArray(item, { maxLength: 6, selector: ({ item }) => JSON.stringify(item) }),
        fc.array(fc.nat()),
        (spoken, cut) => {
          const output = spoken.map(({ item }) => item);
          const events = spoken.flatMap(({ events }, index) => events(index));
          const chat = readChat(tellBytes([created, ...events, completed()], cut));
          const whole = toChatCompletion({ ...RESPONSE, status: "completed", usage: USAGE, output }, FACTS);
          const calls = chat.calls.map(({ id, type, name, payload }) => ({
            id,
            type,
            function: { name, arguments: payload },
          }));
          const hasText = output.some((entry) => entry["type"] === "message");
          expect(whole).toMatchObject({
            id: chat.chunks[0]?.id,
            created: chat.chunks[0]?.created,
            usage: chat.usages[0],
            choices: [
              {
                message: {
                  content: hasText || calls.length === 0 ? chat.content : null,
                  ...(chat.reasoning === "" ? {} : { reasoning_content: chat.reasoning }),
                },
                finish_reason: chat.reasons[0],
              },
            ],
          });
          const [choice] = whole["choices"] as { message: { tool_calls?: unknown } }[];
          expect(choice?.message.tool_calls ?? []).toEqual(calls);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("whatever the events, no more than one ending is told and no data is anything but JSON or [DONE]", () => {
    const type = fc.constantFrom(
      "response.created",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_text.delta",
      "response.output_text.done",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_text.annotation.added",
      "response.reasoning_summary_text.delta",
      "response.completed",
      "response.incomplete",
      "response.failed",
      "error",
    );
    const field = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constant(call("call_1", "x", "{")),
      fc.constant(message("a")),
    );
    const event = fc.record(
      { type, output_index: field, content_index: field, delta: field, item: field, response: field, error: field },
      { requiredKeys: ["type"] },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const lines = tell(events as Event[], { includeUsage: true });
        const chat = readChat(lines);
        expect(chat.reasons.length + (chat.error === null ? 0 : 1)).toBeLessThanOrEqual(1);
        expect(chat.isDone).toBe(chat.reasons.length === 1);
      }),
      { numRuns: 500 },
    );
  });
});
