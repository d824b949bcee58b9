import { describe, expect, test } from "bun:test";
import { createWorkspaceRouter, modelBaseUrl, parseAccountsCheck } from "../../../src/accounts/workspace-routing.ts";
import { anAccountsWorld, aSignal, HOUR_MS, MINUTE_MS, OPENAI_ENDPOINTS } from "../../support/accounts-world.ts";

const NONE = { workspace_backend_origin: "NO_CONSTRAINT", account_routing_override: "NO_CONSTRAINT" };
const DEFAULTS = { origin: null, override: null };
const US = { origin: null, override: "us" };

function check(entry: Record<string, unknown>, loopbackAllowed = false) {
  return parseAccountsCheck({ accounts: [{ id: "ws-1", ...NONE, ...entry }] }, "ws-1", loopbackAllowed);
}

describe("parseAccountsCheck()", () => {
  const ROWS: readonly [string, Record<string, unknown>, unknown][] = [
    ["no constraint", {}, DEFAULTS],
    ["nulls", { workspace_backend_origin: null, account_routing_override: null }, DEFAULTS],
    [
      "an origin",
      { workspace_backend_origin: "https://eu.example.test" },
      { origin: "https://eu.example.test", override: null },
    ],
    [
      "an origin with a slash",
      { workspace_backend_origin: "https://eu.example.test/" },
      { origin: "https://eu.example.test", override: null },
    ],
    ["a region", { account_routing_override: "us_cr" }, { origin: null, override: "us_cr" }],
    ["an origin in clear", { workspace_backend_origin: "http://eu.example.test" }, null],
    ["a loopback origin, when we talk to the real one", { workspace_backend_origin: "http://127.0.0.1:9" }, null],
    ["an origin with a path", { workspace_backend_origin: "https://eu.example.test/x" }, null],
    ["an origin with a user", { workspace_backend_origin: "https://a:b@eu.example.test" }, null],
    ["another scheme", { workspace_backend_origin: "file:///etc" }, null],
    ["no origin at all", { workspace_backend_origin: "eu" }, null],
    ["a region that is no word", { account_routing_override: "us\r\nx: y" }, null],
  ];
  for (const [what, entry, routing] of ROWS) test(what, () => expect(check(entry)).toEqual(routing as never));

  test("plain http only for loopback, and only where we talk to loopback ourselves", () => {
    const loopback = { workspace_backend_origin: "http://127.0.0.1:9" };
    expect(check(loopback, true)).toEqual({ origin: "http://127.0.0.1:9", override: null });
    expect(check({ workspace_backend_origin: "http://127.0.0.1.evil.test" }, true)).toBeNull();
    expect(check({ workspace_backend_origin: "http://eu.example.test" }, true)).toBeNull();
  });

  test("exactly one entry has to match", () => {
    const entry = { id: "ws-1", ...NONE };
    expect(parseAccountsCheck({ accounts: [entry, entry] }, "ws-1", false)).toBeNull();
    expect(parseAccountsCheck({ accounts: [{ ...entry, id: "ws-2" }] }, "ws-1", false)).toBeNull();
    for (const json of [null, {}, { accounts: {} }, { accounts: [null, 5] }, "x"]) {
      expect(parseAccountsCheck(json, "ws-1", false)).toBeNull();
    }
  });
});

test("the base keeps its path under a routed origin", () => {
  const routed = { origin: "https://eu.example.test", override: null };
  expect(modelBaseUrl(OPENAI_ENDPOINTS.chatgptUrl, routed)).toBe("https://eu.example.test/backend-api/codex");
  expect(modelBaseUrl(OPENAI_ENDPOINTS.chatgptUrl, DEFAULTS)).toBe("https://chatgpt.com/backend-api/codex");
});

describe("routingOf()", () => {
  async function aRouter() {
    const world = anAccountsWorld();
    const anna = world.sim.addChatgptAccount({ name: "anna" });
    const profile = await world.save(anna);
    const stored = world.settings.credential(profile.id)?.credential;
    const accessToken = stored?.kind === "chatgpt" ? stored.accessToken : "";
    const router = createWorkspaceRouter({ upstream: world.upstream, clock: world.clock, endpoints: OPENAI_ENDPOINTS });
    return {
      ...world,
      anna,
      ask: async () => router.routingOf(profile, accessToken, aSignal()),
      known: () => router.routingOf(profile, accessToken, aSignal()),
      router,
      key: profile.accountKey,
    };
  }

  test("asks once for many turns at once, remembers it, and asks again after a while without anybody waiting", async () => {
    const { sim, anna, ask, clock } = await aRouter();
    anna.routing.accountRoutingOverride = "us";
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([US, US, US]);
    expect(sim.callsTo("accounts-check")).toHaveLength(1);
    anna.routing.accountRoutingOverride = "us_cr";
    await clock.advance(HOUR_MS);
    expect((await ask()).override).toBe("us");
    await clock.settle();
    expect((await ask()).override).toBe("us_cr");
    expect(sim.callsTo("accounts-check")).toHaveLength(2);
  });

  test("failure means the defaults, and the endpoint is left in peace for a while", async () => {
    const { sim, anna, ask, clock } = await aRouter();
    anna.script.fail("server-error", { endpoint: "accounts-check", times: "always" });
    expect([await ask(), await ask()]).toEqual([DEFAULTS, DEFAULTS]);
    expect(sim.callsTo("accounts-check")).toHaveLength(1);
    anna.script.clear();
    anna.routing.accountRoutingOverride = "us";
    await clock.advance(6 * MINUTE_MS);
    await ask();
    await clock.settle();
    expect((await ask()).override).toBe("us");
  });

  test("what is known is there at once, and nobody waits for it", async () => {
    const { ask, known } = await aRouter();
    await ask();
    expect(known()).toEqual(DEFAULTS);
  });

  test("an endpoint that hangs holds a turn up for its own deadline only", async () => {
    const { anna, ask, clock } = await aRouter();
    anna.script.fail("hang-before-headers", { endpoint: "accounts-check", times: "always" });
    expect(await clock.runUntil(ask(), 10_000)).toEqual(DEFAULTS);
  });

  test("a sign-in that changed is asked about anew", async () => {
    const { sim, ask, router, key } = await aRouter();
    await ask();
    router.forget(key);
    await ask();
    expect(sim.callsTo("accounts-check")).toHaveLength(2);
  });
});
