import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeJwt, readClaims } from "../../../src/accounts/jwt.ts";
import { aJwt } from "../../support/accounts-world.ts";

describe("readClaims()", () => {
  test("reads the auth object, the user id under its older name, and the e-mail of the profile", () => {
    const token = aJwt({
      exp: 1_800_000_000,
      "https://api.openai.com/auth": {
        user_id: "user-1",
        chatgpt_account_id: "acc-1",
        chatgpt_account_is_fedramp: true,
      },
      "https://api.openai.com/profile": { email: "ann@example.test" },
    });
    expect(readClaims(token)).toEqual({
      accountId: "acc-1",
      userId: "user-1",
      email: "ann@example.test",
      plan: null,
      fedramp: true,
      expiresAtMs: 1_800_000_000_000,
    });
  });

  const OPAQUE = [
    null,
    "",
    "opaque",
    "a.b",
    "a.!!.c",
    "a.bm90IGpzb24.c",
    `a.${"x".repeat(70_000)}.c`,
    aJwt([] as never),
  ];
  for (const token of OPAQUE) {
    test(`knows nothing of ${String(token).slice(0, 20)}`, () => {
      expect(readClaims(token)).toMatchObject({ accountId: null, userId: null, expiresAtMs: null, fedramp: false });
    });
  }

  test("takes only a sane expiry", () => {
    for (const exp of [0, -1, 1e300, "1800000000", null, Number.NaN]) {
      expect(readClaims(aJwt({ exp })).expiresAtMs).toBeNull();
    }
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => decodeJwt(`a.${text}.c`) === null || true));
  });
});
