/** What no account of a pool can do, and what becomes of it. */
import { expect, test } from "bun:test";
import { parseResponsesRequest } from "../../../src/protocol/responses-request.ts";
import { honourRequest } from "../../../src/protocol/unhonoured.ts";

function honour(members: string) {
  const parsed = parseResponsesRequest(`{"model":"m","n":1.0${members}}`);
  if (parsed.kind === "refused") throw new Error(parsed.refusal.code);
  return honourRequest(parsed.request);
}

test.each([
  [',"conversation":"conv_1"', "conversation"],
  [',"conversation":{"id":"conv_1"}', "conversation"],
])("refuses %p and names another way", (members, param) => {
  expect(honour(members)).toMatchObject({
    kind: "refused",
    refusal: {
      status: 400,
      code: "unsupported_parameter",
      param,
      message: expect.stringContaining("previous_response_id"),
    },
  });
});

test("serves in front what was to be done in the background, and says so", () => {
  const honoured = honour(',"background":true');
  expect(honoured).toMatchObject({ kind: "ok", ignored: ["background"] });
  if (honoured.kind === "ok") {
    expect(honoured.request.text).toBe('{"model":"m","n":1.0}');
    expect(honoured.request.body).toEqual({ model: "m", n: 1 });
  }
});

test.each(["", ',"conversation":null', ',"background":false', ',"background":null,"truncation":"auto"'])(
  "leaves %p as it is",
  (members) => {
    const honoured = honour(members);
    expect(honoured).toMatchObject({ kind: "ok", ignored: [] });
    if (honoured.kind === "ok") expect(honoured.request.text).toBe(`{"model":"m","n":1.0${members}}`);
  },
);
