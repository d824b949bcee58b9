/** What a request says, and which ones are refused before anybody is asked. */
import { describe, expect, test } from "bun:test";
import { firstUserTextOf, instructionsOf, parseResponsesRequest } from "../../../src/protocol/responses-request.ts";

describe("parseResponsesRequest()", () => {
  const ACCEPTED: readonly (readonly [string, string, boolean])[] = [
    ['{"model":"m","input":"hi"}', "m", false],
    ['{"model":"m","stream":true,"input":[]}', "m", true],
    ['{"model":"m","stream":null,"input":null}', "m", false],
    ['{"model":"m","stream":false}', "m", false],
    ['{"model":"a","model":"b","n":1.0}', "b", false],
    [' {"model":"m"}\n', "m", false],
  ];
  for (const [text, model, stream] of ACCEPTED) {
    test(`${text.trim()} is kept as it came`, () => {
      const parsed = parseResponsesRequest(text);
      expect(parsed).toEqual({ kind: "ok", request: { text, body: JSON.parse(text), model, stream } });
    });
  }

  const REFUSED: readonly (readonly [string, string, string | null])[] = [
    ["", "invalid_json", null],
    ["{", "invalid_json", null],
    ["[]", "invalid_json", null],
    ["null", "invalid_json", null],
    ['"x"', "invalid_json", null],
    ["{}", "missing_required_parameter", "model"],
    ['{"model":""}', "missing_required_parameter", "model"],
    ['{"model":" "}', "missing_required_parameter", "model"],
    ['{"model":7}', "missing_required_parameter", "model"],
    ['{"model":"m","stream":"true"}', "invalid_type", "stream"],
    ['{"model":"m","input":7}', "invalid_type", "input"],
    ['{"model":"m","input":{}}', "invalid_type", "input"],
  ];
  for (const [text, code, param] of REFUSED) {
    test(`${text || "nothing"} is a 400 ${code}`, () => {
      const parsed = parseResponsesRequest(text);
      if (parsed.kind !== "refused") throw new Error("accepted");
      const { status, code: isCode, param: isParam } = parsed.refusal;
      expect([status, isCode, isParam]).toEqual([400, code, param]);
    });
  }

  test("a body of a million brackets is refused, and costs no stack", () => {
    expect(parseResponsesRequest("[".repeat(1_000_000)).kind).toBe("refused");
  });

  test("a refusal repeats nothing of what was sent (architecture fact 5)", () => {
    for (const text of ['{"model":7,"x":"canary"}', '{"model":"m","stream":"canary"}', "{canary"]) {
      expect(JSON.stringify(parseResponsesRequest(text))).not.toContain("canary");
    }
  });
});

describe("what tells conversations apart that name nothing", () => {
  const ROWS: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ["a text", { input: "hi" }, "", "hi"],
    ["instructions", { instructions: "be kind", input: "hi" }, "be kind", "hi"],
    [
      "a developer's message in their place",
      {
        input: [
          { role: "developer", content: "be kind" },
          { role: "user", content: "hi" },
        ],
      },
      "be kind",
      "hi",
    ],
    [
      "a system message in parts",
      { input: [{ role: "system", content: [{ text: "be " }, { text: "kind" }, { x: 1 }, null, "x"] }] },
      "be kind",
      "",
    ],
    [
      "an empty text in their place",
      { instructions: "", input: [{ role: "developer", content: "be kind" }] },
      "be kind",
      "",
    ],
    [
      "a user's message of parts",
      {
        input: [
          { role: "user", content: [{ type: "input_image" }, { type: "input_text", text: "hi" }] },
          { role: "user", content: "later" },
        ],
      },
      "",
      "hi",
    ],
    [
      "a developer's message further on",
      {
        input: [
          { role: "user", content: "hi" },
          { role: "developer", content: "x" },
        ],
      },
      "",
      "hi",
    ],
    ["items of other kinds", { input: [null, 7, { type: "additional_tools" }] }, "", ""],
    ["nothing", {}, "", ""],
  ];
  for (const [what, body, instructions, text] of ROWS) {
    test(what, () => expect([instructionsOf(body), firstUserTextOf(body)]).toEqual([instructions, text]));
  }
});
