/** The finished answer: items gathered, the empty output filled, the public name shown. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  AnswerCollector,
  answerTextOf,
  readResponse,
  retellAnswer,
  retellEvent,
  usageOf,
} from "../../../src/protocol/answer.ts";
import { parseObject, type WireEvent } from "../../../src/protocol/wire-event.ts";

function eventOf(text: string): WireEvent {
  return { type: String(parseObject(text)?.["type"] ?? ""), text, bytes: new TextEncoder().encode(text) };
}

function itemDone(place: number | string, item: string): WireEvent {
  return eventOf(`{"type":"response.output_item.done","output_index":${place},"item":${item}}`);
}

/** The terminal event completed from these events. */
function complete(terminal: string, events: readonly WireEvent[], charsMax = 1_000): string {
  return collected(events, charsMax).complete(terminal);
}

function collected(events: readonly WireEvent[], charsMax = 1_000): AnswerCollector {
  const collector = new AnswerCollector(charsMax);
  for (const event of events) collector.add(event);
  return collector;
}

const done = (members: string) => `{"type":"response.completed","response":{${members}},"n":1.0}`;
const ONE = '{"id":"a","n":1.0}';
const TWO = '{"id":"b"}';

describe("AnswerCollector", () => {
  const ROWS: readonly (readonly [string, string, readonly WireEvent[], string])[] = [
    ["fills an empty output", done('"id":"r" ,"output":[]'), [itemDone(0, ONE)], done(`"id":"r" ,"output":[${ONE}]`)],
    ["fills one that is null", done('"output":null'), [itemDone(0, ONE)], done(`"output":[${ONE}]`)],
    ["adds one that is missing", done('"id":"r"'), [itemDone(0, ONE)], done(`"id":"r","output":[${ONE}]`)],
    ["adds one to an empty response", done(""), [itemDone(0, ONE)], done(`"output":[${ONE}]`)],
    [
      "puts items where they belong, whenever they were finished",
      done('"output":[]'),
      [itemDone(10, TWO), itemDone(9, ONE)],
      done(`"output":[${ONE},${TWO}]`),
    ],
    [
      "takes the later of two at one place",
      done('"output":[]'),
      [itemDone(0, TWO), itemDone(0, ONE)],
      done(`"output":[${ONE}]`),
    ],
    [
      "puts an item without a place behind the others",
      done('"output":[]'),
      [itemDone(5, ONE), itemDone("null", TWO)],
      done(`"output":[${ONE},${TWO}]`),
    ],
    [
      "leaves an output that is there",
      done('"output":[ {"id":"x"} ]'),
      [itemDone(0, ONE)],
      done('"output":[ {"id":"x"} ]'),
    ],
    ["leaves an answer without items", done('"output":[]'), [], done('"output":[]')],
    [
      "leaves events without a response",
      '{"type":"error","code":"x"}',
      [itemDone(0, ONE)],
      '{"type":"error","code":"x"}',
    ],
    [
      "leaves a response that is null",
      '{"type":"response.completed","response":null}',
      [itemDone(0, ONE)],
      '{"type":"response.completed","response":null}',
    ],
    [
      "takes nothing from other events",
      done('"output":[]'),
      [
        eventOf(`{"type":"response.output_item.added","output_index":0,"item":${ONE}}`),
        eventOf('{"type":"response.output_item.done"}'),
      ],
      done('"output":[]'),
    ],
    [
      "fills an answer that is incomplete",
      '{"type":"response.incomplete","response":{"output":[]}}',
      [itemDone(0, ONE)],
      `{"type":"response.incomplete","response":{"output":[${ONE}]}}`,
    ],
  ];
  for (const [what, terminal, events, expected] of ROWS) {
    test(what, () => {
      expect(complete(terminal, events)).toBe(expected);
      expect(collected(events).answerOf(terminal)).toBe(answerTextOf(expected));
    });
  }

  test("gives up on an answer beyond its bound, and leaves the terminal event as it is", () => {
    const collector = new AnswerCollector(ONE.length + TWO.length - 1);
    collector.add(itemDone(0, ONE));
    expect(collector.isWhole).toBe(true);
    collector.add(itemDone(1, TWO));
    collector.add(itemDone(2, ONE));
    expect(collector.isWhole).toBe(false);
    expect(collector.complete(done('"output":[]'))).toBe(done('"output":[]'));
  });

  test("survives items and terminals that were cut", () => {
    for (const text of [
      '{"type":"response.output_item.done","item":{',
      '{"type":"response.output_item.done",garbage}',
    ]) {
      const event = { ...eventOf(text), type: "response.output_item.done" };
      expect(typeof complete('{"response":{"output":[}', [event, itemDone(0, ONE)])).toBe("string");
    }
  });

  test("gives every item back as upstream wrote it, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 }), fc.nat(), (items, seed) => {
        const written = items.map((item) => JSON.stringify({ item }, null, seed % 3));
        const events = written.map((text, place) => itemDone(place, text));
        const mixed = events.toSorted((a, b) => ((a.text.length * seed) % 7) - ((b.text.length * seed) % 7));
        expect(complete(done('"output":[]'), mixed, 1e6)).toBe(done(`"output":[${written.join(",")}]`));
      }),
    );
  });
});

describe("what is told otherwise", () => {
  const MODEL = { model: JSON.stringify('my "own"') };
  const RENAMED: readonly (readonly [string, string, string])[] = [
    [
      "is replaced where the response has it",
      '{"type":"x","response":{"id":1.0, "model" : "gpt-5.5" },"model":"other"}',
      '{"type":"x","response":{"id":1.0, "model" : "my \\"own\\"" },"model":"other"}',
    ],
    ["is not added", '{"response":{"id":1}}', '{"response":{"id":1}}'],
    ["is looked for in a response only", '{"model":"gpt-5.5"}', '{"model":"gpt-5.5"}'],
    ["is not looked for in a response that is none", '{"response":"model"}', '{"response":"model"}'],
  ];
  for (const [what, text, expected] of RENAMED) test(what, () => expect(retellEvent(text, MODEL)).toBe(expected));

  test("of an answer in one piece are its own members", () => {
    expect(retellAnswer('{"id":1.0,"model":"gpt-5.5"}', { model: '"mine"' })).toBe('{"id":1.0,"model":"mine"}');
    expect(retellAnswer('{"id":1}', { model: '"mine"' })).toBe('{"id":1}');
  });

  test("may be several members, each in its place", () => {
    const told = { store: "true", previous_response_id: '"resp_1"' };
    expect(retellAnswer('{"store":false, "n":1.0,"previous_response_id":null}', told)).toBe(
      '{"store":true, "n":1.0,"previous_response_id":"resp_1"}',
    );
    expect(retellAnswer('{"store":false}', {})).toBe('{"store":false}');
  });
});

describe("answerTextOf()", () => {
  test("is the response as upstream wrote it, or null without one", () => {
    expect(answerTextOf(done('"n": 1.0 '))).toBe('{"n": 1.0 }');
    for (const text of ["{}", '{"response":null}', '{"response":"x"}', "[]", ""]) expect(answerTextOf(text)).toBeNull();
  });
});

describe("readResponse() and usageOf()", () => {
  const USAGE =
    '"usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024},"output_tokens":40,"total_tokens":1240}';
  const COUNTS = { inputTokens: 1_200, cachedTokens: 1_024, outputTokens: 40 };
  test("read an event's response and an answer in one piece alike", () => {
    const told = { responseId: "resp_1", status: "incomplete", usage: COUNTS };
    const response = `"id":"resp_1","status":"incomplete",${USAGE}`;
    expect(readResponse(done(response))).toEqual(told);
    expect(readResponse(`{${response}}`)).toEqual(told);
  });
  test("tell no counts that are not there", () => {
    const nothing = { responseId: null, status: null, usage: null };
    expect(readResponse('{"response":{"usage":null,"status":7}}')).toEqual(nothing);
    expect(readResponse("[DONE]")).toEqual(nothing);
    expect(usageOf({})).toBeNull();
  });
  test("count no nonsense", () => {
    const usage = { input_tokens: -1, output_tokens: "9", input_tokens_details: null };
    expect(usageOf({ usage })).toEqual({ inputTokens: 0, cachedTokens: 0, outputTokens: 0 });
  });
});
