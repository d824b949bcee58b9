/** What a request's input is once all that it only names is put in. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseResponsesRequest, type ResponsesRequest } from "../../../src/protocol/responses-request.ts";
import {
  expandInput,
  inputTextOf,
  itemIdsToFind,
  outputItemsOf,
  outputTextOf,
  type Previous,
} from "../../../src/protocol/stored-input.ts";

function aRequest(text: string): ResponsesRequest {
  const parsed = parseResponsesRequest(text);
  if (parsed.kind === "refused") throw new Error(parsed.refusal.code);
  return parsed.request;
}

const ask = (input: string) => aRequest(`{"model":"m", "input":${input}}`);

interface Known {
  readonly previous?: Previous;
  readonly items?: Readonly<Record<string, string>>;
}

function expand(request: ResponsesRequest, { previous, items = {} }: Known = {}) {
  return expandInput(request, previous ?? null, new Map(Object.entries(items)));
}

/** The text of the whole input, or the refusal's code and place. */
function inputOf(request: ResponsesRequest, known: Known = {}): string {
  const expanded = expand(request, known);
  if (expanded.kind === "refused") return `${expanded.refusal.code} ${expanded.refusal.param}`;
  expect(expanded.request.body).toEqual(JSON.parse(expanded.request.text));
  return inputTextOf(expanded.request);
}

const USER = '{"role":"user","content":"One"}';
const SAID = '{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Two"}]}';
const SEALED = '{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"}';
const SUMMARY = '{"id":"rs_1","type":"reasoning","summary":[ ]}';
const CALL = '{"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}';
const OUTPUT = '{"type":"function_call_output","call_id":"call_1","output":"1.0"}';
const withoutId = (item: string) => item.replace(/"id":"\w+",/, "");

describe("a request that names nothing", () => {
  const ROWS: readonly (readonly [string, string])[] = [
    ["a text", '{"model":"m","input":"hi"}'],
    ["items of all kinds", `{"model":"m", "input":[ ${USER} ,${SEALED}, ${CALL},{"type":"from_the_future","n":1.0}]}`],
    ["no input", '{"model":"m"}'],
    ["null for an id", '{"model":"m","input":[],"previous_response_id":null}'],
  ];
  for (const [what, text] of ROWS) {
    test(`stays the very same: ${what}`, () => {
      const request = aRequest(text);
      expect(expand(request)).toEqual({ kind: "ok", request, hasLostReasoning: false });
      expect(itemIdsToFind(request.body)).toEqual([]);
    });
  }

  test("has its input kept as items, each as it was written", () => {
    expect(inputTextOf(ask(`[${USER} , {"n":1.0}]`))).toBe(`[${USER} , {"n":1.0}]`);
    expect(inputTextOf(aRequest('{"model":"m"}'))).toBe("[]");
    expect(JSON.parse(inputTextOf(ask('"Grüße"')))).toEqual([
      { type: "message", role: "user", content: [{ type: "input_text", text: "Grüße" }] },
    ]);
  });
});

describe("a request that goes on from a response", () => {
  const previous = { input: `[${USER}]`, output: `[${SEALED},${SAID}]` };

  test("gets what went before in front, character for character, and loses the id", () => {
    const request = aRequest(
      `{"previous_response_id":"resp_1","model":"m","input":[{"role":"user","n":1.0}],"instructions":"new"}`,
    );
    const expanded = expand(request, { previous });
    if (expanded.kind === "refused") throw new Error("refused");
    expect(expanded.request.text).toBe(
      `{"model":"m","input":[${USER},${SEALED},${SAID},{"role":"user","n":1.0}],"instructions":"new"}`,
    );
    expect(expanded.request.body).toEqual(JSON.parse(expanded.request.text));
  });

  test("may bring a text, or nothing", () => {
    expect(inputOf(ask('"Three"'), { previous })).toStartWith(`[${USER},${SEALED},${SAID},{"type":"message"`);
    expect(inputOf(aRequest('{"model":"m"}'), { previous })).toBe(`[${USER},${SEALED},${SAID}]`);
  });

  test("names an item of what went before only once", () => {
    const own = `[{"type":"item_reference","id":"msg_1"},${USER}]`;
    expect(inputOf(ask(own), { previous })).toBe(`[${USER},${SEALED},${SAID},${USER}]`);
  });

  test("never ends up with a call that has no output (trap 17)", () => {
    const custom = '{"type":"custom_tool_call","call_id":"call_2","name":"exec","input":"x"}';
    const open = { input: `[${USER}]`, output: `[${CALL},${custom}]` };
    const answers = (input: string) => JSON.parse(inputOf(ask(input), { previous: open }));
    expect(answers(`[${OUTPUT},${USER}]`)).toEqual([
      JSON.parse(USER),
      JSON.parse(CALL),
      JSON.parse(custom),
      { type: "custom_tool_call_output", call_id: "call_2", output: expect.stringContaining("interrupted") },
      JSON.parse(OUTPUT),
      JSON.parse(USER),
    ]);
    expect(answers("[]")[2]).toMatchObject({ type: "function_call_output", call_id: "call_1" });
  });
});

describe("an item that is only named", () => {
  const items = { msg_1: SAID, rs_1: SEALED };

  test("is put in as it was stored, however the name is written", () => {
    const own = '[{"type":"item_reference","id":"rs_1"},{"id":"msg_1"},{"type":"item_reference","id":"msg_1","x":1}]';
    expect(itemIdsToFind(ask(own).body)).toEqual(["rs_1", "msg_1"]);
    expect(inputOf(ask(own), { items })).toBe(`[${SEALED},${SAID},${SAID}]`);
  });

  test("that nobody knows is refused, with its place", () => {
    const own = `[${USER},{"type":"item_reference","id":"msg_2"}]`;
    expect(inputOf(ask(own), { items })).toBe("item_not_found input[1].id");
    expect(inputOf(ask('[{"type":"item_reference"}]'), { items })).toBe("item_not_found input[0].id");
  });

  test("a message of a role and a text is no name", () => {
    expect(itemIdsToFind(ask(`[${USER},{"id":"msg_1","role":"user","content":"x"}]`).body)).toEqual([]);
  });
});

describe("reasoning without what is needed to read it", () => {
  test("is completed from what was stored", () => {
    expect(itemIdsToFind(ask(`[${SUMMARY}]`).body)).toEqual(["rs_1"]);
    expect(inputOf(ask(`[${USER},${SUMMARY},${CALL},${OUTPUT}]`), { items: { rs_1: SEALED } })).toBe(
      `[${USER},${SEALED},${CALL},${OUTPUT}]`,
    );
  });

  test("else is left out and told, and what was written right after it goes without its id", () => {
    const later = SAID.replace("msg_1", "msg_2");
    const request = ask(`[${SUMMARY},${CALL},${SAID},${OUTPUT},${later}]`);
    for (const items of [{}, { rs_1: SUMMARY }]) {
      const expanded = expand(request, { items });
      expect(expanded).toMatchObject({ kind: "ok", hasLostReasoning: true });
      expect(inputOf(request, { items })).toBe(`[${withoutId(CALL)},${withoutId(SAID)},${OUTPUT},${later}]`);
    }
  });

  test("is left out of what went before as well", () => {
    const previous = { input: "[]", output: `[${SUMMARY},${SAID}]` };
    expect(inputOf(ask(`[${USER}]`), { previous })).toBe(`[${withoutId(SAID)},${USER}]`);
  });

  test("with null for its encrypted content counts as such; with a text it stays", () => {
    expect(inputOf(ask('[{"type":"reasoning","id":"rs_9","summary":[],"encrypted_content":null}]'))).toBe("[]");
    expect(inputOf(ask(`[${withoutId(SEALED)}]`))).toBe(`[${withoutId(SEALED)}]`);
  });
});

describe("a stored response", () => {
  test("gives its items by their ids", () => {
    const response = `{"id":"resp_1","output":[${SAID} , {"type":"x"},${SEALED}],"n":1.0}`;
    expect([...outputItemsOf(response)]).toEqual([
      ["msg_1", SAID],
      ["rs_1", SEALED],
    ]);
    expect(outputTextOf(response)).toBe(`[${SAID} , {"type":"x"},${SEALED}]`);
  });

  test("may have put nothing out", () => {
    for (const response of ["{}", '{"output":null}', '{"output":[]}']) expect([...outputItemsOf(response)]).toEqual([]);
    expect(outputTextOf("{}")).toBe("[]");
  });
});

describe("any conversation at all", () => {
  const item = fc.oneof(
    fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.string() }),
    fc.record({ type: fc.constant("other"), value: fc.jsonValue() }),
  );
  const list = fc.array(item, { maxLength: 4 });

  test("turns into the items of its parts, one behind the other", () => {
    fc.assert(
      fc.property(list, list, list, fc.constantFrom(0, 1), (input, output, own, space) => {
        const previous = { input: JSON.stringify(input, null, space), output: JSON.stringify(output) };
        const request = aRequest(JSON.stringify({ model: "m", previous_response_id: "r", input: own }));
        const expanded = expand(request, { previous });
        if (expanded.kind === "refused") throw new Error("refused");
        const plain: unknown = JSON.parse(JSON.stringify([...input, ...output, ...own]));
        expect(JSON.parse(expanded.request.text)).toEqual({ model: "m", input: plain });
        expect(expanded.request.body["input"]).toEqual(plain);
      }),
    );
  });
});
