/**
 * What each refusal of upstream means: what the pool does next, and what becomes of the account. One table for answers
 * with a status, one for events that end a stream, one for everything that is no word of upstream's.
 *
 * Columns: the refusal · its kind · what it condemns · what the owner can do · what the account's state becomes · the
 * turn's next step. A pause reads `account 4h`: for the whole account, four hours; `?` where its length is our
 * assumption, `~` where it only steers.
 */
import { describe, expect, test } from "bun:test";
import { UNKNOWN_ACCOUNT_STATE } from "../../../../src/router/rules/account-state.ts";
import { classifyFailure, VERDICTS } from "../../../../src/router/rules/classify.ts";
import {
  type Evidence,
  FAILURE_KINDS,
  FAILURE_SCOPES,
  PHASES,
  REMEDIES,
  TRANSPORT_FAULTS,
} from "../../../../src/router/rules/failure.ts";
import { effectOf } from "../../../../src/router/rules/health.ts";
import { FRESH_PROGRESS } from "../../../../src/router/rules/next-step.ts";
import {
  EVENT_FAILURE_NAMES,
  type EventFailureName,
  HTTP_FAILURE_NAMES,
  type HttpFailureName,
} from "../../../../src/simulator/failures.ts";
import { effectWords, expectRow, type Row, stepWords } from "../../../support/failure-words.ts";
import {
  eventEvidence,
  evidenceOfEvent,
  evidenceOfHttp,
  httpEvidence,
  httpFailure,
  MODEL,
  NOW,
} from "../../../support/rules.ts";

const USAGE: Row = ["usage-limit", "account", "wait", "account 4h", "next-profile"];
const USAGE_UNSAID: Row = ["usage-limit", "account", "wait", "account 1h?", "next-profile"];
const WORKSPACE: Row = ["workspace-limit", "workspace", "add-credits", "workspace 4h", "next-profile"];
const RATE: Row = ["rate-limit", "account", "wait", "account 2s", "next-profile"];
const MONEY: Row = ["billing", "account", "add-credits", "account 1h?", "next-profile"];
const SLOW: Row = ["slow-down", "account", "wait", "account 5s?", "next-profile"];
const TOKEN: Row = ["token-refused", "profile", "none", "-", "renew"];
const SIGN_IN: Row = ["sign-in-refused", "profile", "sign-in", "-", "renew"];
const DENIED: Row = ["access-denied", "account", "check-plan", "account 30m?", "next-profile"];
const NO_PLAN: Row = ["plan-excluded", "model", "check-plan", "model 6h?", "next-profile"];
const NO_MODEL: Row = ["model-not-offered", "model", "check-plan", "model 6h?", "next-profile"];
const FOREIGN: Row = ["foreign-content", "conversation", "none", "-", "sanitise"];
const REQUEST: Row = ["bad-request", "turn", "none", "-", "surface"];
const NO_RESPONSE: Row = ["response-not-found", "turn", "none", "-", "surface"];
const ELSEWHERE: Row = ["try-elsewhere", "upstream", "none", "-", "next after a pause"];
const SERVER: Row = ["server-error", "upstream", "wait", "account 5s?~", "next after a pause"];
const OVERLOADED: Row = ["overloaded", "upstream", "wait", "account 5s?~", "next after a pause"];
const BLOCKED: Row = ["network-blocked", "upstream", "check-network", "-", "next after a pause"];
const DEACTIVATED: Row = ["workspace-deactivated", "workspace", "check-plan", "condemn workspace", "next-profile"];

const HTTP_ROWS: Readonly<Record<HttpFailureName, Row>> = {
  "usage-limit": USAGE,
  "usage-limit-without-reset": USAGE_UNSAID,
  "workspace-owner-credits-depleted": WORKSPACE,
  "workspace-member-credits-depleted": WORKSPACE,
  "workspace-owner-usage-limit": WORKSPACE,
  "workspace-member-usage-limit": WORKSPACE,
  "usage-not-included": NO_PLAN,
  "rate-limit": RATE,
  "rate-limit-try-again-in": RATE,
  "rate-limit-requests": RATE,
  "insufficient-quota": MONEY,
  "credit-balance-exhausted": MONEY,
  "organization-spend-limit": MONEY,
  "project-spend-limit": MONEY,
  "organization-usage-limit": MONEY,
  "billing-hard-limit": MONEY,
  "slow-down": SLOW,
  "too-many-requests": SLOW,
  "token-expired": TOKEN,
  unauthorized: TOKEN,
  "token-invalidated": SIGN_IN,
  "token-revoked": SIGN_IN,
  "invalid-authentication": SIGN_IN,
  "account-deactivated": ["account-deactivated", "profile", "sign-in", "condemn profile", "next-profile"],
  "invalid-api-key": ["key-refused", "profile", "replace-key", "condemn profile", "next-profile"],
  "deactivated-workspace": DEACTIVATED,
  "workspace-deactivated-text": DEACTIVATED,
  "codex-workspace-access-denied": DENIED,
  "workspace-access-denied": DENIED,
  "access-program-not-enabled": DENIED,
  "cloudflare-challenge": BLOCKED,
  "model-not-supported": NO_MODEL,
  "model-not-found": NO_MODEL,
  "invalid-encrypted-content": FOREIGN,
  "invalid-encrypted-content-null-code": FOREIGN,
  "request-blocked": FOREIGN,
  "cyber-policy": REQUEST,
  "bio-policy": REQUEST,
  "invalid-prompt": REQUEST,
  "content-policy-violation": REQUEST,
  "context-length-exceeded": REQUEST,
  "previous-response-not-found": NO_RESPONSE,
  "bad-request": REQUEST,
  unprocessable: REQUEST,
  "not-found": ["not-found", "turn", "none", "-", "surface"],
  "request-timeout": ELSEWHERE,
  conflict: ELSEWHERE,
  "payload-too-large": ["request-too-large", "turn", "none", "-", "surface"],
  "server-error": SERVER,
  "bad-gateway": SERVER,
  unavailable: SERVER,
  "server-is-overloaded": OVERLOADED,
  "gateway-timeout": SERVER,
  "cloudflare-520": SERVER,
  "cloudflare-521": SERVER,
  "cloudflare-522": SERVER,
  "cloudflare-523": SERVER,
  "cloudflare-524": SERVER,
  "site-overloaded": OVERLOADED,
};

const EVENT_ROWS: Readonly<Record<EventFailureName, Row>> = {
  "failed-context-length-exceeded": REQUEST,
  "failed-insufficient-quota": MONEY,
  "failed-organization-spend-limit": MONEY,
  "failed-usage-not-included": NO_PLAN,
  "failed-server-is-overloaded": OVERLOADED,
  "failed-invalid-prompt": REQUEST,
  "failed-cyber-policy": REQUEST,
  "failed-bio-policy": REQUEST,
  "failed-misalignment-policy": REQUEST,
  "failed-model-not-found": NO_MODEL,
  "failed-flex-unavailable": REQUEST,
  "failed-rate-limit": RATE,
  "failed-slow-down": SLOW,
  "failed-server-error": SERVER,
  "failed-previous-response-not-found": NO_RESPONSE,
  "failed-usage-limit": USAGE_UNSAID,
  "failed-invalid-encrypted-content": FOREIGN,
  "failed-unknown-code": SERVER,
  "error-event": SERVER,
  "error-event-nested": SERVER,
  "error-event-invalid-encrypted-content": FOREIGN,
  "incomplete-max-output-tokens": REQUEST,
  "incomplete-content-filter": REQUEST,
  "incomplete-usage-limit": USAGE_UNSAID,
};

const UNREACHABLE: Row = ["unreachable", "upstream", "check-network", "-", "next after a pause"];
const BROKEN: Row = ["broken-stream", "upstream", "wait", "account 5s?~", "next after a pause"];

/** Shapes the catalogue has no name for, and what is no word of upstream's at all. */
const OTHER_ROWS: readonly (readonly [string, Evidence, string, Row])[] = [
  ["a 401 that names nothing, of an API key", httpEvidence(401, { accountKind: "api-key" }), "head", TOKEN],
  ["a 401 with an empty body", httpEvidence(401, { blocked: true }), "head", TOKEN],
  [
    "an account's own limit, told beside a reached type",
    httpEvidence(429, { codes: ["usage_limit_reached"], reachedType: "rate_limit_reached" }),
    "head",
    USAGE_UNSAID,
  ],
  [
    "a workspace's limit that is told with another failure",
    httpEvidence(503, { reachedType: "workspace_member_credits_depleted" }),
    "head",
    SERVER,
  ],
  ["a 402 that names nothing", httpEvidence(402), "head", MONEY],
  ["a 403 that names nothing", httpEvidence(403), "head", DENIED],
  ["a 403 for where we are", httpEvidence(403, { codes: ["unsupported_country_region_territory"] }), "head", BLOCKED],
  ["a redirect to some sign-in page", httpEvidence(302, { blocked: true }), "head", BLOCKED],
  ["a proxy that asks who we are", httpEvidence(407), "head", BLOCKED],
  ["a 425", httpEvidence(425), "head", ELSEWHERE],
  ["a 422 that names nothing", httpEvidence(422), "head", REQUEST],
  ["a 529", httpEvidence(529), "head", OVERLOADED],
  ["a code of the past, at 429", httpEvidence(429, { codes: ["usage_limit_exceeded"] }), "head", USAGE_UNSAID],
  [
    "a bad request whose code sounds like a limit",
    httpEvidence(400, { codes: ["rate_limit_exceeded"] }),
    "head",
    REQUEST,
  ],
  [
    "a code that is the name of something of JavaScript",
    httpEvidence(400, { codes: ["constructor"] }),
    "head",
    REQUEST,
  ],
  [
    "function output that only another account can read (trap 15)",
    httpEvidence(400, { message: "Encrypted function output content could not be decrypted or decoded." }),
    "head",
    FOREIGN,
  ],
  [
    "a model of another plan (trap 10)",
    eventEvidence([], { message: "The 'x' model is not supported when using Codex with a ChatGPT account." }),
    "held",
    NO_MODEL,
  ],
  [
    "a bare error that blames the request",
    eventEvidence(["invalid_request_error"], { event: "error" }),
    "held",
    REQUEST,
  ],
  [
    "an answer cut short for a reason we do not know",
    eventEvidence(["boredom"], { event: "incomplete" }),
    "held",
    REQUEST,
  ],
  ["a failure that says nothing", eventEvidence([]), "held", SERVER],
  ["nobody at the other end", { from: "transport", phase: "connect", fault: "refused" }, "connect", UNREACHABLE],
  ["a reset before the head", { from: "transport", phase: "head", fault: "reset" }, "head", UNREACHABLE],
  ["a reset behind the head", { from: "transport", phase: "held", fault: "reset" }, "held", BROKEN],
  ["a stream without an end", { from: "stream", phase: "held", fault: "ended-early" }, "held", BROKEN],
  [
    "no head in time",
    { from: "clock", phase: "connect", clock: "head" },
    "connect",
    ["head-timeout", "upstream", "wait", "account 15s?~", "next after a pause"],
  ],
  [
    "silence in the stream",
    { from: "clock", phase: "held", clock: "silence" },
    "held",
    ["silence", "upstream", "wait", "account 15s?~", "next after a pause"],
  ],
  [
    "a turn that takes too long",
    { from: "clock", phase: "held", clock: "turn" },
    "held",
    ["turn-timeout", "turn", "none", "-", "surface"],
  ],
  [
    "a sign-in that is over",
    { from: "token", outcome: "sign-in-needed", reason: "x" },
    "connect",
    ["sign-in-needed", "profile", "sign-in", "-", "next-profile"],
  ],
  [
    "a token that cannot be had just now",
    { from: "token", outcome: "unavailable", reason: "x" },
    "connect",
    ["token-unavailable", "profile", "wait", "account 15s?~", "next-profile"],
  ],
  [
    "a client that left (trap 37)",
    { from: "client", phase: "held" },
    "held",
    ["client-left", "nobody", "none", "-", "surface"],
  ],
];

describe("a refusal with a status", () => {
  for (const name of HTTP_FAILURE_NAMES) {
    test(`${name}: ${HTTP_ROWS[name][0]}`, () => expectRow(evidenceOfHttp(name), HTTP_ROWS[name], "head"));
  }
});

describe("an event that ends a stream (traps 3 and 4)", () => {
  for (const name of EVENT_FAILURE_NAMES) {
    test(`${name}: ${EVENT_ROWS[name][0]}`, () => {
      expectRow(evidenceOfEvent(name, "held"), EVENT_ROWS[name], "held");
      const late = classifyFailure(evidenceOfEvent(name, "committed"));
      expect([late.kind, late.phase, stepWords(late)]).toEqual([EVENT_ROWS[name][0], "committed", "surface"]);
    });
  }
});

describe("everything else that can go wrong", () => {
  for (const [what, evidence, phase, row] of OTHER_ROWS) {
    test(`${what}: ${row[0]}`, () => expectRow(evidence, row, phase));
  }
});

describe("a token refused again, right after it was renewed (trap 26)", () => {
  const ROWS: readonly (readonly [HttpFailureName, string])[] = [
    // A permanent code ends the sign-in; anything else may be upstream's own trouble, so that the account only rests.
    ["token-invalidated", "condemn profile"],
    ["token-revoked", "condemn profile"],
    ["invalid-authentication", "condemn profile"],
    ["token-expired", "account 1m?"],
    ["unauthorized", "account 1m?"],
  ];
  for (const [name, effect] of ROWS) {
    test(`${name}: ${effect}, and the next profile`, () => {
      const failure = httpFailure(name);
      expect(effectWords(effectOf(failure, UNKNOWN_ACCOUNT_STATE, MODEL, true, NOW))).toBe(effect);
      expect(stepWords(failure, { ...FRESH_PROGRESS, renewed: new Set(["a"]) })).toBe("next-profile");
    });
  }
});

describe("the tables above", () => {
  const rows = [...Object.values(HTTP_ROWS), ...Object.values(EVENT_ROWS), ...OTHER_ROWS.map(([, , , row]) => row)];

  test("have a row for every kind, scope and remedy there is", () => {
    const column = (index: 0 | 1 | 2) => [...new Set<string>(rows.map((row) => row[index]))].sort();
    expect(column(0)).toEqual([...FAILURE_KINDS].sort());
    expect(column(1)).toEqual([...FAILURE_SCOPES].sort());
    expect(column(2)).toEqual([...REMEDIES].sort());
  });

  test("agree with the verdicts, which know nothing but the kind", () => {
    for (const [kind, scope, remedy] of rows) expect(VERDICTS[kind]).toEqual({ kind, scope, remedy });
  });

  test("mean the same for every fault of the line: only where we stood counts (architecture fact 10)", () => {
    for (const fault of TRANSPORT_FAULTS) {
      const kinds = PHASES.map((phase) => classifyFailure({ from: "transport", phase, fault }).kind);
      expect(kinds).toEqual(["unreachable", "unreachable", "broken-stream", "broken-stream"]);
    }
  });
});

describe("classifyFailure()", () => {
  test("keeps upstream's first code and its hint, and none where upstream said nothing", () => {
    const said = classifyFailure(httpEvidence(429, { codes: ["slow_down", "requests"], hintUntilMs: NOW + 7 }));
    expect([said.code, said.untilMs]).toEqual(["slow_down", NOW + 7]);
    const unsaid = classifyFailure({ from: "client", phase: "held" });
    expect([unsaid.code, unsaid.untilMs]).toEqual(["", null]);
  });
});
