import { describe, expect, test } from "bun:test";
import { httpAnswer } from "../../../src/simulator/fault.ts";
import { aGet, aTurn, at, aWorld, type SmallWorld, START_MS, USAGE_URL } from "./ask.ts";

const CHECK_URL = "https://chatgpt.com/backend-api/wham/accounts/check";
const MODELS_URL = "https://chatgpt.com/backend-api/codex/models";
const CREDITS_URL = "https://chatgpt.com/backend-api/wham/rate-limit-reset-credits";

async function tell({ sim, anna, login }: SmallWorld, url: string): Promise<unknown> {
  return (await sim.handle(aGet(url, anna, login))).json();
}

describe("usage", () => {
  test("agrees with the headers of a turn", async () => {
    const world = aWorld();
    world.anna.setUsed(41);
    const { headers } = await world.sim.handle(aTurn(world.anna, world.login));
    const usage = await tell(world, USAGE_URL);
    const window = at(usage, "rate_limit", "primary_window");
    expect(at(window, "used_percent")).toBe(42);
    expect(headers.get("x-codex-primary-used-percent")).toBe("42");
    expect(String(at(window, "reset_at"))).toBe(headers.get("x-codex-primary-reset-at") ?? "");
    expect(at(window, "limit_window_seconds")).toBe(18_000);
    expect([at(usage, "account_id"), at(usage, "user_id")]).toEqual([world.anna.accountId, world.anna.userId]);
    expect([at(usage, "plan_type"), at(usage, "rate_limit_reached_type")]).toEqual(["plus", null]);
  });

  test("says that and why the limit is reached", async () => {
    const world = aWorld();
    world.anna.setUsed(100, "secondary");
    world.anna.quota.reachedType = "workspace_member_usage_limit_reached";
    const usage = await tell(world, USAGE_URL);
    expect([at(usage, "rate_limit", "allowed"), at(usage, "rate_limit", "limit_reached")]).toEqual([false, true]);
    expect(at(usage, "rate_limit_reached_type", "type")).toBe("workspace_member_usage_limit_reached");
    const model = at(usage, "model_usage", "gpt-5.5");
    expect([at(model, "available"), at(model, "available_at")]).toEqual([false, START_MS / 1000 + 604_800]);
  });

  test("can disagree with the headers when told to", async () => {
    const world = aWorld();
    world.anna.usageOverride = { plan_type: "stale" };
    expect(await tell(world, USAGE_URL)).toEqual({ plan_type: "stale" });
  });

  test("spends a reset credit: the windows are empty again", async () => {
    const world = aWorld();
    const { sim, anna, login } = world;
    anna.setUsed(100);
    anna.quota.resetCredits = 1;
    expect(at(await tell(world, CREDITS_URL), "available_count")).toBe(1);
    const consume = async (): Promise<unknown> => {
      const { headers } = aGet(CREDITS_URL, anna, login);
      return (await sim.handle(new Request(`${CREDITS_URL}/consume`, { method: "POST", headers, body: "{}" }))).json();
    };
    expect(await consume()).toMatchObject({ code: "reset", windows_reset: 1 });
    expect(anna.quota.windows.primary?.usedPercent).toBe(0);
    expect(await consume()).toMatchObject({ code: "no_credit" });
  });
});

describe("workspace routing", () => {
  test("tells one entry without constraints, overrides when set, and what a test writes by hand", async () => {
    const world = aWorld();
    const { anna } = world;
    const usual = await tell(world, CHECK_URL);
    expect(at(usual, "default_account_id")).toBe(anna.accountId);
    expect(at(usual, "accounts", 0, "workspace_backend_origin")).toBe("NO_CONSTRAINT");
    anna.routing = { workspaceBackendOrigin: "https://eu.example.com", accountRoutingOverride: "us_cr" };
    expect(at(await tell(world, CHECK_URL), "accounts", 0)).toMatchObject({
      id: anna.accountId,
      workspace_backend_origin: "https://eu.example.com",
      account_routing_override: "us_cr",
    });
    anna.checkEntries = [];
    expect(at(await tell(world, CHECK_URL), "accounts")).toEqual([]);
  });
});

describe("the model list", () => {
  test("holds the plan's models with every required field, tagged like the turns", async () => {
    const { sim, anna, login } = aWorld();
    const answer = await sim.handle(aGet(`${MODELS_URL}?client_version=0.169.0`, anna, login));
    const turn = await sim.handle(aTurn(anna, login));
    expect(answer.headers.get("etag")).toBe(turn.headers.get("x-models-etag"));
    const models = at(await answer.json(), "models");
    if (!Array.isArray(models)) throw new Error("no list");
    expect(models.map((model) => at(model, "slug"))).toEqual(anna.models);
    const required = [
      "slug",
      "display_name",
      "supported_reasoning_levels",
      "shell_type",
      "visibility",
      "supported_in_api",
    ];
    const rest = [
      "priority",
      "support_verbosity",
      "truncation_policy",
      "experimental_supported_tools",
      "base_instructions",
    ];
    for (const model of models) expect(Object.keys(model)).toContainValues([...required, ...rest]);
  });

  test.each([
    ["0.169.0", true, true],
    ["0.160.0", false, true],
    ["0.9.0", false, false],
    ["0.0.0", false, false],
  ])("tells a client of version %s only what it knows (trap 38)", async (version, newest, old) => {
    const world = aWorld();
    const models = JSON.stringify(await tell(world, `${MODELS_URL}?client_version=${version}`));
    expect([models.includes('"gpt-6.1-sol"'), models.includes('"gpt-5.5"')]).toEqual([newest, old]);
  });

  test("differs by plan; another edition has another tag; a malformed list is a script away", async () => {
    const { sim, anna, login } = aWorld();
    const free = sim.addChatgptAccount({ name: "free", plan: "free" });
    expect(free.models).not.toContain("gpt-6.1-sol");
    const url = `${MODELS_URL}?client_version=0.169.0`;
    const before = (await sim.handle(aGet(url, anna, login))).headers.get("etag");
    sim.settings.catalogueEdition += 1;
    expect((await sim.handle(aGet(url, anna, login))).headers.get("etag")).not.toBe(before);
    anna.script.fail(httpAnswer(200, { models: [{ slug: 1 }] }), { endpoint: "models" });
    expect(at(await (await sim.handle(aGet(url, anna, login))).json(), "models", 0, "slug")).toBe(1);
  });
});

describe("evidence", () => {
  test("remembers who asked what, when, how often and how many at once", async () => {
    const world = aWorld();
    const { clock, sim, anna, login } = world;
    anna.script.pace({ eventDelayMs: 100 });
    const reading = Promise.all([1, 2, 3].map(() => sim.handle(aTurn(anna, login)).then((answer) => answer.text())));
    await clock.runUntil(reading);
    await tell(world, USAGE_URL);
    expect(sim.turnsOf("anna").map((record) => [record.call, record.model, record.outcome])).toEqual([
      [1, "gpt-5.5", "answered"],
      [2, "gpt-5.5", "answered"],
      [3, "gpt-5.5", "answered"],
    ]);
    expect(sim.turnsOf("anna")[0]).toMatchObject({ at: START_MS, endedAt: clock.now(), status: 200 });
    expect(sim.concurrencyOf("anna")).toEqual({ now: 0, max: 3 });
    expect(sim.concurrencyAt("usage").max).toBe(1);
    sim.forget();
    expect([sim.requests.length, sim.acceptedGenerations.length, sim.concurrency.max]).toEqual([0, 0, 0]);
  });

  test("keeps a bounded past", async () => {
    const { sim, anna, login } = aWorld({ requestsMax: 16, bodiesMax: 4 });
    for (let index = 0; index < 40; index += 1) await (await sim.handle(aTurn(anna, login))).text();
    expect(sim.requests.length).toBeLessThanOrEqual(16);
    expect(sim.requests.filter((record) => record.body !== null)).toHaveLength(4);
    expect(sim.turnsOf("anna").at(-1)?.call).toBe(40);
  });
});
