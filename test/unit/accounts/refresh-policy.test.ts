/** When a token is due, and what every answer of the token endpoint means. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SIGN_IN_REASONS } from "../../../src/accounts/reasons.ts";
import {
  applyPair,
  backoffMs,
  explainRefusal,
  isJustRenewed,
  isMet,
  judgeRefreshAnswer,
  judgeToken,
  type RefreshAnswer,
  refreshReason,
  spacingLeftMs,
  spacingWithJitterMs,
  type TokenState,
} from "../../../src/accounts/refresh-policy.ts";
import { aJwt, DAY_MS, MINUTE_MS, START_MS } from "../../support/accounts-world.ts";
import { aCredential } from "../../support/records.ts";

const NOW = START_MS;

describe("judgeToken()", () => {
  const ROWS: readonly [string, Parameters<typeof aCredential>[0], TokenState][] = [
    ["an expiry far away", { expiresAtMs: NOW + DAY_MS }, "fresh"],
    ["an expiry just outside the lead", { expiresAtMs: NOW + 5 * MINUTE_MS }, "fresh"],
    ["an expiry just inside the lead", { expiresAtMs: NOW + 5 * MINUTE_MS - 1 }, "due"],
    ["an expiry now", { expiresAtMs: NOW }, "expired"],
    [
      "an age that says nothing when the expiry is readable",
      { expiresAtMs: NOW + DAY_MS, lastRefreshAtMs: NOW - 29 * DAY_MS },
      "fresh",
    ],
    ["an opaque token eight days old", { expiresAtMs: null, lastRefreshAtMs: NOW - 8 * DAY_MS }, "fresh"],
    ["an opaque token older than that", { expiresAtMs: null, lastRefreshAtMs: NOW - 8 * DAY_MS - 1 }, "due"],
    ["an opaque token of unknown age", { expiresAtMs: null, lastRefreshAtMs: null }, "due"],
    ["an opaque token that cannot be refreshed", { expiresAtMs: null, refreshToken: null }, "fresh"],
    ["a token inside the lead that cannot be refreshed", { expiresAtMs: NOW + 1, refreshToken: null }, "fresh"],
    ["an expired token that cannot be refreshed", { expiresAtMs: NOW - 1, refreshToken: null }, "expired"],
  ];
  for (const [what, change, state] of ROWS) {
    test(`${what}: ${state}`, () => expect(judgeToken(aCredential(change), NOW)).toBe(state));
  }
});

const LATER = { kind: "later", reason: "refresh-failing", retryAfterMs: null } as const;
const CODE = (code: string) => ({ error: { code, message: "no", type: "invalid_request_error", param: null } });

describe("judgeRefreshAnswer()", () => {
  const ROWS: readonly [number, unknown, RefreshAnswer][] = [
    [401, CODE("refresh_token_expired"), { kind: "refused", reason: "refresh-token-expired" }],
    [401, CODE("refresh_token_reused"), { kind: "refused", reason: "refresh-token-reused" }],
    [401, CODE("refresh_token_invalidated"), { kind: "refused", reason: "refresh-token-invalidated" }],
    [400, CODE("refresh_token_reused"), { kind: "refused", reason: "refresh-token-reused" }],
    [403, { code: "refresh_token_expired" }, { kind: "refused", reason: "refresh-token-expired" }],
    [401, CODE("token_expired"), { kind: "refused", reason: "refresh-token-expired" }],
    [401, CODE("app_session_terminated"), { kind: "refused", reason: "session-ended" }],
    [401, CODE("account_session_expired"), { kind: "refused", reason: "session-ended" }],
    [401, CODE("account_deactivated"), { kind: "refused", reason: "account-deactivated" }],
    [401, CODE("something_new"), { kind: "refused", reason: "refresh-refused" }],
    [401, { detail: "Unauthorized" }, { kind: "refused", reason: "refresh-refused" }],
    [401, "<html>", { kind: "refused", reason: "refresh-refused" }],
    [400, { error: "invalid_grant", error_description: "gone" }, { kind: "refused", reason: "refresh-refused" }],
    [400, CODE("invalid_grant"), { kind: "refused", reason: "refresh-refused" }],
    [403, { error: "invalid_grant" }, { ...LATER, unspent: true }],
    [400, { error: "invalid_client" }, { ...LATER, unspent: true }],
    [400, { error: "invalid_request" }, { ...LATER, unspent: true }],
    [403, "Just a moment", { ...LATER, unspent: true }],
    [403, CODE("account_deactivated"), { ...LATER, unspent: true }],
    [429, CODE("rate_limit_exceeded"), { ...LATER, unspent: true }],
    [500, {}, { ...LATER, unspent: false }],
    [502, "<html>bad gateway", { ...LATER, unspent: false }],
    [503, CODE("refresh_token_reused"), { ...LATER, unspent: false }],
    [302, "", { ...LATER, unspent: false }],
    [200, "{cut", { kind: "unknown" }],
    [200, [], { kind: "unknown" }],
    [200, {}, { kind: "later", reason: "refresh-empty", retryAfterMs: null, unspent: false }],
    [200, { access_token: "" }, { kind: "later", reason: "refresh-empty", retryAfterMs: null, unspent: false }],
    [200, { access_token: "a" }, { kind: "renewed", pair: { accessToken: "a", refreshToken: null, idToken: null } }],
    [200, { refresh_token: "r" }, { kind: "renewed", pair: { accessToken: null, refreshToken: "r", idToken: null } }],
    [
      200,
      { access_token: "a", refresh_token: "r", id_token: "i", token_type: "bearer", expires_in: 1 },
      { kind: "renewed", pair: { accessToken: "a", refreshToken: "r", idToken: "i" } },
    ],
    [
      200,
      { access_token: "a\r\nb", refresh_token: "r" },
      { kind: "renewed", pair: { accessToken: null, refreshToken: "r", idToken: null } },
    ],
  ];
  for (const [status, body, verdict] of ROWS) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    test(`${status} ${text.slice(0, 60)}: ${verdict.kind} (trap 26)`, () => {
      expect(judgeRefreshAnswer(status, text, null)).toEqual(verdict);
    });
  }

  test("honours a sane Retry-After and bounds an absurd one", () => {
    const waits = ["30", "1.5", "999999999", "soon", "-1", ""].map((header) => {
      const answer = judgeRefreshAnswer(429, "{}", header);
      return answer.kind === "later" ? answer.retryAfterMs : "other";
    });
    expect(waits).toEqual([30_000, 1_500, 3_600_000, null, null, null]);
  });

  test("gives every status and text a verdict", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, text) =>
        ["renewed", "refused", "later", "unknown"].includes(judgeRefreshAnswer(status, text, null).kind),
      ),
    );
  });
});

describe("explainRefusal()", () => {
  const CHANGED = new Set(["refresh-token-reused", "refresh-token-invalidated", "refresh-refused"]);
  for (const reason of SIGN_IN_REASONS) {
    test(`${reason} after a lost answer (trap 23)`, () => {
      expect(explainRefusal(reason, false)).toBe(reason);
      expect(explainRefusal(reason, true)).toBe(CHANGED.has(reason) ? "refresh-cut-off" : reason);
    });
  }
});

describe("isMet()", () => {
  const stored = (generation: number, change: Parameters<typeof aCredential>[0] = {}) => ({
    credential: aCredential(change),
    generation,
    refreshStartedAtMs: null,
  });
  test("a refused generation needs a newer one, however fresh it looks", () => {
    const need = { why: "refused", generation: 3 } as const;
    expect(isMet(need, stored(3, { expiresAtMs: NOW + DAY_MS }), NOW)).toBe(false);
    expect(isMet(need, stored(4, { expiresAtMs: NOW - 1 }), NOW)).toBe(true);
  });
  test("a due one is met by a fresh credential, or by one renewed meanwhile, even a short-lived one", () => {
    const need = { why: "due", generation: 3 } as const;
    expect(isMet(need, stored(3, { expiresAtMs: NOW + DAY_MS }), NOW)).toBe(true);
    expect(isMet(need, stored(3, { expiresAtMs: NOW, lastRefreshAtMs: NOW }), NOW)).toBe(false);
    expect(isMet(need, stored(4, { expiresAtMs: NOW, lastRefreshAtMs: NOW }), NOW)).toBe(true);
    expect(isMet(need, stored(4, { expiresAtMs: NOW, lastRefreshAtMs: NOW - DAY_MS }), NOW)).toBe(false);
  });
});

describe("pauses", () => {
  test("back-off grows to its limit, jittered, and never undercuts upstream", () => {
    expect([1, 2, 3, 10, 1_000].map((strikes) => backoffMs(strikes, null, 0.5))).toEqual([
      5_000, 10_000, 20_000, 300_000, 300_000,
    ]);
    expect(backoffMs(1, 60_000, 0.5)).toBe(60_000);
  });

  test("spacing is the pause and up to as much again; a clock set back does not stretch it (trap 22)", () => {
    expect([0, 0.5, 0.999].map((chance) => spacingWithJitterMs(2_000, chance))).toEqual([2_000, 3_000, 3_998]);
    expect(spacingLeftMs(null, 3_000, NOW)).toBe(0);
    expect(spacingLeftMs(NOW - 1_000, 3_000, NOW)).toBe(2_000);
    expect(spacingLeftMs(NOW - 9_000, 3_000, NOW)).toBe(0);
    expect(spacingLeftMs(NOW + DAY_MS, 3_000, NOW)).toBe(3_000);
  });
});

test("what an answer leaves out stays as it was", () => {
  const old = aCredential({ accessToken: "a1", refreshToken: "r1", idToken: "i1", expiresAtMs: 5, lastRefreshAtMs: 4 });
  const access = aJwt({ exp: 2_000_000_000 });
  expect(applyPair(old, { accessToken: access, refreshToken: null, idToken: null }, NOW)).toEqual({
    ...{ kind: "chatgpt", accessToken: access, refreshToken: "r1", idToken: "i1" },
    ...{ expiresAtMs: 2_000_000_000_000, lastRefreshAtMs: NOW },
  });
  const withoutAccess = applyPair(old, { accessToken: null, refreshToken: "r2", idToken: "i2" }, NOW);
  expect(withoutAccess).toEqual({ ...old, refreshToken: "r2", idToken: "i2" });
});

test("upstream is told why, in its own words", () => {
  expect(refreshReason({ why: "refused", generation: 1 }, aCredential())).toBe("unauthorized_recovery");
  expect(refreshReason({ why: "asked", generation: 1 }, aCredential())).toBe("scheduled");
  expect(refreshReason({ why: "due", generation: 1 }, aCredential())).toBe("proactive_expiry");
  expect(refreshReason({ why: "due", generation: 1 }, aCredential({ expiresAtMs: null }))).toBe("scheduled");
});

test("a token counts as just made for a minute", () => {
  const ages = [-1, 0, 59_999, 60_000].map((age) => isJustRenewed(aCredential({ lastRefreshAtMs: NOW - age }), NOW));
  expect(ages).toEqual([false, true, true, false]);
  expect(isJustRenewed(aCredential({ lastRefreshAtMs: null }), NOW)).toBe(false);
});
