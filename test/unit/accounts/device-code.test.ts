import { describe, expect, test } from "bun:test";
import { type DevicePoll, judgeDevicePoll, readIssuedCode } from "../../../src/accounts/device-code.ts";

const NOW_MS = Date.UTC(2026, 10, 22);
const MINUTE_MS = 60_000;

function issue(change: Record<string, unknown> = {}, status = 200) {
  const body = { device_auth_id: "deviceauth_1", user_code: "ABCD-12345", interval: "5", ...change };
  return readIssuedCode(status, JSON.stringify(body), NOW_MS);
}

describe("readIssuedCode()", () => {
  test("reads the code, and seconds that are told as a string", () => {
    const expires_at = new Date(NOW_MS + 10 * MINUTE_MS).toISOString();
    expect(issue({ interval: "7", expires_at })).toEqual({
      kind: "issued",
      code: {
        deviceAuthId: "deviceauth_1",
        userCode: "ABCD-12345",
        intervalMs: 7_000,
        expiresAtMs: NOW_MS + 10 * MINUTE_MS,
      },
    });
  });

  const intervals: readonly (readonly [given: unknown, ms: number])[] = [
    ["5", 5_000],
    [3, 3_000],
    ["0", 1_000],
    ["86400", 60_000],
    ["soon", 5_000],
    [null, 5_000],
    [-4, 5_000],
  ];
  for (const [interval, ms] of intervals) {
    test(`asks every ${ms} ms when told ${JSON.stringify(interval)}`, () => {
      const issued = issue({ interval });
      expect(issued.kind === "issued" ? issued.code.intervalMs : null).toBe(ms);
    });
  }

  for (const expires_at of [undefined, "never", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]) {
    test(`gives a code the usual quarter of an hour when its end is ${expires_at ?? "not told"}`, () => {
      const issued = issue({ expires_at });
      expect(issued.kind === "issued" ? issued.code.expiresAtMs : null).toBe(NOW_MS + 15 * MINUTE_MS);
    });
  }

  test("tells apart not offered and refused", () => {
    expect(issue({}, 404)).toEqual({ kind: "disabled" });
    for (const status of [400, 401, 403, 429, 500]) expect(issue({}, status)).toEqual({ kind: "refused", status });
    expect(issue({ user_code: "" })).toEqual({ kind: "refused", status: 200 });
    expect(issue({ user_code: "\u001b[2J" }).kind).toBe("refused");
    expect(readIssuedCode(200, "<html>", NOW_MS).kind).toBe("refused");
  });
});

const APPROVED = JSON.stringify({ authorization_code: "ac_1", code_challenge: "ch", code_verifier: "ver" });

const polls: readonly (readonly [status: number | null, text: string, kind: DevicePoll["kind"]])[] = [
  [403, "{}", "pending"],
  [404, "<html>", "pending"],
  [null, "", "again"],
  [429, "{}", "again"],
  [502, "<html>", "again"],
  [503, "", "again"],
  [400, "{}", "refused"],
  [401, "{}", "refused"],
  [500, "{}", "refused"],
  [302, "", "refused"],
  [200, "{}", "refused"],
  [200, APPROVED, "approved"],
];

describe("judgeDevicePoll()", () => {
  for (const [status, text, kind] of polls) {
    test(`${status ?? "no answer"} ${text.slice(0, 8)}: ${kind}`, () => {
      expect(judgeDevicePoll(status, text).kind).toBe(kind);
    });
  }

  test("hands over the code with the verifier that upstream made", () => {
    expect(judgeDevicePoll(200, APPROVED)).toEqual({ kind: "approved", code: "ac_1", verifier: "ver" });
  });
});
