import { describe, expect, test } from "bun:test";
import {
  apiKeyAccountKey,
  chatgptAccountKey,
  duplicateOf,
  isSameAccount,
  type LoginIdentity,
  otherSeats,
} from "../../../src/accounts/identity.ts";
import type { ProfileRecord } from "../../../src/ports.ts";
import { aProfile } from "../../support/records.ts";

const ANN: LoginIdentity = {
  workspaceId: "ws-1",
  userId: "user-1",
  email: "ann@example.test",
  plan: "pro",
  fedramp: false,
};

function keyOf(change: Partial<LoginIdentity>, secret = "secret"): string {
  return chatgptAccountKey({ ...ANN, ...change }, secret);
}

describe("chatgptAccountKey()", () => {
  const SAME: readonly [string, Partial<LoginIdentity>, string][] = [
    ["another plan", { plan: "free" }, "secret"],
    ["another token", {}, "other"],
    ["another e-mail, as the user id decides", { email: "new@example.test" }, "secret"],
  ];
  for (const [what, change, secret] of SAME)
    test(`stays with ${what}`, () => expect(keyOf(change, secret)).toBe(keyOf({})));

  const OTHER: readonly [string, Partial<LoginIdentity>][] = [
    ["another workspace of the same person", { workspaceId: "ws-2" }],
    ["another seat of the same workspace", { userId: "user-2" }],
    ["no workspace", { workspaceId: null }],
  ];
  for (const [what, change] of OTHER) test(`differs with ${what}`, () => expect(keyOf(change)).not.toBe(keyOf({})));

  test("falls back to the e-mail in any case, then to the token", () => {
    expect(keyOf({ userId: null })).toBe(keyOf({ userId: null, email: " Ann@Example.test" }, "other"));
    expect(keyOf({ userId: null, email: null })).not.toBe(keyOf({ userId: null, email: null }, "other"));
  });

  test("holds nothing that could be read back (trap 48)", () => {
    for (const key of [keyOf({ userId: null }), keyOf({}), apiKeyAccountKey("sk-1")]) {
      expect(key).toMatch(/^(chatgpt|api-key)-[0-9a-f]{16}$/);
    }
  });
});

function seat(name: string, change: Partial<ProfileRecord>): ProfileRecord {
  return aProfile({ id: name, name, ...change });
}

const OLD = seat("old", { accountKey: "k1", userId: null, email: "ann@example.test", createdAtMs: 1 });
const NEW = seat("new", { accountKey: "k2", userId: "user-1", email: "ANN@example.test", createdAtMs: 2 });
const BEN = seat("ben", { accountKey: "k3", userId: "user-2", email: "ben@example.test", createdAtMs: 3 });
const KEY = seat("key", {
  kind: "api-key",
  accountKey: "k4",
  workspaceId: null,
  userId: null,
  email: null,
  createdAtMs: 0,
});
const ALL = [NEW, OLD, BEN, KEY];

describe("duplicates", () => {
  test("a sign-in without a user id is of the account with the same e-mail and workspace", () => {
    expect(isSameAccount(OLD, NEW)).toBe(true);
    expect(isSameAccount(NEW, BEN)).toBe(false);
    expect(isSameAccount(OLD, { ...OLD, accountKey: "x", workspaceId: "elsewhere" })).toBe(false);
    expect(isSameAccount(KEY, { ...KEY, accountKey: "k5" })).toBe(false);
  });

  test("the younger one is a duplicate of the older one, never the reverse", () => {
    expect(duplicateOf(NEW, ALL)?.name).toBe("old");
    expect(duplicateOf(OLD, ALL)).toBeNull();
    expect(duplicateOf(KEY, ALL)).toBeNull();
  });

  test("other seats are of the workspace and of somebody else", () => {
    expect(otherSeats(NEW, ALL).map((profile) => profile.name)).toEqual(["ben"]);
    expect(otherSeats(KEY, ALL)).toEqual([]);
  });
});
