/** The routes beside the turn: who takes them, how they move on, and what is at no route. Over sockets on both sides. */
import { describe, expect, test } from "bun:test";
import { addAlias } from "../../src/operations/edit-aliases.ts";
import { compaction, type JsonObject, reasoning, text } from "../../src/simulator/content.ts";
import type { Endpoint } from "../../src/simulator/routes.ts";
import { dataOf } from "../support/read-chat.ts";
import { type Pool, startPool } from "../support/start-pool.ts";

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

async function post(pool: Pool, path: string, body: JsonObject, headers: Record<string, string> = {}): Promise<Told> {
  const response = await pool.post(path, body, { headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as JsonObject };
}

const errorOf = (told: { body: JsonObject }) => told.body["error"] as JsonObject;
const profileOf = (told: Told) => told.headers.get("x-codexuse-profile");

function lastCall(pool: Pool, endpoint: Endpoint) {
  const call = pool.sim.callsTo(endpoint).at(-1);
  if (call === undefined) throw new Error(`nothing came to ${endpoint}`);
  return { path: call.path, headers: call.headers, body: call.body as JsonObject };
}

interface Row {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly kinds: readonly ("chatgpt" | "api-key")[];
  readonly body: JsonObject;
  readonly answer: JsonObject;
}

const ROWS: readonly Row[] = [
  {
    path: "/v1/responses/compact",
    endpoint: "compact",
    kinds: ["chatgpt", "api-key"],
    body: { model: "gpt-5.5", input: [{ role: "user", content: "long" }] },
    answer: { output: [{ role: "user" }, { type: "compaction" }] },
  },
  {
    path: "/v1/responses/input_tokens",
    endpoint: "input-tokens",
    kinds: ["api-key"],
    body: { model: "gpt-5.5", input: "how long?" },
    answer: { object: "response.input_tokens", input_tokens: expect.any(Number) },
  },
  {
    path: "/v1/images/generations",
    endpoint: "images",
    kinds: ["chatgpt", "api-key"],
    body: { model: "gpt-image-2", prompt: "a cat", size: "1024x1024" },
    answer: { data: [{ b64_json: expect.any(String), revised_prompt: "a cat" }] },
  },
  {
    path: "/v1/images/edits",
    endpoint: "images",
    kinds: ["chatgpt", "api-key"],
    body: { model: "gpt-image-2", prompt: "a hat", image: "data:image/png;base64,AA==" },
    answer: { data: [{ revised_prompt: "a hat" }] },
  },
  {
    path: "/v1/embeddings",
    endpoint: "embeddings",
    kinds: ["api-key"],
    body: { model: "text-embedding-3-small", input: ["one", "three"] },
    answer: { object: "list", data: [{ index: 0 }, { index: 1 }], model: "text-embedding-3-small" },
  },
  {
    path: "/v1/alpha/search",
    endpoint: "search",
    kinds: ["chatgpt"],
    body: { id: "s_1", model: "gpt-5.5", input: "cats" },
    answer: { output: expect.stringContaining("cats") },
  },
];

const BY_KIND = { chatgpt: { accounts: ["main"] }, "api-key": { accounts: [], apiKeyAccounts: ["main"] } };

describe.each(ROWS)("POST $path", ({ path, endpoint, kinds, body, answer }) => {
  test.each(["chatgpt", "api-key"] as const)("with an account of kind %p", async (kind) => {
    const pool = await startPool(BY_KIND[kind]);
    const told = await post(pool, path, body);
    if (kinds.includes(kind)) {
      expect(told).toMatchObject({ status: 200, body: answer });
      expect(profileOf(told)).toBe("main");
      expect(lastCall(pool, endpoint).body["model"]).toBe(body["model"]);
      expect(lastCall(pool, endpoint).headers["accept"]).toBe("application/json");
    } else {
      expect([told.status, errorOf(told)["code"]]).toEqual([404, "unknown_route"]);
      expect(errorOf(told)["message"]).toContain("the pool has none");
      expect(pool.sim.callsTo(endpoint)).toEqual([]);
    }
    expect(pool.sim.violations).toEqual([]);
  });

  test("moves on to another account before there is an answer, and the session with it", async () => {
    const names = ["alpha", "beta"];
    const pool = await startPool(
      kinds.includes("chatgpt") ? { accounts: names } : { accounts: [], apiKeyAccounts: names },
    );
    const headers = { "session-id": "s_1" };
    const first = await post(pool, path, body, headers);
    pool.sim.script.fail(kinds.includes("chatgpt") ? "usage-limit" : "insufficient-quota", {
      endpoint,
      matching: (call) => call.account === profileOf(first),
      times: "always",
    });
    const second = await post(pool, path, body, headers);
    const third = await post(pool, path, body, headers);
    expect([first.status, second.status, third.status]).toEqual([200, 200, 200]);
    expect(profileOf(second)).not.toBe(profileOf(first));
    expect(profileOf(third)).toBe(profileOf(second));
    expect(third.headers.get("x-codexuse-session")).toBe(first.headers.get("x-codexuse-session"));
  });

  test("tells upstream's own words about a bad request, and needs a key, JSON, a model and patience", async () => {
    const pool = await startPool(BY_KIND[kinds[0] ?? "chatgpt"]);
    pool.sim.script.fail("context-length-exceeded", { endpoint, times: 1 });
    expect(errorOf(await post(pool, path, body))["code"]).toBe("context_length_exceeded");
    expect((await fetch(`${pool.origin}${path}`, { method: "POST", body: "{}" })).status).toBe(401);
    expect(errorOf(await post(pool, path, { ...body, model: undefined }))["code"]).toBe("missing_required_parameter");
    expect(errorOf(await post(pool, path, { ...body, stream: true }))).toMatchObject({
      code: "unsupported_value",
      param: "stream",
    });
  });
});

describe("bodies beside the turn", () => {
  test("about items are fitted to the account, and lose the tier", async () => {
    const pool = await startPool();
    const asked = { model: "gpt-5.5", input: "long", service_tier: "priority", temperature: 1 };
    const told = await post(pool, "/v1/responses/compact", asked);
    expect(lastCall(pool, "compact").body).toEqual({
      model: "gpt-5.5",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "long" }] }],
      instructions: "",
    });
    expect(told.headers.get("x-codexuse-ignored")).toBe("service_tier, temperature");
  });

  test("of another kind reach upstream as they are, but for the name behind an alias", async () => {
    const pool = await startPool();
    await addAlias.run(pool.desk, { name: "deep", model: "gpt-5.5", effort: "high", fast: true });
    const body = { id: "s_1", model: "deep", input: "cats", settings: { n: 1 }, max_output_tokens: 5 };
    expect((await post(pool, "/v1/alpha/search", body)).status).toBe(200);
    expect(lastCall(pool, "search").body).toEqual({ ...body, model: "gpt-5.5" });
  });

  test("name models that are published, where lists tell of them", async () => {
    const pool = await startPool();
    for (const path of ["/v1/alpha/search", "/v1/responses/compact"]) {
      const told = await post(pool, path, { model: "gpt-5.55", input: "x" });
      expect([told.status, errorOf(told)["code"]]).toEqual([404, "model_not_found"]);
    }
  });

  test("an image that takes its time is waited for", async () => {
    const pool = await startPool();
    pool.sim.script.pace({ headDelayMs: 3_000 }, { endpoint: "images" });
    const told = await post(pool, "/v1/images/generations", { model: "gpt-image-2", prompt: "a slow cat" });
    expect(told).toMatchObject({ status: 200, body: { data: [{ revised_prompt: "a slow cat" }] } });
  });

  test("go on from a kept response too", async () => {
    const pool = await startPool({ accounts: [], apiKeyAccounts: ["main"] });
    const turn = await post(pool, "/v1/responses", { model: "gpt-5.5", input: "one" });
    const count = { model: "gpt-5.5", input: "two", previous_response_id: turn.body["id"] };
    expect((await post(pool, "/v1/responses/input_tokens", count)).status).toBe(200);
    expect(lastCall(pool, "input-tokens").body["input"]).toHaveLength(3);
    const unknown = await post(pool, "/v1/responses/compact", { ...count, previous_response_id: "resp_none" });
    expect(errorOf(unknown)["code"]).toBe("previous_response_not_found");
  });
});

describe("image edits with a form for a body", () => {
  function edit(pool: Pool, fields: Readonly<Record<string, string | Blob>>): Promise<Response> {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const headers = { authorization: `Bearer ${pool.key}` };
    return fetch(`${pool.origin}/v1/images/edits`, { method: "POST", headers, body });
  }
  const IMAGE = new Blob([new Uint8Array(2_000)], { type: "image/png" });

  test("go to an account with an API key as they are, but for the name behind an alias", async () => {
    const pool = await startPool({ accounts: ["alpha"], apiKeyAccounts: ["platform"] });
    pool.desk.settings().addAlias({ name: "painter", model: "gpt-image-2", effort: null, fast: false });
    const response = await edit(pool, { model: "painter", prompt: "a hat", image: IMAGE });
    expect([response.status, response.headers.get("x-codexuse-profile")]).toEqual([200, "platform"]);
    const call = pool.sim.callsTo("images").at(-1);
    expect(call?.headers["content-type"]).toStartWith("multipart/form-data; boundary=");
    expect(String(call?.body)).toContain("gpt-image-2");
    expect(String(call?.body)).not.toContain("painter");
    expect(String(call?.body)).toContain("a hat");
  });

  test("are refused where there is none, and where something is wrong with them", async () => {
    const pool = await startPool();
    const codeOf = async (fields: Readonly<Record<string, string | Blob>>) =>
      ((await (await edit(pool, fields)).json()) as { error: JsonObject }).error["code"];
    expect(await codeOf({ model: "gpt-image-2", prompt: "a hat", image: IMAGE })).toBe("unsupported_content_type");
    expect(await codeOf({ prompt: "a hat", image: IMAGE })).toBe("missing_required_parameter");
    expect(await codeOf({ model: "gpt-image-2", stream: "true" })).toBe("unsupported_value");
    const other = await fetch(`${pool.origin}/v1/images/generations`, {
      method: "POST",
      headers: { authorization: `Bearer ${pool.key}` },
      body: new FormData(),
    });
    expect(errorOf({ body: (await other.json()) as JsonObject })["code"]).toBe("unsupported_content_type");
    expect(pool.sim.callsTo("images")).toEqual([]);
  });
});

describe("compaction (trap 33)", () => {
  const HISTORY = [{ type: "message", role: "user", content: [{ type: "input_text", text: "long" }] }];

  test("by a trigger in a stream gives exactly one item, also when the first account runs dry", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    const input = [...HISTORY, { type: "compaction_trigger" }];
    const body = { model: "gpt-5.5", stream: true, store: false, parallel_tool_calls: false, input };
    pool.sim.script.fail("failed-usage-limit", { times: 1 });
    const events = dataOf(await (await pool.post("/v1/responses", body)).text()).map((data) => JSON.parse(data));
    const done = events.filter((event) => event.type === "response.output_item.done");
    expect(done.map((event) => event.item.type)).toEqual(["compaction"]);
    expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { output: [{ type: "compaction" }] } });
    expect(pool.sim.turnsOf()).toHaveLength(2);
  });

  test("by its route gives one item, which the same account takes as history", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    const headers = { "thread-id": "t_1" };
    const compacted = await post(pool, "/v1/responses/compact", { model: "gpt-5.5", input: HISTORY }, headers);
    const items = compacted.body["output"] as JsonObject[];
    expect(items.filter((item) => item["type"] === "compaction")).toHaveLength(1);
    pool.sim.reply([reasoning("Thinking"), text("Going on")]);
    const next = await post(pool, "/v1/responses", { model: "gpt-5.5", input: [...items, ...HISTORY] }, headers);
    expect(next.status).toBe(200);
    expect(profileOf(next)).toBe(profileOf(compacted));
  });

  test("without a stream gives one item", async () => {
    const pool = await startPool();
    pool.sim.reply(compaction());
    const told = await post(pool, "/v1/responses", { model: "gpt-5.5", input: [{ type: "compaction_trigger" }] });
    expect(told.body["output"]).toMatchObject([{ type: "compaction", encrypted_content: expect.any(String) }]);
  });
});

describe("what is at no route", () => {
  const NOWHERE = [
    ["POST", "/v1/conversations"],
    ["POST", "/v1/files"],
    ["POST", "/v1/memories/trace_summarize"],
    ["POST", "/v1/realtime/calls"],
    ["POST", "/v1/responses/resp_1/cancel"],
    ["DELETE", "/v1/models/gpt-5.5"],
    ["GET", "/v1/images/generations"],
    ["GET", "/v1/%zz"],
    ["PUT", "/v1/responses"],
    ["GET", "/backend-api/codex/models"],
  ] as const;
  test("is a JSON 404, and nothing of it goes upstream", async () => {
    const pool = await startPool({ accounts: ["alpha"], apiKeyAccounts: ["platform"] });
    for (const [method, path] of NOWHERE) {
      const headers = { authorization: `Bearer ${pool.key}`, "content-type": "application/json" };
      const response = await fetch(`${pool.origin}${path}`, {
        method,
        headers,
        ...(method === "GET" ? {} : { body: "{}" }),
      });
      expect([path, response.status]).toEqual([path, 404]);
      expect(response.headers.get("content-type")).toContain("application/json");
      expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", code: "unknown_route" } });
    }
    const paths = pool.sim.requests.map((request) => request.path);
    expect(paths.filter((path) => /responses|images|files|conversations|memories|realtime/.test(path))).toEqual([]);
  });
});
