/** The list of what a stored response was made from. */
import { describe, expect, test } from "bun:test";
import { listInputItems, type Page, readPage } from "../../../src/protocol/input-items.ts";

const FIVE = JSON.stringify([1, 2, 3, 4, 5].map((n) => ({ id: `msg_${n}`, type: "message", role: "user", n })));

function list(input: string, page: Partial<Page> = {}): Record<string, unknown> {
  const listed = listInputItems(input, "resp_abc", { limit: 20, order: "asc", after: null, ...page });
  return listed.kind === "refused" ? { refused: listed.refusal.code } : { ...listed.value };
}

const idsOf = (listed: Record<string, unknown>) => (listed["data"] as { id: string }[]).map((item) => item.id);

describe("readPage()", () => {
  const ROWS: readonly (readonly [string, unknown])[] = [
    ["", { limit: 20, order: "desc", after: null }],
    ["limit=1&order=asc&after=msg_1", { limit: 1, order: "asc", after: "msg_1" }],
    ["limit=100", { limit: 100, order: "desc", after: null }],
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=ten", "limit"],
    ["limit=1.5", "limit"],
    ["order=up", "order"],
  ];
  for (const [query, expected] of ROWS) {
    test(query === "" ? "nothing said" : query, () => {
      const page = readPage(new URLSearchParams(query));
      const told: unknown = page.kind === "ok" ? page.value : page.refusal.param;
      expect(told).toEqual(expected);
    });
  }
});

describe("listInputItems()", () => {
  test("pages forward and backward, and says when there is no more", () => {
    expect(list(FIVE, { limit: 2 })).toMatchObject({ first_id: "msg_1", last_id: "msg_2", has_more: true });
    expect(idsOf(list(FIVE, { limit: 2, after: "msg_2" }))).toEqual(["msg_3", "msg_4"]);
    expect(list(FIVE, { limit: 2, after: "msg_4" })).toMatchObject({ first_id: "msg_5", has_more: false });
    expect(idsOf(list(FIVE, { order: "desc", limit: 2, after: "msg_4" }))).toEqual(["msg_3", "msg_2"]);
    expect(list(FIVE, { after: "msg_5" })).toEqual({
      object: "list",
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });

  test("refuses to begin behind an item that is not in it", () => {
    expect(list(FIVE, { after: "msg_9" })).toEqual({ refused: "item_not_found" });
  });

  test("spells out what clients may write shorter, and names what came without an id", () => {
    const short = JSON.stringify([
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Ho" },
      { type: "function_call_output", call_id: "c", output: "1" },
      { type: "from_the_future" },
      { id: "msg_own", role: "user", content: [{ type: "input_text", text: "x" }] },
    ]);
    expect(list(short)["data"]).toEqual([
      { id: "msg_abc_0", type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
      {
        id: "msg_abc_1",
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", annotations: [], text: "Ho" }],
      },
      { id: "fco_abc_2", type: "function_call_output", call_id: "c", output: "1" },
      { id: "item_abc_3", type: "from_the_future" },
      { id: "msg_own", type: "message", role: "user", content: [{ type: "input_text", text: "x" }] },
    ]);
    expect(idsOf(list(short, { order: "desc", limit: 1, after: "fco_abc_2" }))).toEqual(["msg_abc_1"]);
  });

  test("of nothing is empty", () => expect(list("[]")).toMatchObject({ data: [], has_more: false }));
});
