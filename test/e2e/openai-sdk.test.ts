/** The official `openai` package against the compiled program. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { reasoning, text } from "../../src/simulator/content.ts";
import { connectionFault, httpAnswer } from "../../src/simulator/fault.ts";
import { runOpenaiSdk } from "../support/run-client.ts";
import { createKey, startBinary } from "../support/start-binary.ts";
import { expectOneRollover, scriptWeather, TOLD } from "../support/tool-conversation.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(60_000);

/** Long enough for a pause between events to be felt, many times over, when nobody cancels. */
const LONG_TEXT = "A long story. ".repeat(400);

describe("responses", () => {
  test("a plain call has its text in output_text", async () => {
    const pool = await startBinary();
    pool.chatgpt("alpha").script.reply([reasoning("Thinking"), text("Hello there")]);
    const answer = await runOpenaiSdk(pool, "create", "Say hello");
    expect(answer).toEqual({ status: "completed", output_text: "Hello there", model: "gpt-5.5" });
    expect(pool.sim.violations).toEqual([]);
  });

  test("a stream tells its text piece by piece, and whole at the end", async () => {
    const pool = await startBinary();
    pool.chatgpt("alpha").script.reply(LONG_TEXT);
    const answer = await runOpenaiSdk(pool, "stream", "Tell me a story");
    expect(answer).toEqual({ status: "completed", output_text: LONG_TEXT, deltas: LONG_TEXT });
  });

  test("a WebSocket carries one turn after another, the second with what is new only", async () => {
    const pool = await startBinary();
    expect(await runOpenaiSdk(pool, "socket", "Say hello")).toEqual({ said: ["Echo: Say hello", "Echo: again"] });
    const turns = pool.sim
      .turnsOf()
      .map(({ transport, body }) => [transport, (body as { input: unknown[] }).input.length]);
    expect(turns).toEqual([
      ["socket", 1],
      ["socket", 3],
    ]);
    expect(pool.sim.violations).toEqual([]);
  });

  test("a client that leaves in mid-stream frees upstream and the account, and harms nobody (trap 37)", async () => {
    const pool = await startBinary();
    const { script } = pool.chatgpt("alpha");
    script.reply(LONG_TEXT).pace({ eventDelayMs: 100 });
    expect(await runOpenaiSdk(pool, "abort", "Tell me a story")).toEqual({ deltas: 1 });
    await waitUntil("upstream is cancelled", () => pool.sim.turnsOf("alpha")[0]?.cancelled === true, 1_000);
    expect(pool.sim.concurrencyOf("alpha").now).toBe(0);
    const status = await pool.json("account-pool", "status", "--runtime=daemon");
    expect(status).toMatchObject({ profiles: [{ name: "alpha", state: "ready", cooldown: null }] });
    script.clear();
    expect(await runOpenaiSdk(pool, "create", "Say hello")).toMatchObject({ output_text: "Echo: Say hello" });
  });

  test("an account with an API key of the platform serves the same", async () => {
    const pool = await startBinary({ accounts: [], apiKeyAccounts: ["platform"] });
    expect(await runOpenaiSdk(pool, "create", "hi")).toMatchObject({ output_text: "Echo: hi" });
    expect(await runOpenaiSdk(pool, "stream", "hi")).toMatchObject({ output_text: "Echo: hi", deltas: "Echo: hi" });
  });

  test("an upstream that dies before the answer is whole: unnoticed in a plain call, an error in a stream", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail(connectionFault("reset-mid-stream", { afterEvent: 5 }), { times: 1 });
    expect(await runOpenaiSdk(pool, "create", "hi")).toMatchObject({ output_text: "Echo: hi" });
    pool.sim.script.fail(connectionFault("reset-mid-stream", { afterEvent: 5 }), { times: 1 });
    expect(await runOpenaiSdk(pool, "stream", "hi")).toMatchObject({ thrown: "APIError" });
  });

  test("many calls at once each get their own answer", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    const answers = await runOpenaiSdk(pool, "parallel", "40");
    expect(answers).toEqual(Array.from({ length: 40 }, (_, number) => `Echo: question ${number}`));
    expect(pool.sim.turnsOf("alpha").length).toBeGreaterThan(0);
    expect(pool.sim.turnsOf("beta").length).toBeGreaterThan(0);
  });

  test("a conversation goes on when its account runs dry between two turns (trap 1)", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    for (const name of ["alpha", "beta"]) {
      const account = pool.chatgpt(name);
      account.script.reply(({ lastUserText }) => [reasoning("Thinking"), text(`${name}: ${lastUserText}`)]);
      account.percentPerTurn = 100;
    }
    const [first, second] = (await runOpenaiSdk(pool, "conversation")) as Record<string, string>[];
    expect(second?.["profile"]).not.toBe(first?.["profile"] ?? "");
    expect(second?.["session"]).toBe(first?.["session"] ?? "");
    expect(second?.["output_text"]).toBe(`${second?.["profile"]}: second question`);
    expect(pool.sim.violations).toEqual([]);
  });
});

describe("tools over several turns, the account running dry between two steps", () => {
  for (const scenario of ["tools", "chain", "chatTools"]) {
    test(`of the scenario ${scenario}`, async () => {
      const pool = await startBinary({ accounts: ["alpha", "beta"] });
      scriptWeather(pool);
      expect(await runOpenaiSdk(pool, scenario)).toEqual(TOLD);
      expectOneRollover(pool);
    });
  }

  test("also where the account that takes over has an API key", async () => {
    const pool = await startBinary({ accounts: ["alpha"], apiKeyAccounts: ["beta"] });
    scriptWeather(pool);
    expect(await runOpenaiSdk(pool, "chain")).toEqual(TOLD);
    expectOneRollover(pool);
  });
});

describe("chats", () => {
  test("a plain call, a stream, and an object of a zod schema", async () => {
    const pool = await startBinary();
    expect(await runOpenaiSdk(pool, "chat", "hi")).toEqual({ content: "Echo: hi", reason: "stop" });
    expect(await runOpenaiSdk(pool, "chatParse", "Bern")).toEqual({ city: "Echo: Bern", degrees: 0 });
    pool.sim.reply(LONG_TEXT);
    expect(await runOpenaiSdk(pool, "chatStream", "hi")).toEqual({
      content: LONG_TEXT,
      deltas: LONG_TEXT,
      hasUsage: true,
    });
  });
});

describe("beside the turn", () => {
  test("an object of a zod schema", async () => {
    const pool = await startBinary();
    expect(await runOpenaiSdk(pool, "parse", "Bern")).toEqual({ city: "Echo: Bern", degrees: 0 });
  });

  test("kept responses are read, listed, counted and deleted; other routes answer", async () => {
    const pool = await startBinary({ accounts: ["alpha"], apiKeyAccounts: ["platform"] });
    expect(await runOpenaiSdk(pool, "stored")).toEqual({
      first: "Echo: first question",
      again: "Echo: first question",
      items: 1,
      input_tokens: expect.any(Number),
      gone: 404,
    });
    expect(await runOpenaiSdk(pool, "others")).toEqual({
      compacted: expect.arrayContaining(["compaction"]),
      images: 1,
      edits: 1,
      embeddings: 1,
    });
    expect(await runOpenaiSdk(pool, "chained", "resp_unheard_of")).toMatchObject({
      thrown: "BadRequestError",
      code: "previous_response_not_found",
      param: "previous_response_id",
    });
  });
});

describe("models", () => {
  test("are listed, and each can be retrieved", async () => {
    const pool = await startBinary();
    const answer = await runOpenaiSdk(pool, "models");
    expect(answer).toMatchObject({ retrieved: { id: "gpt-5.5", object: "model" } });
    expect(answer).toMatchObject({ ids: expect.arrayContaining(["gpt-5.5", "gpt-6-sol"]) });
  });
});

describe("errors are those the package has classes for", () => {
  test("keys: with a typo, of the other runtime, revoked", async () => {
    const pool = await startBinary();
    const typo = `${pool.key.slice(0, -1)}${pool.key.endsWith("a") ? "b" : "a"}`;
    const desktop = await createKey(pool, "desktop");
    const revoked = await createKey(pool, "daemon");
    const before = await runOpenaiSdk({ ...pool, key: revoked.key }, "create", "hi");
    await pool.json("account-pool", "keys", "revoke", revoked.id, "--runtime=daemon", "--yes");
    const refused = { thrown: "AuthenticationError", status: 401, type: "authentication_error" };
    expect(before).toMatchObject({ output_text: "Echo: hi" });
    for (const [key, code] of [
      [typo, "invalid_key"],
      [desktop.key, "wrong_runtime"],
      [revoked.key, "revoked_key"],
    ] as const) {
      expect(await runOpenaiSdk({ ...pool, key }, "create", "hi")).toMatchObject({ ...refused, code });
    }
  });

  test("a bad request is told in upstream's own words, and no account is blamed", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    const error = {
      message: "Invalid 'tools[0].name'.",
      type: "invalid_request_error",
      param: "tools",
      code: "bad_tool",
    };
    pool.sim.script.fail(httpAnswer(400, { error, extra: [1, 2] }));
    const told = await runOpenaiSdk(pool, "stream", "hi");
    expect(told).toMatchObject({
      thrown: "BadRequestError",
      status: 400,
      code: "bad_tool",
      param: "tools",
      body: error,
    });
    expect(pool.upstreamTurns.length).toBe(1);
    const status = await pool.json("account-pool", "status", "--runtime=daemon");
    expect(status).toMatchObject({ profiles: [{ cooldown: null }, { cooldown: null }] });
  });

  test("an unknown model names the near misses", async () => {
    const pool = await startBinary();
    const missing = { thrown: "NotFoundError", status: 404, code: "model_not_found", param: "model" };
    for (const scenario of ["ask", "retrieve"]) {
      const told = await runOpenaiSdk(pool, scenario, "gpt-5.55");
      expect(told).toMatchObject({ ...missing, message: expect.stringContaining("gpt-5.5") });
    }
    expect(pool.upstreamTurns).toEqual([]);
  });

  test("a pool that has run dry says until when", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    for (const name of ["alpha", "beta"]) pool.chatgpt(name).setUsed(100);
    for (const scenario of ["create", "stream"]) {
      const told = await runOpenaiSdk(pool, scenario, "hi");
      expect(told).toMatchObject({
        thrown: "RateLimitError",
        status: 429,
        code: "usage_limit_reached",
        type: "usage_limit_reached",
        body: { resets_at: expect.any(Number), resets_in_seconds: expect.any(Number) },
        retry_after: expect.stringMatching(/^\d+$/),
      });
    }
  });
});
