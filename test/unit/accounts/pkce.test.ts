import { expect, test } from "bun:test";
import { PKCE_BYTES, pkceFrom, STATE_BYTES, stateFrom } from "../../../src/accounts/pkce.ts";

/** The example of RFC 7636, appendix B. */
const RFC_BYTES = Uint8Array.from([
  116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
  88, 5, 88, 83, 132, 141, 121,
]);

test("the challenge is the digest of the verifier, as the standard's example has it", () => {
  expect(pkceFrom(RFC_BYTES)).toEqual({
    verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  });
});

test("verifier and state are as long as the standard wants and hold nothing that an address would escape", () => {
  const random = crypto.getRandomValues(new Uint8Array(PKCE_BYTES));
  expect(pkceFrom(random).verifier).toMatch(/^[A-Za-z0-9_-]{43,128}$/);
  expect(stateFrom(random.subarray(0, STATE_BYTES))).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
