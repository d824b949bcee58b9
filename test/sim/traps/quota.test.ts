/** Traps 1 to 10: quota, cooldowns and who is asked next. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITS } from "../../../src/limits.ts";
import type { Upstream, UpstreamAnswer } from "../../../src/ports.ts";
import { connectionFault, eventFault, failure, httpAnswer } from "../../../src/simulator/fault.ts";
import { aPool, aWindow, countOf } from "../a-pool.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, START_MS } from "../clock-units.ts";
import { readObject } from "../read-sse.ts";

/** The other of two accounts. */
function otherThan(name: string): string {
  return name === "alpha" ? "beta" : "alpha";
}

describe("trap 1: a limit on one account is not the client's", () => {
  const shapes = [
    ["429", "usage-limit"],
    ["200 that fails first", "failed-usage-limit"],
  ] as const;
  for (const [shape, name] of shapes) {
    for (const stream of [true, false]) {
      test(`${shape}, ${stream ? "streaming" : "not streaming"}: only the other account's lifecycle is seen`, async () => {
        const pool = await aPool({ accounts: ["alpha", "beta"] });
        const home = (await pool.turn({ thread: "t" })).profile ?? "";
        pool.chatgpt(home).script.fail(name, { times: "always" });
        const outcome = await pool.turn({ thread: "t", body: { stream } });
        expect([outcome.profile, pool.attemptsOf(outcome.turnId).length]).toEqual([otherThan(home), 2]);
        expect(outcome.status).toBe(200);
        expect(countOf(outcome.text, '"type":"response.created"')).toBe(stream ? 1 : 0);
        expect(outcome.text).not.toMatch(/usage_limit|"error":\{/);
      });
    }
  }
});

describe("trap 2: each state of the pool has its own answer", () => {
  test("disabled, empty and signed out are 503 with a code of their own", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.settings.updatePool({ enabled: false });
    const disabled = await pool.turn();
    pool.settings.updatePool({ enabled: true });
    pool.settings.updateProfile(pool.profile("alpha").id, { selected: false });
    const empty = await pool.turn();
    pool.settings.updateProfile(pool.profile("alpha").id, {
      selected: true,
      signIn: { state: "needed", reason: "refresh-token-expired", sinceMs: START_MS },
    });
    const signedOut = await pool.turn();
    const seen = [disabled, empty, signedOut].map(({ status, refusal }) => [status, refusal?.type, refusal?.code]);
    expect(seen).toEqual([
      [503, "pool_unavailable", "pool_disabled"],
      [503, "pool_unavailable", "pool_empty"],
      [503, "pool_unavailable", "sign_in_needed"],
    ]);
  });

  test("out of quota is 429 usage_limit_reached with the earliest reset upstream named", async () => {
    const pool = await aPool();
    const early = START_MS + 2 * HOUR_MS;
    for (const [name, resetsInMs] of [["alpha", 3 * HOUR_MS] as const, ["beta", 2 * HOUR_MS] as const]) {
      await pool.addChatgpt({ name, windows: { primary: aWindow(300, 100, resetsInMs), secondary: null } });
    }
    const outcome = await pool.turn();
    const error = readObject(JSON.stringify(readObject(outcome.text)["error"]));
    expect(outcome.status).toBe(429);
    expect(error).toMatchObject({
      type: "usage_limit_reached",
      code: "usage_limit_reached",
      resets_at: early / 1_000,
      resets_in_seconds: 7_200,
    });
    expect(outcome.refusal?.retryAfterSeconds).toBe(7_200);
  });

  test("without a reset from upstream the answer names none", async () => {
    const pool = await aPool();
    await pool.addApiKey({ name: "key" });
    pool.sim.script.fail("usage-limit-without-reset", { times: "always" });
    const outcome = await pool.turn();
    const error = readObject(JSON.stringify(readObject(outcome.text)["error"]));
    expect(outcome.status).toBe(429);
    expect(error["type"]).toBe("usage_limit_reached");
    expect(error).not.toHaveProperty("resets_at");
    expect(outcome.refusal?.retryAfterSeconds).toBeNull();
  });

  test("rate limited is 429 rate_limit_exceeded with a retry-after", async () => {
    const pool = await aPool();
    await pool.addChatgpt({ name: "alpha", turnsPerMinute: 1 });
    await pool.turn();
    const outcome = await pool.turn();
    expect([outcome.status, outcome.refusal?.type]).toEqual([429, "rate_limit_exceeded"]);
    expect(outcome.refusal?.retryAfterSeconds).toBe(60);
  });

  test("upstream down for all is 502 with a short retry-after", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail("refused", { times: "always" });
    const outcome = await pool.turn();
    expect([outcome.status, outcome.refusal?.code]).toEqual([502, "upstream_unavailable"]);
    expect(outcome.refusal?.retryAfterSeconds).toBeGreaterThan(0);
  });
});

describe("trap 3: a failure hidden behind a 200", () => {
  for (const name of ["failed-server-is-overloaded", "error-event", "error-event-nested"] as const) {
    test(`${name} after the opening events moves on unseen`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      const home = (await pool.turn({ thread: "t" })).profile ?? "";
      pool.chatgpt(home).script.fail(failure(name, { afterEvent: 2 }));
      const outcome = await pool.turn({ thread: "t" });
      expect([outcome.profile, pool.attemptsOf(outcome.turnId).length]).toEqual([otherThan(home), 2]);
      expect(outcome.events.map((event) => event.type).slice(0, 3)).toEqual([
        "response.created",
        "response.in_progress",
        "response.output_item.added",
      ]);
      expect(outcome.events.at(-1)?.type).toBe("response.completed");
    });
  }

  test("the head is given as soon as output has come, not at the end", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.script.pace({ eventDelayMs: SECOND_MS });
    const outcome = await pool.turn();
    expect((outcome.headAtMs ?? 0) - outcome.startedAtMs).toBe(3 * SECOND_MS);
    expect(outcome.endedAtMs - outcome.startedAtMs).toBe(9 * SECOND_MS);
  });

  test("opening events without end do not hold the client for ever", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.script.pace({ eventDelayMs: SECOND_MS, hugeEventBytes: LIMITS.heldBytesMax + 1 });
    const outcome = await pool.turn();
    expect((outcome.headAtMs ?? 0) - outcome.startedAtMs).toBe(3 * SECOND_MS);
    expect(outcome.events.at(-1)?.type).toBe("response.completed");
  });
});

test("trap 4: exhaustion told as an incomplete answer is booked as quota, and the account is left alone", async () => {
  const pool = await aPool({ accounts: ["alpha", "beta"] });
  pool.sim.script.fail(failure("incomplete-usage-limit", { afterEvent: 5 }));
  const cut = await pool.turn({ thread: "t" });
  const next = await pool.turn({ thread: "t" });
  expect(pool.runtime.turn(cut.turnId)).toMatchObject({ end: "cut", attempts: [{ outcome: "usage-limit" }] });
  expect(cut.events.map((event) => event.type)).not.toContain("response.incomplete");
  expect(next.profile).toBe(otherThan(cut.profile ?? ""));
  expect(pool.attemptsOf(next.turnId)).toHaveLength(1);
});

describe("trap 5: a cooldown ends when the quota is back", () => {
  test("fresh usage clears a reset named six days ahead within one poll, in the store too", async () => {
    const pool = await aPool({ accounts: ["alpha"], upkeep: true });
    const farAway = { resetsAtMs: START_MS + 6 * DAY_MS };
    pool.chatgpt("alpha").script.fail(failure("usage-limit", { facts: farAway }));
    const refused = await pool.turn();
    const key = pool.profile("alpha").accountKey;
    const before = pool.settings.accountState(key).cooldowns;
    await pool.clock.advance(LIMITS.usagePollMs * 1.5);
    const after = pool.settings.accountState(key).cooldowns;
    const served = await pool.turn();
    expect(refused.status).toBe(429);
    expect(before).toHaveLength(1);
    expect(after).toHaveLength(0);
    expect(served.status).toBe(200);
  });

  test("without any poll a limit that nobody proved again is tried, one turn at a time", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.chatgpt("alpha").script.fail(failure("usage-limit", { facts: { resetsAtMs: START_MS + 6 * DAY_MS } }));
    await pool.turn();
    await pool.clock.advance(LIMITS.probeAfterMs + SECOND_MS);
    const served = await pool.turn();
    expect(served.status).toBe(200);
    expect(pool.settings.accountState(pool.profile("alpha").accountKey).cooldowns).toEqual([]);
  });

  test("a restart keeps the cooldown and frees it as before", async () => {
    const pool = await aPool({ accounts: ["alpha"], upkeep: true });
    pool.chatgpt("alpha").script.fail(failure("usage-limit", { facts: { resetsAtMs: START_MS + 6 * DAY_MS } }));
    await pool.turn();
    pool.restart();
    const refused = await pool.turn();
    await pool.clock.advance(LIMITS.usagePollMs * 1.5);
    const served = await pool.turn();
    expect([refused.status, served.status]).toEqual([429, 200]);
  });
});

describe("trap 6: a cooldown is as wide as the limit behind it", () => {
  test("the account's own quota stops every model of it", async () => {
    const pool = await aPool();
    await pool.addChatgpt({ name: "alpha", windows: { primary: aWindow(300, 100), secondary: null } });
    await pool.turn({ body: { model: "gpt-5.5" } });
    const other = await pool.turn({ body: { model: "gpt-6-sol" } });
    expect(other.status).toBe(429);
    expect(pool.attemptsOf(other.turnId)).toHaveLength(0);
  });

  test("a model's own empty bucket leaves the account's other models alone", async () => {
    const pool = await aPool();
    const own = { id: "codex_bengalfox", name: "GPT-6-Luna", models: ["gpt-6-luna"] };
    const extraLimits = [{ ...own, primary: aWindow(300, 100), secondary: null }];
    await pool.addChatgpt({ name: "alpha", extraLimits });
    const refused = await pool.turn({ body: { model: "gpt-6-luna" } });
    const again = await pool.turn({ body: { model: "gpt-6-luna" } });
    const other = await pool.turn({ body: { model: "gpt-5.5" } });
    expect([refused.status, again.status, other.status]).toEqual([429, 429, 200]);
    expect(pool.attemptsOf(again.turnId)).toHaveLength(0);
  });

  test("what an answer for one model says of another model's bucket keeps that one from being asked", async () => {
    const pool = await aPool();
    const own = { id: "codex_bengalfox", name: "GPT-6-Luna", models: ["gpt-6-luna"] };
    await pool.addChatgpt({
      name: "alpha",
      extraLimits: [{ ...own, primary: aWindow(300, 100), secondary: null }],
    });
    await pool.addChatgpt({ name: "beta", extraLimits: [{ ...own, primary: aWindow(300, 5), secondary: null }] });
    for (const thread of ["a", "b", "c", "d"]) await pool.turn({ thread, body: { model: "gpt-5.5" } });
    for (const thread of ["e", "f", "g"]) {
      const outcome = await pool.turn({ thread, body: { model: "gpt-6-luna" } });
      expect([outcome.status, outcome.profile]).toEqual([200, "beta"]);
      expect(pool.attemptsOf(outcome.turnId)).toHaveLength(1);
    }
  });

  test("an account whose ordinary quota is gone still serves the model that has a bucket of its own", async () => {
    const pool = await aPool();
    const own = { id: "codex_bengalfox", name: "GPT-6-Luna", models: ["gpt-6-luna"] };
    const extraLimits = [{ ...own, primary: aWindow(300, 5), secondary: null }];
    await pool.addChatgpt({ name: "alpha", extraLimits, percentPerTurn: 100 });
    await pool.turn({ body: { model: "gpt-5.5" } });
    pool.chatgpt("alpha").percentPerTurn = 1;
    const outcome = await pool.turn({ body: { model: "gpt-6-luna" } });
    expect(outcome.status).toBe(200);
  });
});

test("trap 7: whatever a hint says, the pause is finite, ahead of now and no longer than the longest window", async () => {
  const pool = await aPool({ accounts: ["alpha"] });
  const alpha = pool.chatgpt("alpha");
  const { id, accountKey } = pool.profile("alpha");
  const figure = fc.oneof(fc.integer(), fc.double(), fc.constant(1e308), fc.string(), fc.constant(null));
  const wait = fc.constantFrom("1h2m", "3 days", "20ms", "-5s", "99999999999h", "NaN s", "1.5s", "two hours", "");
  const hint = fc.record({ resets_at: figure, resets_in_seconds: figure, wait, header: fc.oneof(fc.string(), wait) });
  await fc.assert(
    fc.asyncProperty(hint, async ({ resets_at, resets_in_seconds, wait: said, header }) => {
      pool.settings.clearCooldown(accountKey, "all");
      pool.settings.updateProfile(id, { selected: true });
      const message = `Rate limit reached. Please try again in ${said}.`;
      const error = { type: "usage_limit_reached", message, resets_at, resets_in_seconds };
      const plain = header.replace(/[^\x20-\x7e]/g, "").trim();
      alpha.script.clear();
      alpha.script.fail(httpAnswer(429, { error }, { "retry-after": plain }));
      await pool.turn();
      const [cooldown] = pool.settings.accountState(accountKey).cooldowns;
      const waitMs = (cooldown?.untilMs ?? Number.NaN) - pool.clock.now();
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(31 * DAY_MS);
    }),
    { numRuns: 60 },
  );
});

describe("a refusal behind a good head", () => {
  test.each([true, false])("is judged by the figures of that head (stream: %p)", async (stream) => {
    const pool = await aPool();
    const own = { id: "codex_bengalfox", name: "GPT-5.3-Codex-Spark", models: ["gpt-5.3-codex-spark"] };
    const extraLimits = [{ ...own, primary: aWindow(300, 100, 4 * HOUR_MS), secondary: null }];
    const alpha = await pool.addChatgpt({ name: "alpha", extraLimits });
    alpha.setUsed(10);
    alpha.script.fail("failed-usage-limit", { times: "always" });
    await pool.turn({ body: { stream } });
    const { cooldowns } = pool.settings.accountState(pool.profile("alpha").accountKey);
    expect(cooldowns).toMatchObject([{ model: "gpt-5.5", untilMs: START_MS + 4 * HOUR_MS, untilSource: "upstream" }]);
  });
});

/** An answer that says other figures in its stream than in its head. */
function answerWith(headPercent: number, streamPercent: number): UpstreamAnswer {
  const window = { used_percent: streamPercent, window_minutes: 300, reset_after_seconds: 3_600 };
  const response = { id: "resp_1", object: "response", status: "completed", output: [] };
  const events = [
    { type: "codex.rate_limits", rate_limits: { primary: window } },
    { type: "response.output_text.delta", delta: "word" },
    { type: "response.completed", response },
  ];
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const headers = new Headers({
    "content-type": "text/event-stream",
    "x-codex-primary-used-percent": String(headPercent),
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-after-seconds": "3600",
  });
  return { status: 200, headers, body: new Blob([text]).stream() };
}

test("what a stream says of the quota counts, and not the head that came before it", async () => {
  const wrapUpstream = (upstream: Upstream): Upstream => ({
    send: (request, signal) =>
      request.url.endsWith("/responses") ? Promise.resolve(answerWith(10, 12)) : upstream.send(request, signal),
  });
  const pool = await aPool({ accounts: ["alpha"], wrapUpstream });
  await pool.turn();
  const { windows } = pool.settings.accountState(pool.profile("alpha").accountKey);
  expect(windows).toMatchObject([{ minutes: 300, usedPercent: 12 }]);
});

test("of the heads that come together the last one of each model counts, and each is read once", async () => {
  const pool = await aPool({ accounts: ["alpha"] });
  const { accountKey } = pool.profile("alpha");
  const { live } = pool.engine();
  const headOf = (limit: string, usedPercent: number) =>
    new Headers({
      [`x-${limit}-primary-used-percent`]: String(usedPercent),
      [`x-${limit}-primary-window-minutes`]: "300",
    });
  live.noteHead(accountKey, "gpt-5.5", headOf("codex", 10));
  live.noteHead(accountKey, "gpt-6-luna", headOf("codex-bengalfox", 50));
  await pool.clock.advance(1);
  live.noteHead(accountKey, "gpt-5.5", headOf("codex", 20));
  // Tells of no use: it must not stand for one that did.
  live.noteHead(accountKey, "gpt-5.5", new Headers({ "content-type": "text/html" }));
  const readUsed = () => pool.settings.accountState(accountKey).windows.map(({ usedPercent }) => usedPercent);
  expect(readUsed()).toEqual([]);
  live.readHeads();
  expect(readUsed().sort()).toEqual([20, 50]);
  const seen = { limit: "codex", minutes: 300, usedPercent: 30, resetsAtMs: null, observedAtMs: pool.clock.now() };
  pool.settings.mergeWindows(accountKey, [seen]);
  live.readHeads();
  expect(readUsed().sort()).toEqual([30, 50]);
});

describe("trap 8: an unknown quota is neither empty nor full", () => {
  test("a cold start without figures serves, and says that it does not know", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    const outcome = await pool.turn();
    expect(outcome.status).toBe(200);
    expect(pool.runtime.turn(outcome.turnId)?.considered).toEqual([
      { profile: "alpha", verdict: "chosen", reason: "most-room, headroom unknown" },
    ]);
  });

  test("an unknown account draws neither every new session nor none", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta", "gamma"] });
    for (const [name, usedPercent] of [["alpha", 40] as const, ["beta", 90] as const]) {
      const observation = { limit: "codex", minutes: 300, resetsAtMs: START_MS + HOUR_MS, observedAtMs: START_MS };
      pool.settings.mergeWindows(pool.profile(name).accountKey, [{ ...observation, usedPercent }]);
    }
    pool.sim.script.pace({ headDelayMs: SECOND_MS });
    const asked = Array.from({ length: 40 }, (_, index) => pool.ask({ thread: `t${index}` }));
    const outcomes = await pool.clock.runUntil(Promise.all(asked.map((asking) => asking.done)));
    const startsOf = (name: string) => outcomes.filter((outcome) => outcome.profile === name).length;
    expect(startsOf("gamma")).toBeGreaterThan(0);
    expect(startsOf("gamma")).toBeLessThan(startsOf("alpha"));
  });

  test("a session stays where it lives although nothing is known of it after a restart", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    const first = await pool.turn({ thread: "t" });
    pool.restart();
    const second = await pool.turn({ thread: "t" });
    expect(second.profile).toBe(first.profile);
  });
});

describe("trap 9: windows are told apart by their length", () => {
  const shapes = [
    ["five hours and a week", aWindow(300, 20), aWindow(10_080, 100)],
    ["a week in the first slot", aWindow(10_080, 100), null],
    ["a month alone", aWindow(43_200, 100), null],
    ["a week in the second slot alone", null, aWindow(10_080, 100)],
  ] as const;
  for (const [shape, primary, secondary] of shapes) {
    test(`${shape}: full until its own reset, free after it`, async () => {
      const pool = await aPool();
      await pool.addChatgpt({ name: "alpha", windows: { primary, secondary } });
      const full = primary?.usedPercent === 100 ? primary : secondary;
      const refused = await pool.turn();
      const resetsAtMs = full?.resetsAtMs ?? 0;
      expect(refused.refusal?.details["resets_at"]).toBe(resetsAtMs / 1_000);
      await pool.clock.advance(resetsAtMs - pool.clock.now());
      const served = await pool.turn();
      expect(served.status).toBe(200);
    });
  }

  test("a window of no known length is left out rather than misfiled", async () => {
    const pool = await aPool();
    await pool.addChatgpt({
      name: "alpha",
      windows: { primary: aWindow(0, 40, HOUR_MS), secondary: aWindow(10_080, 30) },
    });
    await pool.turn();
    const { windows } = pool.settings.accountState(pool.profile("alpha").accountKey);
    expect(windows.map((window) => window.minutes)).toEqual([10_080]);
  });
});

test("trap 10: a model the account lost moves on once and marks the pair, not the account", async () => {
  const pool = await aPool({ accounts: ["alpha", "beta"] });
  const home = (await pool.turn({ thread: "t" })).profile ?? "";
  const other = otherThan(home);
  pool.chatgpt(home).models = ["gpt-5.5"];
  const first = await pool.turn({ thread: "t", body: { model: "gpt-6-sol" } });
  const second = await pool.turn({ thread: "t", body: { model: "gpt-6-sol" } });
  pool.settings.updateProfile(pool.profile(other).id, { selected: false });
  const third = await pool.turn({ body: { model: "gpt-5.5" } });
  expect([first.profile, second.profile, third.profile]).toEqual([other, other, home]);
  expect(pool.attemptsOf(first.turnId)).toHaveLength(2);
  expect(pool.attemptsOf(second.turnId)).toHaveLength(1);
});

test("a fault of the wire is no quota: the account serves again after a moment", async () => {
  const pool = await aPool({ accounts: ["alpha"] });
  pool.chatgpt("alpha").script.fail(connectionFault("reset-before-headers"), { times: 2 });
  pool.chatgpt("alpha").script.fail(eventFault({ type: "error", code: "server_error", message: "" }));
  const failed = await pool.turn();
  await pool.clock.advance(MINUTE_MS);
  const served = await pool.turn();
  expect([failed.status, served.status]).toEqual([502, 200]);
});
