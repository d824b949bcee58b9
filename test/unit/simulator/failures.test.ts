import { describe, expect, test } from "bun:test";
import {
  EVENT_FAILURE_NAMES,
  FAILURE_NAMES,
  failureNamed,
  HTTP_FAILURE_NAMES,
  httpFailureNamed,
  REFRESH_FAILURE_NAMES,
} from "../../../src/simulator/failures.ts";
import { failure } from "../../../src/simulator/fault.ts";
import { aTurn, at, aWorld, readEvents, START_MS, typesOf } from "./ask.ts";

describe("failureNamed()", () => {
  test("lists no name twice", () => {
    expect(new Set(FAILURE_NAMES).size).toBe(FAILURE_NAMES.length);
  });

  test.each(HTTP_FAILURE_NAMES)("%s is an answer with a status that is no success", (name) => {
    const built = httpFailureNamed(name);
    expect(built.status).toBeGreaterThanOrEqual(400);
    if (built.headers["content-type"] === "application/json") expect(() => JSON.parse(built.body)).not.toThrow();
  });

  test.each(EVENT_FAILURE_NAMES)("%s is a terminal event", (name) => {
    const built = failureNamed(name);
    const types = ["response.failed", "response.incomplete", "error"];
    expect(built.kind === "event" && types.includes(String(built.event["type"]))).toBe(true);
  });

  test.each(REFRESH_FAILURE_NAMES)("%s is an answer of the token endpoint", (name) => {
    expect(failureNamed(name).kind).toBe("http");
  });

  test.each([
    ["usage-limit", 429, ["error", "type"], "usage_limit_reached"],
    ["usage-not-included", 429, ["error", "type"], "usage_not_included"],
    ["rate-limit", 429, ["error", "code"], "rate_limit_exceeded"],
    ["insufficient-quota", 429, ["error", "code"], "insufficient_quota"],
    ["slow-down", 429, ["error", "code"], "slow_down"],
    ["token-expired", 401, ["error", "code"], "token_expired"],
    ["token-expired", 401, ["status"], 401],
    ["unauthorized", 401, ["detail"], "Unauthorized"],
    ["account-deactivated", 401, ["error", "code"], "account_deactivated"],
    ["deactivated-workspace", 402, ["detail", "code"], "deactivated_workspace"],
    ["codex-workspace-access-denied", 403, ["error", "code"], "codex_workspace_access_denied"],
    ["model-not-found", 404, ["error", "code"], "model_not_found"],
    ["invalid-encrypted-content-null-code", 400, ["error", "code"], null],
    ["context-length-exceeded", 400, ["error", "code"], "context_length_exceeded"],
    ["server-is-overloaded", 503, ["error", "code"], "server_is_overloaded"],
    ["refresh-invalid-grant", 400, ["error"], "invalid_grant"],
  ] as const)("%s is %d with %p = %p", (name, status, path, code) => {
    const built = httpFailureNamed(name);
    expect([built.status, at(JSON.parse(built.body), ...path)]).toEqual([status, code]);
  });

  test("fills in the facts it is given", () => {
    const facts = { nowMs: START_MS, resetsAtMs: START_MS + 90_000, plan: "pro" };
    const error = at(JSON.parse(httpFailureNamed("usage-limit", facts).body), "error");
    expect([at(error, "resets_at"), at(error, "resets_in_seconds")]).toEqual([START_MS / 1000 + 90, 90]);
    expect(at(error, "plan_type")).toBe("pro");
    const without = at(JSON.parse(httpFailureNamed("usage-limit-without-reset", facts).body), "error");
    expect(at(without, "resets_at")).toBeUndefined();
    expect(httpFailureNamed("rate-limit", { retryAfterSeconds: 7 }).headers["retry-after"]).toBe("7");
    expect(httpFailureNamed("rate-limit-try-again-in", { retryAfterSeconds: 7 }).body).toContain("try again in 7s");
    const reached = httpFailureNamed("workspace-member-credits-depleted").headers["x-codex-rate-limit-reached-type"];
    expect(reached).toBe("workspace_member_credits_depleted");
  });
});

describe("a scripted failure", () => {
  test.each(HTTP_FAILURE_NAMES)("answers a turn with %s, once, and accepts nothing", async (name) => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(name);
    const answer = await sim.handle(aTurn(anna, login));
    expect(answer.status).toBe(httpFailureNamed(name).status);
    expect(answer.headers.get("x-codex-plan-type")).toBe("plus");
    expect(sim.requests[0]?.fault).toBe(name);
    expect(sim.acceptedGenerations).toHaveLength(0);
    expect((await sim.handle(aTurn(anna, login))).status).toBe(200);
  });

  test.each(EVENT_FAILURE_NAMES)("ends a stream of 200 with %s as its second event (trap 3)", async (name) => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(name);
    const answer = await sim.handle(aTurn(anna, login));
    const events = readEvents(await answer.text());
    const built = failureNamed(name);
    const last = built.kind === "event" ? built.event["type"] : null;
    expect([answer.status, ...typesOf(events)]).toEqual([200, "response.created", last]);
    if (last !== "error") expect(at(events[1], "response", "id")).toBe(at(events[0], "response", "id"));
  });

  test("can come later in the stream", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(failure("failed-server-error", { afterEvent: 5 }));
    const events = readEvents(await (await sim.handle(aTurn(anna, login))).text());
    expect(events).toHaveLength(6);
    expect(events[5]?.["sequence_number"]).toBe(5);
  });

  test("a usage limit names the account's own reset and shows the window as full", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail("usage-limit");
    const answer = await sim.handle(aTurn(anna, login));
    expect(answer.headers.get("x-codex-primary-used-percent")).toBe("100");
    expect(at(await answer.json(), "error", "resets_at")).toBe(START_MS / 1000 + 18_000);
  });
});
