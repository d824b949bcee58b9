import { describe, expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { compaction, functionCall, reasoning, text } from "../../../src/simulator/content.ts";
import { SEALED_REFUSALS } from "../../../src/simulator/sealed.ts";
import { shellCall } from "../../../src/simulator/turn.ts";
import { aBody, aTurn, at, aWorld, readEvents, type SmallWorld, START_MS, typesOf } from "./ask.ts";

async function eventsOf(world: SmallWorld, body = aBody()): Promise<Record<string, unknown>[]> {
  const answer = await world.sim.handle(aTurn(world.anna, world.login, body));
  expect(answer.status).toBe(200);
  return readEvents(await answer.text());
}

describe("the strict body", () => {
  test.each([
    ["a stored turn", { store: true }, "Store must be set to false"],
    ["no store", { store: undefined }, "Store must be set to false"],
    ["no stream", { stream: false }, "Stream must be set to true"],
    ["a string input", { input: "hi" }, "Input must be a list"],
    ["a system message", { input: [{ role: "system", content: "x" }] }, "System messages are not allowed"],
    ["no instructions", { instructions: undefined }, "Instructions are required"],
    ["temperature", { temperature: 1 }, "Unsupported parameter: temperature"],
    ["max_output_tokens", { max_output_tokens: 9 }, "Unsupported parameter: max_output_tokens"],
    ["previous_response_id", { previous_response_id: "resp_1" }, "Unsupported parameter: previous_response_id"],
    ["metadata", { metadata: {} }, "Unsupported parameter: metadata"],
    [
      "a cache breakpoint",
      { input: [{ role: "user", content: [{ type: "input_text", text: "x", prompt_cache_breakpoint: {} }] }] },
      "Unsupported parameter: prompt_cache_breakpoint",
    ],
    [
      "stream options",
      { stream_options: { include_usage: true } },
      "Unsupported parameter: stream_options.include_usage",
    ],
    ["tier fast", { service_tier: "fast" }, "Unsupported service_tier: fast"],
    ["tier flex", { service_tier: "flex" }, "Unsupported service_tier: flex"],
    ["a hosted tool", { tools: [{ type: "file_search" }] }, "Unsupported tool type: file_search"],
    ["an include", { include: ["message.output_text.logprobs"] }, "Unsupported include: message.output_text.logprobs"],
    [
      "a model of another plan",
      { model: "gpt-4o" },
      "The 'gpt-4o' model is not supported when using Codex with a ChatGPT account.",
    ],
    [
      "ultra",
      { reasoning: { effort: "ultra" } },
      "Unsupported value: 'ultra' is not supported with the 'gpt-5.5' model.",
    ],
  ])("refuses %s", async (_, differing, detail) => {
    const { sim, anna, login } = aWorld();
    const answer = await sim.handle(aTurn(anna, login, aBody(differing)));
    expect([answer.status, await answer.json()]).toEqual([400, { detail }]);
    expect(answer.headers.get("x-codex-primary-used-percent")).toBe("0");
    expect(sim.acceptedGenerations).toHaveLength(0);
  });

  test.each([
    [
      "no instructions after a developer item, as the newest Codex",
      { instructions: undefined, input: [{ role: "developer", content: [] }] },
    ],
    ["tier priority", { service_tier: "priority" }],
    ["web search", { tools: [{ type: "web_search" }] }],
    ["client metadata", { client_metadata: { a: "b" } }],
    ["unknown input items", { input: [{ type: "something_new" }] }],
  ])("takes %s", async (_, differing) => {
    const { sim, anna, login } = aWorld();
    expect((await sim.handle(aTurn(anna, login, aBody(differing)))).status).toBe(200);
  });

  test("switches each rule off by itself", async () => {
    const { sim, anna, login } = aWorld({ strict: { parameters: false } });
    expect((await sim.handle(aTurn(anna, login, aBody({ temperature: 1 })))).status).toBe(200);
    expect((await sim.handle(aTurn(anna, login, aBody({ store: true })))).status).toBe(400);
  });

  test.each([
    ["zstd", (plain: string) => new Uint8Array(zstdCompressSync(plain))],
    ["gzip", (plain: string) => new Uint8Array(gzipSync(plain))],
  ] as const)("reads a body compressed with %s, and refuses one that grows too large", async (encoding, compress) => {
    const { sim, anna, login } = aWorld({ bodyBytesMax: 10_000 });
    const ask = (body: unknown): Promise<Response> =>
      sim.handle(
        aTurn(anna, login, {}, { body: compress(JSON.stringify(body)), headers: { "content-encoding": encoding } }),
      );
    expect((await ask(aBody())).status).toBe(200);
    expect(at(sim.requests[0]?.body, "model")).toBe("gpt-5.5");
    expect((await ask(aBody({ instructions: "x".repeat(20_000) }))).status).toBe(413);
  });

  test("refuses a body that is no JSON", async () => {
    const { sim, anna, login } = aWorld();
    expect((await sim.handle(aTurn(anna, login, {}, { body: '{"model":' }))).status).toBe(400);
  });
});

describe("the stream", () => {
  test("tells a message in the order of events, numbered, without [DONE]", async () => {
    const world = aWorld();
    world.anna.script.reply("Hello there").pace({ deltaChars: 6 });
    const answer = await world.sim.handle(aTurn(world.anna, world.login));
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const written = await answer.text();
    expect(written).not.toContain("[DONE]");
    expect(written).toStartWith('event: response.created\ndata: {"type":"response.created"');
    const events = readEvents(written);
    expect(typesOf(events)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event["sequence_number"])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(at(events[8], "item", "content", 0, "text")).toBe("Hello there");
  });

  test("ends with an empty output and the usage, as the real backend", async () => {
    const last = (await eventsOf(aWorld())).at(-1);
    expect(at(last, "response", "output")).toEqual([]);
    expect(at(last, "response", "status")).toBe("completed");
    const usage = at(last, "response", "usage");
    const sum = Number(at(usage, "input_tokens")) + Number(at(usage, "output_tokens"));
    expect(at(usage, "total_tokens")).toBe(sum);
  });

  test("tells reasoning, then a function call, then a free-form call", async () => {
    const world = aWorld();
    const custom = {
      kind: "custom-tool-call",
      name: "exec",
      namespace: null,
      input: "text(1)",
      callId: "call_2",
    } as const;
    world.anna.script.reply([reasoning("Thinking"), functionCall("shell", { a: 1 }, { callId: "call_1" }), custom]);
    const events = await eventsOf(world);
    expect(typesOf(events).slice(2, -1)).toEqual([
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done",
      "response.output_item.done",
    ]);
    const done = events.filter((event) => event["type"] === "response.output_item.done");
    expect(done.map((event) => event["output_index"])).toEqual([0, 1, 2]);
    expect(at(done[0], "item", "encrypted_content")).toBeString();
    expect(at(done[1], "item", "arguments")).toBe('{"a":1}');
    expect(world.sim.acceptedGenerations[0]?.callIds).toEqual(["call_1", "call_2"]);
  });

  test("echoes the user by default, keeps JSON formats, and answers a compaction trigger with one item", async () => {
    const world = aWorld();
    const said = (events: Record<string, unknown>[]): unknown => at(events.at(-2), "item", "content", 0, "text");
    expect(said(await eventsOf(world))).toBe("Echo: hello");
    const schema = { type: "object", properties: { ok: { type: "boolean" }, word: { type: "string" } } };
    const format = { type: "json_schema", name: "x", schema };
    expect(JSON.parse(String(said(await eventsOf(world, aBody({ text: { format } })))))).toEqual({
      ok: true,
      word: "Echo: hello",
    });
    const compacting = await eventsOf(world, aBody({ input: [{ type: "compaction_trigger" }] }));
    const items = compacting.filter((event) => event["type"] === "response.output_item.done");
    expect(items.map((event) => at(event, "item", "type"))).toEqual(["compaction"]);
  });

  test("counts what the same account saw under the same cache key as cached", async () => {
    const world = aWorld();
    const long = aBody({ input: [{ role: "user", content: "x".repeat(8000) }] });
    const cached = async (): Promise<unknown> =>
      at((await eventsOf(world, long)).at(-1), "response", "usage", "input_tokens_details", "cached_tokens");
    expect(await cached()).toBe(0);
    expect(await cached()).toBe(1920);
    const ben = world.sim.addChatgptAccount({ name: "ben" });
    const other = await world.sim.handle(aTurn(ben, ben.login(), long));
    const last = readEvents(await other.text()).at(-1);
    expect(at(last, "response", "usage", "input_tokens_details", "cached_tokens")).toBe(0);
  });

  test("lets a hook drive a conversation with tools, whatever form the shell has", async () => {
    const world = aWorld();
    world.sim.onTurn((turn) =>
      turn.toolOutputs.length > 0 ? text(`saw ${turn.toolOutputs.join()}`) : shellCall(turn, "ls"),
    );
    const tools = [{ type: "function", name: "exec_command", parameters: {} }];
    const first = await eventsOf(world, aBody({ tools }));
    const call = at(first.at(-2), "item");
    expect(at(call, "arguments")).toBe('{"cmd":"ls"}');
    const output = { type: "function_call_output", call_id: at(call, "call_id"), output: "a.txt" };
    const asked = { type: "message", role: "user", content: [{ type: "input_text", text: "list" }] };
    const second = await eventsOf(world, aBody({ tools, input: [asked, call, output] }));
    expect(at(second.at(-2), "item", "content", 0, "text")).toBe("saw a.txt");
    const lite = [{ type: "namespace", name: "functions", tools: [{ type: "custom", name: "exec" }] }];
    const input = [{ type: "additional_tools", role: "developer", tools: lite }, asked];
    const third = await eventsOf(world, aBody({ instructions: undefined, input }));
    expect(at(third.at(-2), "item", "type")).toBe("custom_tool_call");
    expect(at(third.at(-2), "item", "input")).toContain('tools.exec_command({ cmd: "ls" })');
  });
});

describe("quota", () => {
  test("rises with each turn, in the headers and in the usage", async () => {
    const { sim, anna, login } = aWorld();
    anna.percentPerThousandTokens = 0;
    for (const expected of ["1", "2", "3"]) {
      const answer = await sim.handle(aTurn(anna, login));
      await answer.text();
      expect(answer.headers.get("x-codex-primary-used-percent")).toBe(expected);
      expect(answer.headers.get("x-codex-secondary-used-percent")).toBe(expected);
    }
  });

  test("tells every header of the family; an absent window as 0 with an empty reset", async () => {
    const { sim, anna, login } = aWorld();
    anna.quota.windows.secondary = null;
    anna.quota.credits = { hasCredits: true, unlimited: false, balance: 9.5 };
    const { headers } = await sim.handle(aTurn(anna, login));
    expect(headers.get("x-codex-primary-window-minutes")).toBe("300");
    expect(headers.get("x-codex-primary-reset-at")).toBe(String(START_MS / 1000 + 18_000));
    expect(headers.get("x-codex-primary-reset-after-seconds")).toBe("18000");
    expect(headers.get("x-codex-secondary-used-percent")).toBe("0");
    expect(headers.get("x-codex-secondary-reset-at")).toBe("");
    expect(headers.get("x-codex-plan-type")).toBe("plus");
    expect(headers.get("x-codex-credits-has-credits")).toBe("True");
    expect(headers.get("x-codex-credits-unlimited")).toBe("False");
    expect(headers.get("x-codex-credits-balance")).toBe("9.5");
  });

  test("exhausted: 429 with the true reset; usable again when the window rolls over", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.setUsed(99);
    expect((await sim.handle(aTurn(anna, login))).status).toBe(200);
    const refused = await sim.handle(aTurn(anna, login));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("x-codex-primary-used-percent")).toBe("100");
    expect(refused.headers.get("x-codex-active-limit")).toBe("premium");
    expect(at(await refused.json(), "error")).toEqual({
      type: "usage_limit_reached",
      message: "The usage limit has been reached",
      plan_type: "plus",
      resets_at: START_MS / 1000 + 18_000,
      resets_in_seconds: 18_000,
      eligible_promo: null,
    });
    expect(sim.acceptedGenerations).toHaveLength(1);
    await clock.advance(18_000_000);
    const again = await sim.handle(aTurn(anna, login));
    expect([again.status, again.headers.get("x-codex-primary-used-percent")]).toEqual([200, "1"]);
  });

  test("serves on credits although the window is full", async () => {
    const { sim, anna, login } = aWorld();
    anna.setUsed(100);
    anna.quota.credits = { hasCredits: true, unlimited: false, balance: 1 };
    expect((await sim.handle(aTurn(anna, login))).status).toBe(200);
  });

  test("gates only its own models with an extra limit (trap 6)", async () => {
    const { sim, anna, login } = aWorld();
    const full = { minutes: 300, usedPercent: 100, resetsAtMs: START_MS + 60_000 };
    const limit = { id: "codex_bengalfox", name: "Spark", models: ["gpt-6-luna"], primary: full, secondary: null };
    anna.quota.extraLimits.push(limit);
    const ordinary = await sim.handle(aTurn(anna, login));
    expect([ordinary.status, ordinary.headers.get("x-codex-bengalfox-limit-name")]).toEqual([200, "Spark"]);
    expect((await sim.handle(aTurn(anna, login, aBody({ model: "gpt-6-luna" })))).status).toBe(429);
  });

  test("limits turns a minute with a true retry-after", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.turnsPerMinute = 2;
    await sim.handle(aTurn(anna, login));
    await clock.advance(15_000);
    await sim.handle(aTurn(anna, login));
    const refused = await sim.handle(aTurn(anna, login));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "45"]);
    expect(at(await refused.json(), "error", "code")).toBe("rate_limit_exceeded");
    await clock.advance(45_000);
    expect((await sim.handle(aTurn(anna, login))).status).toBe(200);
  });
});

describe("state that belongs to an account", () => {
  test("issues a turn state, keeps it within the turn, and refuses another account's", async () => {
    const { sim, anna, login } = aWorld();
    const first = await sim.handle(aTurn(anna, login));
    const state = first.headers.get("x-codex-turn-state") ?? "";
    const headers = { "x-codex-turn-state": state };
    const follow = await sim.handle(aTurn(anna, login, aBody(), { headers }));
    expect([follow.status, follow.headers.get("x-codex-turn-state")]).toEqual([200, state]);
    const ben = sim.addChatgptAccount({ name: "ben" });
    const foreign = await sim.handle(aTurn(ben, ben.login(), aBody(), { headers }));
    expect([foreign.status, at(await foreign.json(), "error", "code")]).toEqual([400, "invalid_turn_state"]);
    expect(sim.violations.map((violation) => violation.kind)).toEqual(["foreign-turn-state"]);
  });

  test.each(SEALED_REFUSALS)("refuses foreign sealed items as %s (trap 14)", async (shape) => {
    const { sim, anna, login } = aWorld({ encryptedRefusal: shape });
    anna.script.reply([reasoning("secret"), compaction()]);
    const events = readEvents(await (await sim.handle(aTurn(anna, login))).text());
    const items = events.filter((event) => event["type"] === "response.output_item.done").map((event) => event["item"]);
    const own = await sim.handle(aTurn(anna, login, aBody({ input: items })));
    expect(own.status).toBe(200);
    const ben = sim.addChatgptAccount({ name: "ben" });
    const foreign = await sim.handle(aTurn(ben, ben.login(), aBody({ input: items })));
    const written = await foreign.text();
    expect(written).toContain("Encrypted content organization_id did not match the target organization.");
    expect(foreign.status).toBe(shape.startsWith("stream") ? 200 : 400);
    expect(written.includes("invalid_encrypted_content")).toBe(shape !== "null-code");
    if (shape === "stream-failed")
      expect(typesOf(readEvents(written))).toEqual(["response.created", "response.failed"]);
    if (shape === "stream-error") expect(typesOf(readEvents(written))).toEqual(["response.created", "error"]);
    expect(sim.acceptedGenerations.map((accepted) => accepted.account)).toEqual(["anna", "anna"]);
  });

  test("refuses a tampered item also where foreign ones are accepted", async () => {
    const { sim, anna, login } = aWorld({ strict: { encryptedContent: "broken" } });
    anna.script.reply(reasoning("secret"));
    const events = readEvents(await (await sim.handle(aTurn(anna, login))).text());
    const item = { type: "reasoning", ...Object(at(events.at(-2), "item")) };
    const ben = sim.addChatgptAccount({ name: "ben" });
    expect((await sim.handle(aTurn(ben, ben.login(), aBody({ input: [item] })))).status).toBe(200);
    const tampered = { ...item, encrypted_content: `${item.encrypted_content}AA` };
    const refused = await sim.handle(aTurn(anna, login, aBody({ input: [tampered] })));
    expect([refused.status, at(await refused.json(), "error", "code")]).toEqual([400, "invalid_encrypted_content"]);
  });

  test("shares sealed items between the seats of one organisation", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.reply(reasoning("secret"));
    const events = readEvents(await (await sim.handle(aTurn(anna, login))).text());
    const seat = sim.addChatgptAccount({ name: "seat", accountId: anna.accountId, orgId: anna.orgId });
    const input = [at(events.at(-2), "item")];
    expect((await sim.handle(aTurn(seat, seat.login(), aBody({ input })))).status).toBe(200);
  });
});
