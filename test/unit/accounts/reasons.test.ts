import { expect, test } from "bun:test";
import { describeReason, SIGN_IN_REASONS, UNAVAILABLE_REASONS } from "../../../src/accounts/reasons.ts";

test("every reason has words and a next step (trap 27)", () => {
  for (const reason of [...SIGN_IN_REASONS, ...UNAVAILABLE_REASONS]) {
    const { text, hint } = describeReason(reason);
    expect(text).not.toBe(reason);
    expect(text.endsWith(".") && hint.endsWith(".")).toBe(true);
  }
});

test("a reason of another room is shown as it is, also one that objects have by birth", () => {
  for (const reason of ["key-refused", "constructor", "__proto__"]) expect(describeReason(reason).text).toBe(reason);
});
