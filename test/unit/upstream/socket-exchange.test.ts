import { describe, expect, test } from "bun:test";
import type { UpstreamRequest } from "../../../src/ports.ts";
import { writeCreate } from "../../../src/upstream/socket-exchange.ts";
import { historyOf, readSent } from "../../../src/upstream/socket-history.ts";

function requestOf(headers: Readonly<Record<string, string>> = {}): UpstreamRequest {
  return { method: "POST", url: "https://upstream.test/responses", headers, body: "", proxyUrl: null };
}

const ITEM = '{"type":"message","n":1.0}';

describe("the message for upstream's socket", () => {
  test("is the body with its type, every other byte as it was", () => {
    const body = `{ "model":"m", "input":[ ${ITEM} ] }`;
    expect(writeCreate(requestOf(), readSent(body), null)).toBe(
      `{"type":"response.create", "model":"m", "input":[ ${ITEM} ] }`,
    );
    expect(writeCreate(requestOf(), readSent("{}"), null)).toBe('{"type":"response.create"}');
  });

  test("names what it goes on from, and carries the rest", () => {
    const history = historyOf(
      readSent(`{"model":"m","input":[${ITEM}]}`),
      "resp_1",
      `{"type":"response.completed","response":{"output":[{"made":1}]}}`,
    );
    const body = `{"model":"m","input":[${ITEM},{"made":1},{"new":1.0}],"tools":[]}`;
    expect(writeCreate(requestOf(), readSent(body), history)).toBe(
      '{"type":"response.create","previous_response_id":"resp_1","model":"m","input":[{"new":1.0}],"tools":[]}',
    );
  });

  test.each([
    ['{"model":"m"}', '{"type":"response.create","model":"m","client_metadata":{"x-codex-turn-state":"ts"}}'],
    [
      '{"client_metadata":{"a":"b"},"model":"m"}',
      '{"type":"response.create","client_metadata":{"a":"b","x-codex-turn-state":"ts"},"model":"m"}',
    ],
    [
      '{"client_metadata":null,"model":"m"}',
      '{"type":"response.create","client_metadata":{"x-codex-turn-state":"ts"},"model":"m"}',
    ],
  ])("%s: carries in its metadata what over HTTP is a header", (body, message) => {
    expect(writeCreate(requestOf({ "x-codex-turn-state": "ts" }), readSent(body), null)).toBe(message);
  });

  test("tells lite models apart as the official client does", () => {
    const message = writeCreate(
      requestOf({ "x-openai-internal-codex-responses-lite": "true" }),
      readSent('{"model":"m"}'),
      null,
    );
    expect(JSON.parse(message)).toEqual({
      type: "response.create",
      model: "m",
      client_metadata: { ws_request_header_x_openai_internal_codex_responses_lite: "true" },
    });
  });
});
