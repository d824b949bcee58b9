/** The AI SDK against the compiled program: `@ai-sdk/openai` on Responses and on chats, and `@ai-sdk/openai-compatible`. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runClient } from "../support/run-client.ts";
import { startBinary } from "../support/start-binary.ts";
import { expectOneRollover, scriptWeather, TOLD } from "../support/tool-conversation.ts";

setDefaultTimeout(60_000);

describe.each(["responses", "chat", "compatible"])("%s", (mode) => {
  test("a plain answer, an object of a schema, and a stream", async () => {
    const pool = await startBinary();
    expect(await runClient(pool, "ai-sdk", mode, "plain", "Say hello")).toEqual({
      text: "Echo: Say hello",
      finishReason: "stop",
      hasUsage: true,
    });
    expect(await runClient(pool, "ai-sdk", mode, "object", "Bern?")).toEqual({ city: "Echo: Bern?", degrees: 0 });
    const said = "Zwölf Boxkämpfer 🎉 ".repeat(20);
    pool.sim.reply(said);
    expect(await runClient(pool, "ai-sdk", mode, "stream", "Tell me")).toEqual({
      text: said,
      deltas: said,
      finishReason: "stop",
    });
  });

  test("tools over several turns, the account running dry between two steps", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    scriptWeather(pool);
    expect(await runClient(pool, "ai-sdk", mode, "tools")).toEqual(TOLD);
    expectOneRollover(pool);
  });

  test("its own error: a pool that ran dry, a model that is not there, a wrong key", async () => {
    const pool = await startBinary();
    const refused = { thrown: "AI_APICallError" };
    expect(await runClient(pool, "ai-sdk", mode, "ask", "gpt-5.55")).toMatchObject({
      ...refused,
      status: 404,
      code: "model_not_found",
      isRetryable: false,
    });
    const mistyped = { ...pool, key: `${pool.key.slice(0, -1)}${pool.key.endsWith("a") ? "b" : "a"}` };
    expect(await runClient(mistyped, "ai-sdk", mode, "plain", "hi")).toMatchObject({ ...refused, status: 401 });
    pool.chatgpt("alpha").setUsed(100);
    expect(await runClient(pool, "ai-sdk", mode, "plain", "hi")).toMatchObject({
      ...refused,
      status: 429,
      code: "usage_limit_reached",
    });
  });
});

test("responses: goes on from an answer by its id, on another account too", async () => {
  const pool = await startBinary({ accounts: ["alpha", "beta"] });
  pool.sim.onTurn((turn) => `${turn.input.length} items`);
  for (const name of ["alpha", "beta"]) pool.chatgpt(name).percentPerTurn = 100;
  expect(await runClient(pool, "ai-sdk", "responses", "chain")).toEqual({ texts: ["1 items", "3 items"] });
  expect(new Set(pool.sim.acceptedGenerations.map(({ account }) => account)).size).toBe(2);
});
