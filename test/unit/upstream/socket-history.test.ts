import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { historyOf, newItems, readSent } from "../../../src/upstream/socket-history.ts";

const item = fc.record({ type: fc.constant("message"), text: fc.string(), more: fc.jsonValue() });
const items = fc.array(item, { maxLength: 6 });

function bodyOf(input: readonly unknown[]): string {
  return JSON.stringify({ model: "gpt-5.5", input, tools: [{ name: "],[" }] });
}

function terminalOf(output: readonly unknown[]): string {
  return JSON.stringify({ type: "response.completed", response: { id: "resp_1", output } });
}

describe("what a socket need not be sent again (trap 16)", () => {
  test("law: an input that begins with all of the last one and its output carries the rest, and that exactly", () => {
    fc.assert(
      fc.property(items, items, items, (input, output, news) => {
        const history = historyOf(readSent(bodyOf(input)), "resp_1", terminalOf(output));
        if (history === null) return false;
        const sent = newItems(readSent(bodyOf([...input, ...output, ...news])), history);
        return news.length === 0 ? sent === null : sent === JSON.stringify(news);
      }),
    );
  });

  test("law: an input that begins in any other way is sent whole", () => {
    fc.assert(
      fc.property(items, items, items, (input, output, other) => {
        const history = historyOf(readSent(bodyOf(input)), "resp_1", terminalOf(output));
        const known = JSON.stringify([...input, ...output]);
        const begins = JSON.stringify(other.slice(0, input.length + output.length));
        fc.pre(begins !== known);
        return history !== null && newItems(readSent(bodyOf(other)), history) === null;
      }),
    );
  });

  test("an ending without a response, or without an id, is nothing to go on from", () => {
    expect(historyOf(readSent(bodyOf([])), "resp_1", '{"type":"response.completed"}')).toBeNull();
    expect(historyOf(readSent(bodyOf([])), null, terminalOf([]))).toBeNull();
  });

  test("a body without items is sent as it is", () => {
    const history = historyOf(readSent('{"model":"m"}'), "resp_1", terminalOf([]));
    expect(history === null ? "none" : newItems(readSent('{"model":"m"}'), history)).toBeNull();
  });
});
