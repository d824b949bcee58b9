import { describe, expect, test } from "bun:test";
import type { RuntimeStore, StoredResponse } from "../../../src/ports.ts";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { useTempHome } from "../../support/temp-home.ts";

const ROOMY = 1_000_000;

const openInMemory = (): RuntimeStore => openRuntimeStore(":memory:", "daemon");

function aResponse(change: Partial<StoredResponse> = {}): StoredResponse {
  return {
    keyId: "key-1",
    id: "resp-1",
    savedAtMs: 1_000,
    response: '{"id":"resp-1","n":1.0}',
    input: '[{"role":"user","content":"Grüße 🎉"}]',
    itemIds: ["msg-1"],
    ...change,
  };
}

/** A text that packing makes no smaller. */
function noise(bytes: number): string {
  return JSON.stringify(Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64"));
}

describe("stored responses", () => {
  test("come back character for character, for the key that made them", () => {
    const store = openInMemory();
    store.saveResponse(aResponse(), ROOMY);
    expect(store.responseText("key-1", "resp-1", 0)).toBe(aResponse().response);
    expect(store.inputText("key-1", "resp-1", 0)).toBe(aResponse().input);
    expect(store.responseOfItem("key-1", "msg-1", 0)).toBe("resp-1");
  });

  test("are nobody else's: not by id, not by item, not to be removed", () => {
    const store = openInMemory();
    store.saveResponse(aResponse(), ROOMY);
    expect(store.responseText("key-2", "resp-1", 0)).toBeNull();
    expect(store.inputText("key-2", "resp-1", 0)).toBeNull();
    expect(store.responseOfItem("key-2", "msg-1", 0)).toBeNull();
    expect(store.removeResponse("key-2", "resp-1")).toBe(false);
    store.saveResponse(aResponse({ keyId: "key-2", response: "{}", input: "[]" }), ROOMY);
    expect(store.responseText("key-1", "resp-1", 0)).toBe(aResponse().response);
  });

  test("survive the process", () => {
    const home = useTempHome();
    const before = openRuntimeStore(home, "daemon");
    before.saveResponse(aResponse(), ROOMY);
    before.close();
    const after = openRuntimeStore(home, "daemon");
    expect(after.inputText("key-1", "resp-1", 0)).toBe(aResponse().input);
    after.close();
  });

  test("are not there any more once they are too old, pruned or not", () => {
    const store = openInMemory();
    store.saveResponse(aResponse({ savedAtMs: 1_000 }), ROOMY);
    expect(store.responseText("key-1", "resp-1", 1_000)).not.toBeNull();
    expect(store.responseText("key-1", "resp-1", 1_001)).toBeNull();
    expect(store.inputText("key-1", "resp-1", 1_001)).toBeNull();
    expect(store.responseOfItem("key-1", "msg-1", 1_001)).toBeNull();
  });

  test("are removed once, with the way to their items", () => {
    const store = openInMemory();
    store.saveResponse(aResponse(), ROOMY);
    expect(store.removeResponse("key-1", "resp-1")).toBe(true);
    expect(store.removeResponse("key-1", "resp-1")).toBe(false);
    expect(store.responseOfItem("key-1", "msg-1", 0)).toBeNull();
    expect(store.pruneResponses(0, 0)).toBe(0);
  });

  test("replace themselves, and an item belongs to the latest that put it out", () => {
    const store = openInMemory();
    store.saveResponse(aResponse(), ROOMY);
    store.saveResponse(aResponse({ response: '{"again":true}', itemIds: ["msg-2"] }), ROOMY);
    expect(store.responseText("key-1", "resp-1", 0)).toBe('{"again":true}');
    expect(store.responseOfItem("key-1", "msg-1", 0)).toBeNull();
    store.saveResponse(aResponse({ id: "resp-2", itemIds: ["msg-2"] }), ROOMY);
    expect(store.responseOfItem("key-1", "msg-2", 0)).toBe("resp-2");
  });

  test("are pruned by age (trap 44)", () => {
    const store = openInMemory();
    for (const savedAtMs of [1, 2, 3]) store.saveResponse(aResponse({ id: `r${savedAtMs}`, savedAtMs }), ROOMY);
    expect(store.pruneResponses(3, ROOMY)).toBe(2);
    expect(store.responseText("key-1", "r3", 0)).not.toBeNull();
  });

  test("never take more room than they may: the oldest go with each save, and no more than needed (trap 44)", () => {
    const store = openInMemory();
    const input = noise(3_000);
    const bytesMax = 40_000;
    for (let at = 1; at <= 50; at += 1) {
      store.saveResponse(aResponse({ id: `r${at}`, savedAtMs: at, input, itemIds: [`m${at}`] }), bytesMax);
    }
    const left = Array.from({ length: 50 }, (_, index) => index + 1).filter(
      (at) => store.responseText("key-1", `r${at}`, 0) !== null,
    );
    expect(left.length).toBeGreaterThan(6);
    expect(left.length).toBeLessThan(14);
    expect(left).toEqual(Array.from({ length: left.length }, (_, index) => 51 - left.length + index));
    expect(store.responseOfItem("key-1", "m1", 0)).toBeNull();
    expect(store.pruneResponses(0, bytesMax)).toBe(0);
    expect(store.pruneResponses(0, 0)).toBe(left.length);
  });

  test("one that is larger than all may be is not kept, and costs the others nothing", () => {
    const store = openInMemory();
    store.saveResponse(aResponse(), 20_000);
    store.saveResponse(aResponse({ id: "huge", input: noise(40_000) }), 20_000);
    expect(store.responseText("key-1", "huge", 0)).toBeNull();
    expect(store.responseText("key-1", "resp-1", 0)).not.toBeNull();
  });
});
