/** opencode against the compiled program, on chats and on Responses. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { functionCall } from "../../src/simulator/content.ts";
import { installOpencode, OPENCODE_PACKAGES, readSaid } from "../support/run-opencode.ts";
import { expectExit } from "../support/run-process.ts";
import { startBinary } from "../support/start-binary.ts";
import { expectOneRollover, scriptWeather } from "../support/tool-conversation.ts";

setDefaultTimeout(120_000);

describe.each(OPENCODE_PACKAGES)("with %s", (npm) => {
  test("tools over several turns, the account running dry between two steps", async () => {
    const pool = await startBinary({ accounts: ["alpha", "beta"] });
    scriptWeather(pool, (city) => functionCall("bash", { command: `echo sunny in ${city}`, description: "Look out" }));
    const opencode = installOpencode(pool, npm);
    const first = readSaid(expectExit(await opencode.run("Bern"), 0));
    const second = readSaid(expectExit(await opencode.goOn("Oslo"), 0));
    expect([first.errors, second.errors]).toEqual([[], []]);
    expect(first.text).toContain("The weather: sunny in Bern");
    expect(second.text).toContain("The weather: sunny in Oslo");
    expectOneRollover(pool);
  });

  test("a model that is not there any more is its own error", async () => {
    const pool = await startBinary();
    await pool.json("account-pool", "models", "hide", "gpt-5.5");
    const { errors, text } = readSaid(await installOpencode(pool, npm).run("hi"));
    expect(text).toBe("");
    expect(errors.join()).toContain("'gpt-5.5' is not published by this pool");
  });
});
