/** The OpenAI Agents SDK against the compiled program, on Responses and on chats. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runClient } from "../support/run-client.ts";
import { startBinary } from "../support/start-binary.ts";
import { expectOneRollover, scriptWeather, TOLD } from "../support/tool-conversation.ts";

setDefaultTimeout(60_000);

describe.each(["responses", "chat_completions"])("%s", (mode) => {
  test("a plain answer, an object of a schema, and a stream", async () => {
    const pool = await startBinary();
    expect(await runClient(pool, "agents", mode, "plain", "Say hello")).toEqual({ text: "Echo: Say hello" });
    expect(await runClient(pool, "agents", mode, "object", "Bern?")).toEqual({ city: "Echo: Bern?", degrees: 0 });
    const said = "Zwölf Boxkämpfer 🎉 ".repeat(20);
    pool.sim.reply(said);
    expect(await runClient(pool, "agents", mode, "stream", "Tell me")).toEqual({ text: said, deltas: said });
  });

  test("tools over several turns, the account running dry between two steps", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    scriptWeather(pool);
    expect(await runClient(pool, "agents", mode, "tools")).toEqual(TOLD);
    expectOneRollover(pool);
  });

  test("its own error: a pool that ran dry, a model that is not there", async () => {
    const pool = await startBinary();
    expect(await runClient(pool, "agents", mode, "ask", "gpt-5.55")).toMatchObject({
      thrown: "NotFoundError",
      status: 404,
      code: "model_not_found",
    });
    pool.chatgpt("alpha").setUsed(100);
    expect(await runClient(pool, "agents", mode, "plain", "hi")).toMatchObject({
      thrown: "RateLimitError",
      status: 429,
      code: "usage_limit_reached",
    });
  });
});

test("responses: the same conversation by ids of answers, the account running dry between two steps", async () => {
  const pool = await startBinary({ accounts: ["alpha", "beta"] });
  scriptWeather(pool);
  expect(await runClient(pool, "agents", "responses", "chain")).toEqual(TOLD);
  expectOneRollover(pool);
});

describe("websocket", () => {
  test("a plain answer and a stream, on a connection of its own", async () => {
    const pool = await startBinary();
    expect(await runClient(pool, "agents", "websocket", "plain", "Say hello")).toEqual({ text: "Echo: Say hello" });
    const said = "Zwölf Boxkämpfer 🎉 ".repeat(20);
    pool.sim.reply(said);
    expect(await runClient(pool, "agents", "websocket", "stream", "Tell me")).toEqual({ text: said, deltas: said });
    expect(pool.sim.turnsOf().map(({ transport }) => transport)).toEqual(["socket", "socket"]);
  });

  test.each(["tools", "chain"])(
    "%s: over several turns, the account running dry between two steps",
    async (scenario) => {
      const pool = await startBinary({ accounts: ["alpha", "beta"] });
      scriptWeather(pool);
      expect(await runClient(pool, "agents", "websocket", scenario)).toEqual(TOLD);
      expectOneRollover(pool);
      expect(pool.sim.violations).toEqual([]);
    },
  );
});
