import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  isProfileName,
  makeUnique,
  nameFromEmail,
  nameFromPath,
  PROFILE_NAME_CHARACTERS_MAX,
  toProfileName,
} from "../../../src/accounts/profile-name.ts";

describe("isProfileName()", () => {
  for (const name of ["a", "Work", "ann.lee@example.test", "a_b-c+1", "7", "x".repeat(64)]) {
    test(`takes ${name.slice(0, 20)}`, () => expect(isProfileName(name)).toBe(true));
  }
  for (const name of ["", "-x", ".x", "a b", "a/b", "a\n", "a\u0000", "é", "\u001b[31m", "x".repeat(65), "a\u202eb"]) {
    test(`refuses ${JSON.stringify(name).slice(0, 20)}`, () => expect(isProfileName(name)).toBe(false));
  }
});

test("any text becomes a name", () => {
  fc.assert(fc.property(fc.string(), (text) => isProfileName(toProfileName(text))));
  expect(toProfileName("ann lee!")).toBe("ann-lee");
  expect(toProfileName("…")).toBe("account");
});

test("a taken name gets the first free number, within the length", () => {
  const taken = new Set(["ann", "ann-2"]);
  expect(makeUnique("ann", (name) => taken.has(name))).toBe("ann-3");
  expect(makeUnique("ben", (name) => taken.has(name))).toBe("ben");
  const long = "x".repeat(PROFILE_NAME_CHARACTERS_MAX);
  expect(makeUnique(long, (name) => name === long)).toHaveLength(PROFILE_NAME_CHARACTERS_MAX);
});

test("names come from the e-mail, else from the file, else from its folder", () => {
  expect(nameFromEmail("ann.lee@example.test")).toBe("ann.lee");
  expect(nameFromEmail("@example.test")).toBeNull();
  expect(nameFromEmail(null)).toBeNull();
  expect(nameFromPath("/home/ann/logins/work.json")).toBe("work");
  expect(nameFromPath("/home/ann/.codex/auth.json")).toBe("codex");
  expect(nameFromPath("auth.json")).toBe("auth");
  expect(nameFromPath("C:\\Users\\ann\\.codex\\AUTH.JSON")).toBe("codex");
});
