/** What the client is told when nobody can serve: the contract's states of the pool, alone and mixed (trap 2). */
import { describe, expect, test } from "bun:test";
import type { Considered } from "../../../../src/router/rules/choose.ts";
import { VERDICTS } from "../../../../src/router/rules/classify.ts";
import { because, EXCLUSIONS, type Exclusive } from "../../../../src/router/rules/eligibility.ts";
import { FAILURE_KINDS, type Failure, type FailureKind } from "../../../../src/router/rules/failure.ts";
import { PAUSES } from "../../../../src/router/rules/health.ts";
import { NOBODY_CODES, type NobodyCode, nobodyLeft } from "../../../../src/router/rules/nobody.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW } from "../../../support/rules.ts";

const SAID = true;
const cooling = (detail: FailureKind, untilMs: number, isUntilSaid = false) =>
  because("cooling", { detail, untilMs, isUntilSaid });
const spent = (untilMs: number | null) => because("exhausted", { untilMs, isUntilSaid: untilMs !== null });
const SIGN_IN = because("sign-in-needed", { detail: "refresh-token-reused", sinceMs: NOW - DAY_MS });
const NO_MODEL = because("model-not-offered");

function considered(exclusion: Exclusive | null, index: number): Considered {
  const verdict = exclusion === null ? (index === 0 ? "chosen" : "eligible") : "excluded";
  return {
    profileId: `p${index}`,
    name: `n${index}`,
    accountKey: `a${index}`,
    verdict,
    exclusion,
    headroomPercent: null,
  };
}

function failure(kind: FailureKind): Failure {
  return { ...VERDICTS[kind], phase: "head", code: "", untilMs: null };
}

/** What speaks against each account, the turn's own last failure, and the answer with its instant. */
type Row = readonly [string, readonly (Exclusive | null)[], FailureKind | null, NobodyCode, number | null];

const ROWS: readonly Row[] = [
  ["no profile there is", [], null, "pool_empty", null],
  ["no profile is selected", [because("not-selected"), because("not-selected")], null, "pool_empty", null],
  ["all need to sign in", [SIGN_IN, SIGN_IN], null, "sign_in_needed", null],
  [
    "all are used up: the first reset",
    [spent(NOW + DAY_MS), spent(NOW + HOUR_MS)],
    null,
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  ["all are used up, one was told when", [spent(null), spent(NOW + DAY_MS)], null, "usage_limit_reached", NOW + DAY_MS],
  [
    "all are used up, nobody was told when",
    [spent(null), cooling("usage-limit", NOW + HOUR_MS)],
    null,
    "usage_limit_reached",
    null,
  ],
  [
    "all hit their limit",
    [cooling("usage-limit", NOW + DAY_MS, SAID), cooling("workspace-limit", NOW + HOUR_MS, SAID)],
    "usage-limit",
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  [
    "all are at their reserve",
    [because("below-reserve", { untilMs: NOW + HOUR_MS, isUntilSaid: SAID })],
    null,
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  ["all are out of money", [cooling("billing", NOW + HOUR_MS)], "billing", "usage_limit_reached", null],
  [
    "all are rate limited",
    [cooling("rate-limit", NOW + 9_000), cooling("slow-down", NOW + 5_000)],
    "rate-limit",
    "rate_limit_exceeded",
    NOW + 5_000,
  ],
  [
    "no account offers the model",
    [NO_MODEL, cooling("model-not-offered", NOW + DAY_MS), cooling("plan-excluded", NOW + DAY_MS)],
    null,
    "model_not_found",
    null,
  ],
  ["no account is of the right kind", [because("wrong-kind")], null, "model_not_found", null],
  [
    "all are denied access",
    [cooling("access-denied", NOW + HOUR_MS), cooling("token-refused", NOW + MINUTE_MS)],
    null,
    "account_unavailable",
    NOW + MINUTE_MS,
  ],
  ["upstream is down", [cooling("server-error", NOW + 5_000)], "server-error", "upstream_unavailable", null],
  ["upstream does not begin", [cooling("head-timeout", NOW + 5_000)], "head-timeout", "upstream_timeout", null],
  ["upstream falls silent", [cooling("silence", NOW + 5_000)], "silence", "upstream_timeout", null],
  ["the turn is out of time", [null], "turn-timeout", "upstream_timeout", null],
  ["upstream cannot be reached from here", [null], "unreachable", "upstream_unavailable", null],
  ["the way is blocked", [null, null], "network-blocked", "upstream_unavailable", null],
  // Mixtures: what passes soonest is told, and never that a pool is used up when it is not.
  [
    "used up, but for one that needs to sign in",
    [SIGN_IN, spent(NOW + HOUR_MS)],
    null,
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  [
    "used up, but for one that has not the model",
    [NO_MODEL, spent(NOW + HOUR_MS)],
    null,
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  [
    "used up, but for one that is denied access",
    [cooling("access-denied", NOW + 5_000), spent(NOW + HOUR_MS)],
    null,
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  [
    "used up, but for one that is rate limited",
    [cooling("rate-limit", NOW + 9_000), spent(NOW + HOUR_MS)],
    "usage-limit",
    "rate_limit_exceeded",
    NOW + 9_000,
  ],
  [
    "used up, but for one that upstream stumbled over",
    [cooling("server-error", NOW + 5_000), spent(NOW + HOUR_MS)],
    "usage-limit",
    "upstream_unavailable",
    null,
  ],
  [
    "used up, but for one that was tried in vain",
    [because("tried"), spent(NOW + HOUR_MS)],
    "usage-limit",
    "upstream_unavailable",
    null,
  ],
  [
    "used up, but for one whose token is late",
    [cooling("token-unavailable", NOW + 5_000), spent(NOW + HOUR_MS)],
    null,
    "upstream_unavailable",
    null,
  ],
  [
    "an upstream that is down, and a used-up account",
    [because("tried"), spent(NOW + HOUR_MS)],
    "server-error",
    "upstream_unavailable",
    null,
  ],
  ["one needs to sign in, the other has not the model", [SIGN_IN, NO_MODEL], null, "sign_in_needed", null],
  [
    "one needs to sign in, the other is denied access",
    [SIGN_IN, cooling("access-denied", NOW + HOUR_MS)],
    null,
    "account_unavailable",
    NOW + HOUR_MS,
  ],
  [
    "two profiles of one used-up account",
    [spent(NOW + HOUR_MS), because("same-account")],
    null,
    "usage_limit_reached",
    NOW + HOUR_MS,
  ],
  ["the last of too many refusals", [null, null], "usage-limit", "upstream_unavailable", null],
  ["the one there is refuses, and nobody else was left to ask", [null], "usage-limit", "usage_limit_reached", null],
];

describe("nobodyLeft()", () => {
  for (const [what, exclusions, kind, code, untilMs] of ROWS) {
    test(`${what}: ${code}`, () => {
      const nobody = nobodyLeft(exclusions.map(considered), true, kind === null ? null : failure(kind));
      expect([nobody.code, nobody.untilMs]).toEqual([code, untilMs]);
    });
  }

  test("says that the pool is disabled before anything else", () => {
    expect(nobodyLeft([spent(null)].map(considered), false, failure("server-error")).code).toBe("pool_disabled");
  });

  test("has a row for every code", () => {
    const covered = new Set<string>(["pool_disabled", ...ROWS.map(([, , , code]) => code)]);
    expect(NOBODY_CODES.filter((code) => !covered.has(code))).toEqual([]);
  });

  test("gives every account's reason, since, until and remedy (trap 27)", () => {
    const { accounts } = nobodyLeft(
      [SIGN_IN, cooling("billing", NOW + 1), because("not-selected"), null].map(considered),
      true,
      null,
    );
    expect(accounts).toEqual([
      {
        profile: "n0",
        reason: "sign-in-needed: refresh-token-reused",
        sinceMs: NOW - DAY_MS,
        untilMs: null,
        remedy: "codexuse profile refresh n0",
      },
      {
        profile: "n1",
        reason: "cooling: billing",
        sinceMs: null,
        untilMs: NOW + 1,
        remedy: "add credits at upstream, or wait",
      },
      { profile: "n3", reason: "eligible", sinceMs: null, untilMs: null, remedy: "try again" },
    ]);
  });

  test("leaves no reason there is without a remedy", () => {
    const pauses = FAILURE_KINDS.filter((kind) => PAUSES[kind] !== undefined).map((kind) => cooling(kind, NOW + 1));
    const others = EXCLUSIONS.filter((reason) => reason !== "not-selected").map((reason) => because(reason));
    const { accounts } = nobodyLeft(
      [...pauses, ...others, because("cooling", { detail: "toString" })].map(considered),
      true,
      null,
    );
    expect(accounts.filter(({ remedy }) => remedy === "" || remedy.includes("<profile>"))).toEqual([]);
    expect(accounts).toHaveLength(pauses.length + others.length + 1);
  });

  test("gives the instant upstream named for the very limit the turn ended with", () => {
    const limit = { ...failure("usage-limit"), untilMs: NOW + HOUR_MS };
    expect(nobodyLeft([null].map(considered), true, limit)).toMatchObject({
      code: "usage_limit_reached",
      untilMs: NOW + HOUR_MS,
    });
  });

  test("names the failure the turn ended with as the reason of the one that had it", () => {
    const [account] = nobodyLeft([null].map(considered), true, failure("unreachable")).accounts;
    expect(account).toMatchObject({ profile: "n0", reason: "tried: unreachable", remedy: "try again" });
  });
});
