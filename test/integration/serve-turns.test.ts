/** A turn through the whole product, over sockets on both sides. */
import { describe, expect, test } from "bun:test";
import { httpAnswer } from "../../src/simulator/fault.ts";
import { startPool } from "../support/start-pool.ts";

const ASK = { model: "gpt-5.5", input: "Say hello", stream: true };

describe("POST /v1/responses", () => {
  test("streams an answer of a ChatGPT account and fills the empty output of its last event", async () => {
    const pool = await startPool();
    pool.chatgpt("alpha").script.reply("Hello there");
    const response = await pool.post("/v1/responses", ASK);
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("x-codexuse-profile")).toBe("alpha");
    const last = text.trim().split("\n\n").at(-1) ?? "";
    const completed = JSON.parse(last.slice(last.indexOf("data: ") + 6));
    expect(completed.type).toBe("response.completed");
    expect(completed.response.output[0].content[0].text).toBe("Hello there");
    expect(pool.sim.violations).toEqual([]);
  });

  test("gives a client that does not stream the whole answer", async () => {
    const pool = await startPool();
    pool.chatgpt("alpha").script.reply("Hello there");
    const response = await pool.post("/v1/responses", { model: "gpt-5.5", input: "Say hello", temperature: 0.2 });
    const answer = (await response.json()) as { output: { content: { text: string }[] }[] };
    expect(response.status).toBe(200);
    expect(answer).toMatchObject({ object: "response", status: "completed" });
    expect(answer.output[0]?.content[0]?.text).toBe("Hello there");
    expect(response.headers.get("x-codexuse-ignored")).toBe("temperature");
  });

  test("moves on to another account before the client sees anything of the first (trap 1)", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"], routing: "round-robin" });
    const first = await pool.post("/v1/responses", ASK, { headers: { "thread-id": "t1" } });
    await first.text();
    const home = first.headers.get("x-codexuse-profile") ?? "";
    pool.chatgpt(home).script.fail("usage-limit", { times: "always" });
    const second = await pool.post("/v1/responses", ASK, { headers: { "thread-id": "t1" } });
    const text = await second.text();
    expect(second.status).toBe(200);
    expect(second.headers.get("x-codexuse-profile")).not.toBe(home);
    expect(text.match(/"response.created"/g)?.length).toBe(1);
    expect(text).not.toContain("usage_limit");
  });
});

describe("an API-key account's answer in one piece", () => {
  test("that says it failed is left for another account, as a failed stream would be", async () => {
    const pool = await startPool({ accounts: [], apiKeyAccounts: ["one", "two"], routing: "round-robin" });
    const error = { code: "server_error", message: "The server had an error." };
    const failed = { id: "resp_1", object: "response", status: "failed", error, output: [], model: "gpt-5.5" };
    for (const name of ["one", "two"]) {
      pool.apiKey(name).script.reply("Hello there").fail(httpAnswer(200, failed), { onCall: 1 });
    }
    const first = await pool.post("/v1/responses", { model: "gpt-5.5", input: "x" });
    expect([first.status, await first.text()]).toEqual([200, expect.stringContaining("Hello there")]);
    expect(pool.sim.turnsOf().length).toBe(3);
  });
});
