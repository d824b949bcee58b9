/** Which conversations hold what nobody can leave out (trap 15). */
import { describe, expect, test } from "bun:test";
import { carriesSealedHistory, withoutSealedReasoning } from "../../../src/protocol/sealed-items.ts";

const SEALED = { encrypted_content: "gAAA" };

describe("carriesSealedHistory()", () => {
  const ROWS: readonly (readonly [string, unknown, boolean])[] = [
    ["a text", "encrypted_content", false],
    ["nothing", undefined, false],
    ["plain items", [{ type: "message", content: "x" }, null, 7], false],
    ["sealed reasoning, which can be left out", [{ type: "reasoning", ...SEALED }], false],
    ["a compaction", [{ type: "compaction", ...SEALED }], true],
    ["an agent's message with a sealed part", [{ type: "agent_message", content: [{ text: "x" }, SEALED] }], true],
    ["a tool's output with a sealed part", [{ type: "function_call_output", output: [SEALED] }], true],
    ["a seal that is empty of meaning", [{ type: "compaction", encrypted_content: null }], false],
    ["a text that speaks of seals", [{ type: "message", content: [{ text: "encrypted_content" }] }], false],
  ];
  for (const [what, input, carries] of ROWS) {
    test(`${what}: ${carries}`, () => expect(carriesSealedHistory({ input })).toBe(carries));
  }
});

describe("withoutSealedReasoning()", () => {
  test("leaves out reasoning that is sealed, and every other item its bytes", () => {
    const kept = ['{"type":"reasoning", "summary":[]}', '{"n":1.0}', '{"type":"compaction","encrypted_content":"g"}'];
    const sealed = '{"type":"reasoning","encrypted_content":"g"}';
    expect(withoutSealedReasoning(`[${[sealed, ...kept, sealed].join(",")}]`)).toBe(`[${kept.join(",")}]`);
    expect(withoutSealedReasoning(`[${sealed}]`)).toBe("[]");
  });
});
