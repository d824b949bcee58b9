/** LangChain against the compiled program, on chats (its default) and on Responses. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runClient } from "../support/run-client.ts";
import { startBinary } from "../support/start-binary.ts";
import { expectOneRollover, scriptWeather, TOLD } from "../support/tool-conversation.ts";

setDefaultTimeout(60_000);

describe.each(["chat", "responses"])("%s", (mode) => {
  test("a plain answer, an object of a schema, and a stream", async () => {
    const pool = await startBinary();
    expect(await runClient(pool, "langchain", mode, "plain", "Say hello")).toEqual({ text: "Echo: Say hello" });
    expect(await runClient(pool, "langchain", mode, "object", "Bern?")).toEqual({ city: "Echo: Bern?", degrees: 0 });
    const said = "Zwölf Boxkämpfer 🎉 ".repeat(20);
    pool.sim.reply(said);
    expect(await runClient(pool, "langchain", mode, "stream", "Tell me")).toEqual({ text: said, deltas: said });
  });

  test("tools over several turns, the account running dry between two steps", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    scriptWeather(pool);
    expect(await runClient(pool, "langchain", mode, "tools")).toEqual(TOLD);
    expectOneRollover(pool);
  });

  test("its own error: a pool that ran dry, a model that is not there", async () => {
    const pool = await startBinary();
    expect(await runClient(pool, "langchain", mode, "ask", "gpt-5.55")).toMatchObject({ status: 404 });
    pool.chatgpt("alpha").setUsed(100);
    expect(await runClient(pool, "langchain", mode, "plain", "hi")).toMatchObject({ status: 429 });
  });
});
