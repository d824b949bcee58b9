/** What happens between two sockets: bytes, silence, and clients that leave. */
import { describe, expect, test } from "bun:test";
import { connectionFault } from "../../src/simulator/fault.ts";
import { startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

const MANY_BYTES = "Zwölf Boxkämpfer 🎉 日本語のテキスト 👩‍👩‍👧‍👦 Ünïcödé\u2028next\u0085line ";

/** All events but the terminal one, which is completed on purpose. */
function withoutTerminal(text: string): string {
  return text.slice(0, text.lastIndexOf("event: response.completed"));
}

describe("streams", () => {
  test("20 turns of many-byte text in random chunks arrive byte for byte (architecture fact 1)", async () => {
    const pool = await startPool();
    const alpha = pool.chatgpt("alpha");
    alpha.script.pace({ splitBytesMax: 7, deltaChars: 3 });
    for (let turn = 0; turn < 20; turn += 1) {
      const said = `${turn} ${MANY_BYTES.repeat(4)}`;
      alpha.script.reply(said, { times: 1 });
      const body = { model: "gpt-5.5", input: `turn ${turn}`, stream: true, prompt_cache_key: "many-bytes" };
      const text = await (await pool.post("/v1/responses", body)).text();
      const deltas = withoutTerminal(text)
        .split("\n")
        .filter((line) => line.startsWith("data: "))
        .map((line) => JSON.parse(line.slice("data: ".length)))
        .filter((event) => event.type === "response.output_text.delta")
        .map((event) => event.delta)
        .join("");
      expect(deltas).toBe(said);
      expect(text).not.toContain("\ufffd");
    }
  });

  test("the bytes are upstream's own, whatever their line ends, comments and unknown events", async () => {
    const pool = await startPool({ apiKeyAccounts: ["direct"], accounts: [] });
    const direct = pool.apiKey("direct");
    direct.script.pace({ splitBytesMax: 5, lineEnd: "\r\n", comments: true, unknownEvents: true });
    direct.script.reply(MANY_BYTES);
    const body = JSON.stringify({ model: "gpt-5.5", input: "x", stream: true });
    const through = await (await pool.post("/v1/responses", body)).text();
    const straight = await fetch(`${pool.served.openaiUrl}/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${direct.apiKey}`, "content-type": "application/json" },
      body,
    });
    const masked = (text: string) =>
      text.replaceAll(/(resp|msg|rs)_[A-Za-z0-9]+/g, "id").replaceAll(/"created_at":\d+/g, "at");
    expect(masked(through)).toBe(masked(await straight.text()));
  });

  test("a client that leaves in mid-stream cancels upstream, and nobody is blamed (trap 37)", async () => {
    const pool = await startPool();
    pool.chatgpt("alpha").script.fail(connectionFault("hang-mid-stream", { afterEvent: 5 }));
    const leaving = new AbortController();
    const response = await pool.post(
      "/v1/responses",
      { model: "gpt-5.5", input: "x", stream: true },
      { signal: leaving.signal },
    );
    await response.body?.getReader().read();
    leaving.abort();
    await waitUntil("upstream is cancelled", () => pool.sim.turnsOf("alpha")[0]?.cancelled === true, 1_000);
    const { turn } = await pool.eventOf("turn-settled");
    expect(turn.end).toBe("client-left");
    const [profile] = pool.desk.settings().profiles();
    expect(pool.desk.settings().accountState(profile?.accountKey ?? "").cooldowns).toEqual([]);
  });

  test("a client that leaves before there is a head cancels upstream too", async () => {
    const pool = await startPool();
    pool.chatgpt("alpha").script.fail("hang-before-headers");
    const leaving = new AbortController();
    const asking = pool.post(
      "/v1/responses",
      { model: "gpt-5.5", input: "x", stream: true },
      { signal: leaving.signal },
    );
    await waitUntil("upstream is asked", () => pool.sim.turnsOf("alpha").length === 1, 2_000);
    leaving.abort();
    await asking.catch(() => undefined);
    await waitUntil("upstream is cancelled", () => pool.sim.turnsOf("alpha")[0]?.cancelled === true, 1_000);
    expect((await pool.eventOf("turn-settled")).turn.end).toBe("client-left");
  });

  test("an upstream that is silent for 45 s, before its head and in mid-stream, does not lose the client (trap 28), nor overlook that one leaves", async () => {
    const pool = await startPool();
    pool.sim.script.reply("slow but sure");
    const isSlowHead = (call: { body: Record<string, unknown> }) => call.body["prompt_cache_key"] !== "middle";
    pool.sim.script.pace({ headDelayMs: 45_000 }, { matching: isSlowHead, times: 2 });
    pool.sim.script.pace({ silenceMs: 45_000 }, { matching: (call) => !isSlowHead(call), times: 1 });
    const ask = (name: string, options: { readonly signal?: AbortSignal } = {}) =>
      pool.post("/v1/responses", { model: "gpt-5.5", input: "x", stream: true, prompt_cache_key: name }, options);
    const leaving = new AbortController();
    const [left, ...stayed] = await Promise.all([
      ask("leaving", { signal: leaving.signal }),
      ask("head"),
      ask("middle"),
    ]);
    // Its head is out, although upstream's is not.
    expect(left.status).toBe(200);
    leaving.abort();
    expect((await pool.eventOf("turn-settled")).turn.end).toBe("client-left");
    for (const response of stayed) {
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).toContain("response.completed");
      expect(text).toContain('"type":"keepalive"');
    }
  }, 120_000);
});
