/** The soak's judge of refusals: no account may stand by untried, whatever the refusal's code excuses itself with. */
import { describe, expect, test } from "bun:test";
import { readRefusal } from "../../trials/soak/read-refusal.ts";

function refusal(code: string, reasons: readonly string[]): string {
  const accounts = reasons.map((reason, at) => ({ profile: `account-${at}`, reason, since: null, until: null }));
  return JSON.stringify({ error: { message: "No.", type: "server_error", param: null, code }, accounts });
}

const ROWS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["upstream_unavailable", ["tried: network-blocked", "tried", "eligible", "cooling: rate-limit"], ["account-2"]],
  ["upstream_timeout", ["tried: silence", "eligible", "eligible"], ["account-1", "account-2"]],
  ["usage_limit_reached", ["exhausted", "eligible"], ["account-1"]],
  ["upstream_unavailable", ["tried: network-blocked", "tried", "cooling: server-error"], []],
  ["usage_limit_reached", ["exhausted", "cooling: usage-limit", "not-selected"], []],
];

describe("readRefusal()", () => {
  for (const [code, reasons, standBy] of ROWS) {
    test(`${code} with ${reasons.join(", ")}: ${standBy.length === 0 ? "nobody" : standBy.join(", ")} stood by`, () => {
      const told = readRefusal(refusal(code, reasons));
      expect([told.code, told.accounts.length, told.standBy]).toEqual([code, reasons.length, [...standBy]]);
    });
  }

  test("reads one that is the only event of a stream", () => {
    const text = `HTTP/1.1 200 OK\r\n\r\ndata: ${refusal("upstream_unavailable", ["tried", "eligible"])}\n\n`;
    expect(readRefusal(text).standBy).toEqual(["account-1"]);
  });
});
