import { expect, test } from "bun:test";
import fc from "fast-check";
import { nameBehind, profileTag } from "../../../src/telegram/profile-tag.ts";

test("a tag fits behind a button, whatever the name, and leads back to it", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }), (names) => {
      for (const name of names) {
        expect(Buffer.byteLength(`/resume ${profileTag(name)}`)).toBeLessThanOrEqual(64);
        expect(nameBehind(profileTag(name), names)).toBe(name);
      }
    }),
  );
});

test("a tag of a profile that has gone leads nowhere, and a name is itself", () => {
  expect(nameBehind(profileTag("gone"), ["work"])).toBeNull();
  expect(nameBehind("anything", ["work"])).toBe("anything");
  expect(nameBehind("#1", ["#1"])).toBe("#1");
});
