/** The head a request travels with: nothing leaves that is not named (trap 48). */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  buildUpstreamHeaders,
  CODEX_VERSION,
  type HeaderPlan,
  isCodexClient,
  PASSED_HEADERS,
  RETURNED_HEADERS,
} from "../../../src/protocol/upstream-headers.ts";

const CHATGPT = {
  kind: "chatgpt",
  accessToken: "at-secret",
  accountId: "acc-1",
  fedramp: false,
  routingOverride: null,
} as const;
const API_KEY = { kind: "api-key", apiKey: "sk-secret" } as const;
const AGENT = { originator: "codex_exec", "user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)" };

function build(client: Readonly<Record<string, string>>, change: Partial<HeaderPlan> = {}): Record<string, string> {
  return buildUpstreamHeaders({
    identity: CHATGPT,
    client,
    accept: "text/event-stream",
    turnState: null,
    sent: null,
    platform: "linux; x64",
    ...change,
  });
}

/** All that is ever sent, whatever the client said. */
const OWN = [
  "accept",
  "accept-encoding",
  "content-type",
  "originator",
  "user-agent",
  "authorization",
  "chatgpt-account-id",
  "x-openai-fedramp",
  "x-openai-account-routing-override",
  "x-codex-routing-hint",
  "x-codex-turn-state",
];
const ALLOWED = new Set<string>([...OWN, ...PASSED_HEADERS]);

const BASE = { accept: "text/event-stream", "accept-encoding": "identity", "content-type": "application/json" };
const OURS = { originator: "codex_cli_rs", "user-agent": `codex_cli_rs/${CODEX_VERSION} (linux; x64) codexuse` };

const BEARER = { ...BASE, ...OURS, authorization: "Bearer at-secret" };
const ACCOUNT = { ...BEARER, "chatgpt-account-id": "acc-1" };
const THEIRS = { authorization: "Bearer cux_pool_x", "chatgpt-account-id": "theirs" };

/** What it is for, what the client sent, what else is known, and the whole head. */
const ROWS: readonly (readonly [string, Record<string, string>, Partial<HeaderPlan>, Record<string, string>])[] = [
  ["a ChatGPT account, for a client of another make", { "user-agent": "curl/8", ...THEIRS }, {}, ACCOUNT],
  ["a ChatGPT account, for an official client", { ...AGENT, ...THEIRS }, {}, { ...ACCOUNT, ...AGENT }],
  ["an official client that hides its agent", { originator: "codex_cli_rs" }, {}, ACCOUNT],
  ["an official client with an empty agent", { originator: "Codex Desktop", "user-agent": "" }, {}, ACCOUNT],
  ["a name that only begins like an official one", { originator: "codexish", "user-agent": "codexish/1" }, {}, ACCOUNT],
  [
    "a government workspace with a route of its own",
    {},
    { identity: { ...CHATGPT, fedramp: true, routingOverride: "us_cr" } },
    { ...ACCOUNT, "x-openai-fedramp": "true", "x-openai-account-routing-override": "us_cr" },
  ],
  ["a personal token, which names no account", {}, { identity: { ...CHATGPT, accountId: null } }, BEARER],
  [
    "a fast model",
    { "x-codex-routing-hint": "model=theirs" },
    { sent: { model: "gpt-6-sol", serviceTier: "priority" } },
    { ...ACCOUNT, "x-codex-routing-hint": "model=gpt-6-sol;tier=priority" },
  ],
  [
    "a model at another tier",
    {},
    { sent: { model: "gpt-6-sol", serviceTier: "flex" } },
    { ...ACCOUNT, "x-codex-routing-hint": "model=gpt-6-sol" },
  ],
  [
    "a turn that goes on at the same account",
    { "x-codex-turn-state": "theirs" },
    { turnState: "ours" },
    { ...ACCOUNT, "x-codex-turn-state": "ours" },
  ],
  ["a turn that goes on elsewhere", { "x-codex-turn-state": "theirs" }, {}, ACCOUNT],
  [
    "an API key",
    {},
    { identity: API_KEY, sent: { model: "m", serviceTier: "priority" }, accept: "application/json" },
    { ...BASE, ...OURS, accept: "application/json", authorization: "Bearer sk-secret" },
  ],
];

describe("buildUpstreamHeaders()", () => {
  for (const [what, client, change, headers] of ROWS) {
    test(`${what}: the whole head`, () => expect(build(client, change)).toEqual(headers));
  }

  test("passes the names of the conversation on as they are", () => {
    const client = Object.fromEntries(PASSED_HEADERS.map((name) => [name, `of ${name}`]));
    expect(build(client)).toMatchObject(client);
    expect(build(client, { identity: API_KEY })).toMatchObject(client);
  });

  test("never lets out a name that is not listed, nor the client's own sign-in (trap 48)", () => {
    const LEAKS = {
      authorization: "Bearer canary",
      cookie: "canary=1",
      host: "127.0.0.1:3774",
      "content-length": "7",
      "content-encoding": "zstd",
      "x-forwarded-for": "canary",
      "x-api-key": "canary",
      "chatgpt-account-id": "canary",
      "openai-organization": "canary",
      "openai-project": "canary",
      "openai-beta": "canary",
      "x-oai-attestation": "canary",
      "x-codexuse-turn": "canary",
      "x-codex-routing-hint": "canary",
      "x-openai-fedramp": "canary",
      "x-openai-account-routing-override": "canary",
      "x-codex-turn-state": "canary",
      "user-agent": "canary",
      originator: "canary",
      connection: "keep-alive, x-hop",
      version: "canary",
    };
    for (const identity of [CHATGPT, API_KEY]) {
      const headers = build(LEAKS, { identity });
      expect(Object.keys(headers).filter((name) => !ALLOWED.has(name))).toEqual([]);
      expect(JSON.stringify(headers)).not.toContain("canary");
    }
  });

  test("whatever the client sends, holds listed names only, and names no ChatGPT account to an API key", () => {
    const name = fc.oneof(fc.constantFrom(...ALLOWED, "cookie", "via"), fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/));
    const client = fc.dictionary(
      name,
      fc.stringMatching(/^[ -~]{0,20}$/).map((value) => value.trim()),
    );
    fc.assert(
      fc.property(client, (headers) => {
        expect(Object.keys(build(headers)).filter((key) => !ALLOWED.has(key))).toEqual([]);
        const ofKey = build(headers, { identity: API_KEY, turnState: "s", sent: { model: "m", serviceTier: null } });
        const foreign = [
          "chatgpt-account-id",
          "x-openai-fedramp",
          "x-openai-account-routing-override",
          "x-codex-routing-hint",
        ];
        expect(Object.keys(ofKey).filter((key) => foreign.includes(key) || key.startsWith("chatgpt-"))).toEqual([]);
        expect(ofKey["authorization"]).toBe("Bearer sk-secret");
      }),
    );
  });
});

describe("isCodexClient()", () => {
  const ROWS = [
    ["codex_cli_rs", true],
    ["codex_exec", true],
    ["codex_vscode", true],
    ["Codex Desktop", true],
    ["opencode", false],
    ["codex", false],
    ["xcodex_exec", false],
    ["", false],
  ] as const;
  for (const [originator, is] of ROWS) {
    test(`"${originator}": ${is}`, () => expect(isCodexClient({ originator })).toBe(is));
  }
  test("without an originator it is not", () => expect(isCodexClient({})).toBe(false));
});

describe("RETURNED_HEADERS", () => {
  test("tell nothing of the account's quota, nor of a list of models that is not ours", () => {
    const told = RETURNED_HEADERS.filter((name) => /etag|used-percent|credits|plan|limit|cookie/.test(name));
    expect(told).toEqual([]);
  });
});
