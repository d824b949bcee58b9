/** Chat clients through the whole product, over sockets on both sides. */
import { describe, expect, test } from "bun:test";
import { customToolCall, functionCall, reasoning, text } from "../../src/simulator/content.ts";
import { connectionFault, failure, httpAnswer } from "../../src/simulator/fault.ts";
import { dataOf, readChat, type ToldChat } from "../support/read-chat.ts";
import { type Pool, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

const PATH = "/v1/chat/completions";
const HELLO = { role: "user", content: "Say hello" };

interface Completion {
  readonly id: string;
  readonly object: string;
  readonly model: string;
  readonly choices: readonly {
    readonly message: {
      readonly role: string;
      readonly content: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[];
      readonly function_call?: { readonly name: string; readonly arguments: string };
    };
    readonly finish_reason: string;
  }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

function ask(pool: Pool, body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Response> {
  return pool.post(PATH, { model: "gpt-5.5", messages: [HELLO], ...body }, { headers });
}

async function complete(pool: Pool, body: Record<string, unknown>): Promise<Completion> {
  const response = await ask(pool, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Completion;
}

async function stream(pool: Pool, body: Record<string, unknown>): Promise<{ response: Response; chat: ToldChat }> {
  const response = await ask(pool, { ...body, stream: true });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  return { response, chat: readChat(dataOf(await response.text())) };
}

/** The body upstream got in its last turn. */
function lastBody(pool: Pool): Record<string, unknown> {
  return pool.sim.turnsOf().at(-1)?.body as Record<string, unknown>;
}

const KINDS = [
  { kind: "ChatGPT", accounts: ["main"], apiKeyAccounts: [] },
  { kind: "API-key", accounts: [], apiKeyAccounts: ["main"] },
];

describe.each(KINDS)("POST /v1/chat/completions with an account of kind $kind", ({ accounts, apiKeyAccounts }) => {
  const start = () => startPool({ accounts, apiKeyAccounts });

  test("answers in one piece", async () => {
    const pool = await start();
    pool.sim.reply([reasoning("Let me think."), text("Hello there")]);
    const response = await ask(pool, {});
    const completion = (await response.json()) as Completion;
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-codexuse-profile")).toBe("main");
    expect(completion).toMatchObject({ object: "chat.completion", model: "gpt-5.5" });
    expect(completion.id).toStartWith("chatcmpl-");
    expect(completion.choices[0]).toMatchObject({
      message: { role: "assistant", content: "Hello there", reasoning_content: "Let me think." },
      finish_reason: "stop",
    });
    expect(completion.usage.total_tokens).toBeGreaterThan(completion.usage.prompt_tokens);
    expect(pool.sim.violations).toEqual([]);
  });

  test("streams, whatever way the bytes are cut, and tells usage only where it was asked for", async () => {
    const pool = await start();
    const said = "Zwölf Boxkämpfer 🎉 日本語\u2028 ".repeat(20);
    pool.sim.script.pace({ splitBytesMax: 7, deltaChars: 3, comments: true, unknownEvents: true });
    pool.sim.reply([reasoning("Let me think."), text(said)]);
    const { response, chat } = await stream(pool, { stream_options: { include_usage: true } });
    expect(response.headers.get("x-codexuse-profile")).toBe("main");
    expect(chat).toMatchObject({
      content: said,
      reasoning: "Let me think.",
      roles: ["assistant"],
      reasons: ["stop"],
      isDone: true,
    });
    expect(chat.usages.length).toBe(1);
    expect(new Set(chat.chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect((await stream(pool, {})).chat.usages).toEqual([]);
  });

  test("24 calls at once come whole, and their outputs go back to the right ones (trap 36)", async () => {
    const pool = await start();
    const calls = Array.from({ length: 24 }, (_, n) =>
      functionCall(`tool_${n}`, { n, float: 1.5, text: "ä".repeat(n) }),
    );
    pool.sim.onTurn((turn) => (turn.toolOutputs.length === 0 ? [text("Calling."), ...calls] : null));
    const tools = calls.map((_, n) => ({ type: "function", function: { name: `tool_${n}`, parameters: {} } }));
    const { chat } = await stream(pool, { tools });
    expect(chat).toMatchObject({ content: "Calling.", reasons: ["tool_calls"] });
    expect(chat.calls.map(({ name, payload }) => [name, JSON.parse(payload)])).toEqual(
      calls.map((_, n) => [`tool_${n}`, { n, float: 1.5, text: "ä".repeat(n) }]),
    );
    const assistant = {
      role: "assistant",
      content: chat.content,
      tool_calls: chat.calls.map(({ id, type, name, payload }) => ({
        id,
        type,
        function: { name, arguments: payload },
      })),
    };
    const outputs = chat.calls.map(({ id, name }) => ({ role: "tool", tool_call_id: id, content: `of ${name}` }));
    const answer = await complete(pool, { tools, messages: [HELLO, assistant, ...outputs] });
    expect(answer.choices[0]?.message.content).toBe("Tool said: of tool_23");
    const sent = lastBody(pool)["input"] as { type: string; call_id?: string; output?: string }[];
    for (const { id, name } of chat.calls) {
      const pair = sent.filter((item) => item.call_id === id);
      expect(pair.map((item) => item.type)).toEqual(["function_call", "function_call_output"]);
      expect(pair[1]?.output).toBe(`of ${name}`);
    }
  });

  test("custom tools keep their kind there and back", async () => {
    const pool = await start();
    pool.sim.onTurn((turn) => (turn.toolOutputs.length === 0 ? customToolCall("shell", "ls -l") : null));
    const tools = [{ type: "custom", custom: { name: "shell" } }];
    const { chat } = await stream(pool, { tools });
    expect(chat.calls).toEqual([{ id: chat.calls[0]?.id ?? "", type: "custom", name: "shell", payload: "ls -l" }]);
    const made = { id: chat.calls[0]?.id, type: "custom", custom: { name: "shell", input: "ls -l" } };
    const messages = [
      HELLO,
      { role: "assistant", content: null, tool_calls: [made] },
      { role: "tool", tool_call_id: made.id, content: "total 0" },
    ];
    expect((await complete(pool, { tools, messages })).choices[0]?.message.content).toBe("Tool said: total 0");
    const types = (lastBody(pool)["input"] as { type: string }[]).map((item) => item.type);
    expect(types).toEqual(["message", "custom_tool_call", "custom_tool_call_output"]);
  });

  test("functions of the deprecated form are called and answered in it", async () => {
    const pool = await start();
    pool.sim.onTurn((turn) => (turn.toolOutputs.length === 0 ? functionCall("look", { at: 1 }) : null));
    const functions = [{ name: "look", parameters: { type: "object", properties: {} } }];
    const first = await complete(pool, { functions });
    expect(first.choices[0]).toMatchObject({
      message: { content: null, function_call: { name: "look", arguments: '{"at":1}' } },
      finish_reason: "function_call",
    });
    const { chat } = await stream(pool, { functions });
    expect(chat).toMatchObject({ legacy: { name: "look", arguments: '{"at":1}' }, reasons: ["function_call"] });
    const { message } = first.choices[0] ?? { message: null };
    const messages = [HELLO, message, { role: "function", name: "look", content: "a cat" }];
    expect((await complete(pool, { functions, messages })).choices[0]?.message.content).toBe("Tool said: a cat");
  });

  test("an answer to a schema is JSON of that schema", async () => {
    const pool = await start();
    const schema = { type: "object", properties: { said: { type: "string" } }, required: ["said"] };
    const response_format = { type: "json_schema", json_schema: { name: "saying", strict: true, schema } };
    const answer = await complete(pool, { response_format });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({ said: "Echo: Say hello" });
    const { chat } = await stream(pool, { response_format: { type: "json_object" } });
    expect(JSON.parse(chat.content)).toEqual({ said: "Echo: Say hello" });
  });

  test("images and files arrive as they were sent", async () => {
    const pool = await start();
    const image = `data:image/png;base64,${"iVBORw0KGgo".repeat(1_000)}`;
    const file = "data:application/pdf;base64,JVBERi0=";
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: image, detail: "low" } },
      { type: "file", file: { filename: "a.pdf", file_data: file } },
    ];
    const answer = await complete(pool, { messages: [{ role: "user", content }] });
    expect(answer.choices[0]?.message.content).toBe("Echo: What is this?");
    expect((lastBody(pool)["input"] as { content: unknown }[])[0]?.content).toEqual([
      { type: "input_text", text: "What is this?" },
      { type: "input_image", image_url: image, detail: "low" },
      { type: "input_file", filename: "a.pdf", file_data: file },
    ]);
  });

  test.each([
    ["incomplete-max-output-tokens", "length"],
    ["incomplete-content-filter", "content_filter"],
  ] as const)("an answer that ends as %s says so", async (name, reason) => {
    const pool = await start();
    pool.sim.reply("Once upon a time");
    pool.sim.script.fail(failure(name, { afterEvent: 6 }), { times: "always" });
    const { chat } = await stream(pool, {});
    expect(chat).toMatchObject({ reasons: [reason], isDone: true, error: null });
    expect((await complete(pool, {})).choices[0]?.finish_reason).toBe(reason);
  });

  test("an error in mid-stream is told as data, and the stream closes without [DONE]", async () => {
    const pool = await start();
    pool.sim.reply("A long story, a very long story, too long for one piece.");
    pool.sim.script.fail(connectionFault("reset-mid-stream", { afterEvent: 6 }));
    const { chat } = await stream(pool, {});
    expect(chat.content).not.toBe("");
    expect(chat).toMatchObject({
      reasons: [],
      isDone: false,
      error: { code: "upstream_stream_broken", type: "server_error" },
    });
    pool.sim.script.fail(failure("failed-invalid-prompt", { afterEvent: 6 }));
    expect((await stream(pool, {})).chat).toMatchObject({
      isDone: false,
      error: { code: "invalid_prompt", type: "invalid_request_error" },
    });
  });
});

describe("POST /v1/chat/completions", () => {
  test("members that an account cannot honour are named in the head, by the client's own names", async () => {
    const pool = await startPool({ accounts: ["alpha"], apiKeyAccounts: ["direct"] });
    const body = {
      max_completion_tokens: 50,
      temperature: 0.2,
      user: "u1",
      stop: ["END"],
      seed: 5,
      messages: [{ ...HELLO, name: "Ada" }],
    };
    pool.apiKey("direct").script.fail("insufficient-quota", { times: "always" });
    for (const isStream of [false, true]) {
      const response = await ask(pool, { ...body, stream: isStream });
      await response.text();
      expect(response.headers.get("x-codexuse-profile")).toBe("alpha");
      const ignored = (response.headers.get("x-codexuse-ignored") ?? "").split(", ").sort();
      expect(ignored).toEqual(["max_completion_tokens", "messages.name", "seed", "stop", "temperature", "user"]);
    }
    expect(Object.keys(lastBody(pool))).not.toContain("max_output_tokens");
  });

  test("an API-key account honours more of them", async () => {
    const pool = await startPool({ accounts: [], apiKeyAccounts: ["direct"] });
    const response = await ask(pool, { max_tokens: 50, temperature: 0.2, user: "u1", seed: 5, service_tier: "flex" });
    expect(response.headers.get("x-codexuse-ignored")).toBe("seed");
    expect(lastBody(pool)).toMatchObject({
      max_output_tokens: 50,
      temperature: 0.2,
      user: "u1",
      service_tier: "flex",
      store: false,
    });
    expect(((await response.json()) as { service_tier: string }).service_tier).toBe("flex");
  });

  test("the effort and the name of the model are those that the client asked for", async () => {
    const pool = await startPool();
    const { chat } = await stream(pool, { model: "gpt-5.5-high", reasoning_effort: "low", verbosity: "low" });
    expect(new Set(chat.chunks.map((chunk) => chunk.model))).toEqual(new Set(["gpt-5.5-high"]));
    expect((await complete(pool, { model: "gpt-5.5-high" })).model).toBe("gpt-5.5-high");
    expect(pool.sim.turnsOf()[0]?.body).toMatchObject({
      model: "gpt-5.5",
      reasoning: { effort: "high" },
      text: { verbosity: "low" },
    });
  });

  test("a conversation that names nothing stays one session on one account, another gets its own (trap 11)", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"], routing: "round-robin" });
    const converse = async (first: string): Promise<{ session: string | null; profile: string | null }[]> => {
      const messages: unknown[] = [
        { role: "system", content: "Be brief." },
        { role: "user", content: first },
      ];
      const seen: { session: string | null; profile: string | null }[] = [];
      for (let turn = 0; turn < 4; turn += 1) {
        const { response, chat } = await stream(pool, { messages });
        seen.push({
          session: response.headers.get("x-codexuse-session"),
          profile: response.headers.get("x-codexuse-profile"),
        });
        messages.push({ role: "assistant", content: chat.content }, { role: "user", content: `And then? ${turn}` });
      }
      return seen;
    };
    const [one, other] = [await converse("Tell me of cats"), await converse("Tell me of dogs")];
    expect(new Set(one.map((turn) => JSON.stringify(turn))).size).toBe(1);
    expect(new Set(other.map((turn) => JSON.stringify(turn))).size).toBe(1);
    expect(one[0]?.session).not.toBe(other[0]?.session ?? null);
    expect(one[0]?.profile).not.toBe(other[0]?.profile ?? null);
    const turns = () => pool.desk.runtime("daemon").turnsSince(0, 100);
    await waitUntil("all turns are in the log", () => turns().length === 8, 5_000);
    const [session] = turns();
    expect(pool.desk.runtime("daemon").session(session?.sessionId ?? "")?.affinity).toBe("fingerprint");
  });

  test("a client that names its conversation is believed", async () => {
    const pool = await startPool();
    const sessionOf = async (body: Record<string, unknown>, headers: Record<string, string> = {}) => {
      const response = await ask(pool, body, headers);
      await response.text();
      return response.headers.get("x-codexuse-session");
    };
    const named = await sessionOf({ prompt_cache_key: "c1" });
    expect(await sessionOf({ prompt_cache_key: "c1", messages: [{ role: "user", content: "x" }] })).toBe(named);
    const other = await sessionOf({}, { "x-session-id": "c1" });
    expect(other).not.toBe(named);
    expect(lastBody(pool)).not.toHaveProperty("prompt_cache_key");
  });

  test("a tool conversation moves to another account in the middle, and the client sees nothing of it (trap 1)", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    pool.sim.onTurn((turn) => (turn.toolOutputs.length === 0 ? functionCall("look", { at: 1 }) : null));
    const tools = [{ type: "function", function: { name: "look" } }];
    const first = await stream(pool, { tools });
    const home = first.response.headers.get("x-codexuse-profile") ?? "";
    const [called] = first.chat.calls;
    const messages = [
      HELLO,
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: called?.id, type: "function", function: { name: called?.name, arguments: called?.payload } },
        ],
      },
      { role: "tool", tool_call_id: called?.id, content: "a cat" },
    ];
    pool.chatgpt(home).script.fail("usage-limit", { times: "always" });
    const second = await stream(pool, { tools, messages });
    expect(second.response.headers.get("x-codexuse-profile")).not.toBe(home);
    expect(second.response.headers.get("x-codexuse-session")).toBe(first.response.headers.get("x-codexuse-session"));
    expect(second.chat).toMatchObject({
      content: "Tool said: a cat",
      roles: ["assistant"],
      reasons: ["stop"],
      isDone: true,
      error: null,
    });
    expect((await complete(pool, { tools, messages })).choices[0]?.message.content).toBe("Tool said: a cat");
    expect(pool.sim.violations).toEqual([]);
  });

  test("a pool that is used up says so in the status, to clients that stream too", async () => {
    const pool = await startPool();
    pool.chatgpt("alpha").script.fail("usage-limit", { times: "always" });
    for (const isStream of [false, true]) {
      const response = await ask(pool, { stream: isStream });
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).not.toBeNull();
      expect(await response.json()).toMatchObject({
        error: { type: "usage_limit_reached", code: "usage_limit_reached", param: null },
        accounts: [{ profile: "alpha" }],
      });
    }
  });

  test("upstream's words on a bad request come in a chat's shape, with upstream's status", async () => {
    const pool = await startPool();
    pool.sim.script.fail("context-length-exceeded", { times: 2 });
    for (const isStream of [false, true]) {
      const response = await ask(pool, { stream: isStream });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: { code: "context_length_exceeded", type: "invalid_request_error" } },
      ]);
    }
    pool.sim.script.fail(httpAnswer(400, { detail: "Unsupported parameter: x" }));
    const response = await ask(pool, {});
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { message: "Unsupported parameter: x", type: "invalid_request_error" } },
    ]);
  });

  test.each([
    [{ n: 2 }, 400, "unsupported_value"],
    [{ messages: [] }, 400, "empty_array"],
    [{ messages: undefined }, 400, "missing_required_parameter"],
    [{ model: undefined }, 400, "missing_required_parameter"],
    [{ model: "gpt-nonsense" }, 404, "model_not_found"],
  ])("refuses %j with its own status and code, streaming or not", async (body, status, code) => {
    const pool = await startPool();
    for (const isStream of [false, true]) {
      const response = await ask(pool, { ...body, stream: isStream });
      expect([response.status, await response.json()]).toMatchObject([
        status,
        { error: { type: "invalid_request_error", code } },
      ]);
    }
    expect(pool.sim.turnsOf()).toEqual([]);
  });

  test("needs a key and a JSON body, like every other route", async () => {
    const pool = await startPool();
    const body = JSON.stringify({ model: "gpt-5.5", messages: [HELLO] });
    const keyless = await fetch(`${pool.origin}${PATH}`, { method: "POST", body });
    expect([keyless.status, await keyless.json()]).toMatchObject([401, { error: { code: "missing_key" } }]);
    const typeless = await ask(pool, {}, { "content-type": "text/plain" });
    expect([typeless.status, await typeless.json()]).toMatchObject([
      400,
      { error: { code: "unsupported_content_type" } },
    ]);
  });

  test("a client that leaves in mid-stream cancels upstream, and nobody is blamed (trap 37)", async () => {
    const pool = await startPool();
    pool.chatgpt("alpha").script.fail(connectionFault("hang-mid-stream", { afterEvent: 5 }));
    const leaving = new AbortController();
    const body = { model: "gpt-5.5", messages: [HELLO], stream: true };
    const response = await pool.post(PATH, body, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await waitUntil("upstream is cancelled", () => pool.sim.turnsOf("alpha")[0]?.cancelled === true, 1_000);
    expect((await pool.eventOf("turn-settled")).turn.end).toBe("client-left");
    const [profile] = pool.desk.settings().profiles();
    expect(pool.desk.settings().accountState(profile?.accountKey ?? "").cooldowns).toEqual([]);
  });
});
