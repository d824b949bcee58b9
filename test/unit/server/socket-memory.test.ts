import { expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import type { StoredResponse, StoredResponses } from "../../../src/ports.ts";
import { SocketMemory } from "../../../src/server/socket-memory.ts";

function response(id: string, more: Partial<StoredResponse> = {}): StoredResponse {
  return {
    keyId: "key_1",
    id,
    savedAtMs: 0,
    response: `{"id":"${id}"}`,
    input: "[]",
    itemIds: [`msg_of_${id}`],
    ...more,
  };
}

function shelf(): { readonly kept: StoredResponse[]; readonly stored: StoredResponses } {
  const kept: StoredResponse[] = [];
  const of = (id: string) => kept.find((entry) => entry.id === id);
  const stored: StoredResponses = {
    saveResponse: (entry) => void kept.push(entry),
    responseText: (_, id) => of(id)?.response ?? null,
    inputText: (_, id) => of(id)?.input ?? null,
    responseOfItem: (_, itemId) => kept.find((entry) => entry.itemIds.includes(itemId))?.id ?? null,
    removeResponse: () => false,
    pruneResponses: () => 0,
  };
  return { kept, stored };
}

test("a response that is not to be stored is known to its connection, and nowhere else", () => {
  const { kept, stored } = shelf();
  const memory = new SocketMemory();
  memory.over(stored, false).saveResponse(response("resp_1"), 0);
  expect(kept).toEqual([]);
  const view = memory.over(stored, false);
  expect(view.responseText("key_1", "resp_1", 0)).toBe('{"id":"resp_1"}');
  expect(view.responseOfItem("key_1", "msg_of_resp_1", 0)).toBe("resp_1");
  expect(new SocketMemory().over(stored, false).responseText("key_1", "resp_1", 0)).toBeNull();
});

test("one that is to be stored goes down as well", () => {
  const { kept, stored } = shelf();
  new SocketMemory().over(stored, true).saveResponse(response("resp_1"), 0);
  expect(kept.map(({ id }) => id)).toEqual(["resp_1"]);
});

test("the last one alone is remembered; what is stored is found behind it (trap 44)", () => {
  const { stored } = shelf();
  const memory = new SocketMemory();
  memory.over(stored, true).saveResponse(response("resp_1"), 0);
  memory.over(stored, false).saveResponse(response("resp_2"), 0);
  memory.over(stored, false).saveResponse(response("resp_3"), 0);
  const view = memory.over(stored, false);
  expect(["resp_1", "resp_2", "resp_3"].map((id) => view.inputText("key_1", id, 0))).toEqual(["[]", null, "[]"]);
});

test("one that no request could carry is not remembered, so that the client sends it whole and hears why (trap 44)", () => {
  const { stored } = shelf();
  const memory = new SocketMemory();
  memory.over(stored, false).saveResponse(response("resp_1", { input: "x".repeat(LIMITS.bodyBytesMax) }), 0);
  expect(memory.over(stored, false).responseText("key_1", "resp_1", 0)).toBeNull();
});
