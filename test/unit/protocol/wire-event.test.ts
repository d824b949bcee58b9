/** What kind of event a frame is. */
import { describe, expect, test } from "bun:test";
import { SseFramer } from "../../../src/protocol/sse.ts";
import {
  carriesOutput,
  EventNamer,
  endsWhole,
  isLifecycle,
  isTerminal,
  LIFECYCLE_TYPES,
  parseObject,
  TERMINAL_TYPES,
  wireEventOf,
} from "../../../src/protocol/wire-event.ts";

function eventOf(stream: string) {
  const [frame] = new SseFramer(10_000).push(new TextEncoder().encode(stream));
  if (frame === undefined) throw new Error("no frame");
  return wireEventOf(frame);
}

describe("wireEventOf()", () => {
  const ROWS: readonly (readonly [string, string, string, string])[] = [
    [
      "the type that leads",
      'data: {"type":"response.created","x":1}\n\n',
      "response.created",
      '{"type":"response.created","x":1}',
    ],
    ["a type with space around it", 'data: { "type" : "error" }\n\n', "error", '{ "type" : "error" }'],
    ["a type further in", 'data: {"x":1,"type":"a.b"}\n\n', "a.b", '{"x":1,"type":"a.b"}'],
    ["the data's type before the field's", 'event: x\ndata: {"type":"y"}\n\n', "y", '{"type":"y"}'],
    ["the field's where the data has none", 'event: response.done\ndata: {"a":1}\n\n', "response.done", '{"a":1}'],
    ["data over many lines", 'data: {\ndata: "type":"y"}\n\n', "y", '{\n"type":"y"}'],
    ["no object", "event: x\ndata: [DONE]\n\n", "", "[DONE]"],
    ["a type that is no text", 'event: x\ndata: {"type":7}\n\n', "x", '{"type":7}'],
    ["a comment", ": keep-alive\n\n", "", ""],
    ["half an object", 'event: x\ndata: {"a\n\n', "", '{"a'],
  ];
  for (const [what, stream, type, text] of ROWS) {
    test(what, () => {
      const event = eventOf(stream);
      expect([event.type, event.text, new TextDecoder().decode(event.bytes)]).toEqual([type, text, stream]);
    });
  }
});

describe("EventNamer", () => {
  const DELTA = 'event: a.delta\ndata: {"type":"a.delta","delta":"x"}\n\n';
  const streams = [
    DELTA,
    DELTA,
    'event: a.delta\ndata: {"type":"a.delta.other","delta":"x"}\n\n',
    'event: b\ndata: {"delta":1}\n\n',
    ": c\n\n",
    'data: {"type":"a.delta","delta":"é"}\n\n',
    'event: a.delta\ndata: {"type":"a.delta"\n\n',
    'event: a.delta\n\ndata: {"type":"y"}\n\n',
    'event: a.delta\r\ndata: {"type":"a.delta","x":[]}\r\n\r\n',
    DELTA,
  ];

  test("names every event of a stream as if it came alone", () => {
    const namer = new EventNamer();
    const frames = new SseFramer(10_000).push(new TextEncoder().encode(streams.join("")));
    const alone = streams.flatMap((stream) => new SseFramer(10_000).push(new TextEncoder().encode(stream)));
    const facts = (event: ReturnType<typeof wireEventOf>) => [event.type, event.text, endsWhole(event)];
    expect(frames.map((frame) => facts(namer.eventOf(frame)))).toEqual(alone.map((frame) => facts(wireEventOf(frame))));
  });
});

describe("endsWhole()", () => {
  const ROWS: readonly (readonly [string, boolean])[] = [
    ['data: {"a":1}\n\n', true],
    ['data: {"a":1} \n\n', true],
    ['data: {"a":1}\nid: 7\n\n', true],
    ['data: {"a":1}\r\n\r\n', true],
    ["data: [DONE]\n\n", true],
    [": a comment\n\n", true],
    ['data: {"a":"\n\n', false],
    ['data: {"a":"\n: }\n\n', false],
  ];
  for (const [stream, isWhole] of ROWS) {
    test(`${JSON.stringify(stream)} is ${isWhole ? "whole" : "cut"}`, () =>
      expect(endsWhole(eventOf(stream))).toBe(isWhole));
  }
});

describe("the sorts of events", () => {
  const sortOf = (type: string, text = "{}") => {
    const event = { type, text, bytes: new Uint8Array() };
    return [isTerminal(type) && "terminal", isLifecycle(type) && "lifecycle", carriesOutput(event) && "output"]
      .filter((sort) => sort !== false)
      .join(" ");
  };
  const OUTPUT = '{"output_index":0}';
  const ROWS: readonly (readonly [string, string, string])[] = [
    ["response.created", "{}", "lifecycle"],
    ["response.queued", "{}", "lifecycle"],
    ["response.in_progress", "{}", "lifecycle"],
    ["response.metadata", "{}", ""],
    ["codex.rate_limits", "{}", ""],
    ["responsesapi.websocket_timing", "{}", ""],
    ["keepalive", "{}", ""],
    ["", "", ""],
    ["response.output_item.added", "{}", "output"],
    ["response.output_text.delta", "{}", "output"],
    ["response.content_part.added", OUTPUT, "output"],
    ["response.reasoning_summary_text.delta", OUTPUT, "output"],
    ["response.function_call_arguments.delta", OUTPUT, "output"],
    ["response.custom_tool_call_input.done", OUTPUT, "output"],
    ["response.from_the_future", OUTPUT, "output"],
    // A request's tool may have a parameter of that name, and these repeat the request.
    ["response.created", '{"response":{"tools":[{"parameters":{"output_index":{}}}]}}', "lifecycle"],
    ["response.completed", OUTPUT, "terminal lifecycle"],
    ["response.incomplete", "{}", "terminal lifecycle"],
    ["response.failed", "{}", "terminal lifecycle"],
    ["error", "{}", "terminal"],
  ];
  for (const [type, text, sorts] of ROWS) {
    test(`${type || "no type"} ${text}: ${sorts || "mere news"}`, () => expect(sortOf(type, text)).toBe(sorts));
  }

  test("have a row each", () => {
    const covered = ROWS.map(([type]) => type);
    expect([...TERMINAL_TYPES, ...LIFECYCLE_TYPES].filter((type) => !covered.includes(type))).toEqual([]);
  });
});

describe("parseObject()", () => {
  const ROWS = [
    ['{"a":1}', { a: 1 }],
    ["[1]", null],
    ["null", null],
    ['"{}"', null],
    ["{", null],
    ["", null],
  ] as const;
  for (const [text, value] of ROWS) test(`${text}`, () => expect(parseObject(text)).toEqual(value));
});
