/** Responses that are kept: gone on from, read again, deleted; over sockets on both sides. */
import { describe, expect, test } from "bun:test";
import { createKey } from "../../src/operations/create-key.ts";
import { functionCall, type JsonObject, reasoning, text } from "../../src/simulator/content.ts";
import { connectionFault } from "../../src/simulator/fault.ts";
import { dataOf, readChat } from "../support/read-chat.ts";
import { type Pool, startPool } from "../support/start-pool.ts";

interface Answer {
  readonly status: number;
  readonly profile: string;
  readonly session: string;
  readonly ignored: string | null;
  /** The response object, or the error's body. */
  readonly body: JsonObject;
}

function headOf(response: Response): Omit<Answer, "body"> {
  return {
    status: response.status,
    profile: response.headers.get("x-codexuse-profile") ?? "",
    session: response.headers.get("x-codexuse-session") ?? "",
    ignored: response.headers.get("x-codexuse-ignored"),
  };
}

async function ask(pool: Pool, body: JsonObject, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await pool.post("/v1/responses", { model: "gpt-5.5", ...body }, { headers });
  const said = await response.text();
  if (response.headers.get("content-type")?.includes("event-stream") !== true) {
    return { ...headOf(response), body: JSON.parse(said) };
  }
  const last = JSON.parse(dataOf(said).at(-1) ?? "{}");
  expect(last.type).toBe("response.completed");
  return { ...headOf(response), body: last.response };
}

/** Asks, and expects an answer. */
async function turn(pool: Pool, body: JsonObject): Promise<Answer> {
  const answer = await ask(pool, body);
  expect(answer).toMatchObject({ status: 200, body: { status: "completed" } });
  return answer;
}

async function read(pool: Pool, path: string): Promise<{ status: number; body: JsonObject }> {
  const response = await pool.get(`/v1/responses/${path}`);
  return { status: response.status, body: (await response.json()) as JsonObject };
}

/** A pool like this one, asked with another key. */
async function withOtherKey(pool: Pool): Promise<Pool> {
  const { key } = await createKey.run(pool.desk, { runtime: "daemon", name: "other" });
  const authorization = `Bearer ${key}`;
  return {
    ...pool,
    key,
    post: (path, body, init = {}) => pool.post(path, body, { ...init, headers: { authorization } }),
    get: (path) => fetch(`${pool.origin}${path}`, { headers: { authorization } }),
  };
}

/** What upstream was sent last. */
function sent(pool: Pool): JsonObject {
  return pool.sim.turnsOf().at(-1)?.body as JsonObject;
}

const inputOf = (body: JsonObject) => body["input"] as JsonObject[];
const outputOf = (answer: Answer) => answer.body["output"] as JsonObject[];
const errorOf = (answer: { body: JsonObject }) => answer.body["error"] as JsonObject;
const idOf = (answer: Answer) => String(answer.body["id"]);

/** Every answer thinks first, and names the account and what it was asked. */
function echoThoughts(pool: Pool): void {
  pool.sim.onTurn((asked) => [reasoning("Thinking"), text(`${asked.account}: ${asked.lastUserText}`)]);
}

/** The words of a conversation as upstream was sent it. */
function wordsOf(body: JsonObject): string[] {
  return inputOf(body)
    .filter((item) => item["type"] === "message" || item["role"] !== undefined)
    .map((item) => (item["content"] as { text: string }[]).map((part) => part.text).join(""));
}

const POOLS = [
  { kinds: "ChatGPT accounts", accounts: ["alpha", "beta"], apiKeyAccounts: [] },
  { kinds: "API keys", accounts: [], apiKeyAccounts: ["alpha", "beta"] },
  { kinds: "a ChatGPT account and an API key", accounts: ["alpha"], apiKeyAccounts: ["beta"] },
];

describe.each(POOLS)("a chain of previous_response_id over $kinds", ({ accounts, apiKeyAccounts }) => {
  test.each([false, true])(
    "of five turns survives the death of the account that began it (stream: %p)",
    async (stream) => {
      const pool = await startPool({ accounts, apiKeyAccounts });
      echoThoughts(pool);
      const answers = [await turn(pool, { input: "word 1", stream })];
      const [first] = answers;
      for (let number = 2; number <= 5; number += 1) {
        if (number === 3) {
          const home = pool.sim.accounts.find((account) => account.name === first?.profile);
          if (home?.kind === "chatgpt") home.state = "deactivated";
          else pool.apiKey(home?.name ?? "").script.fail("invalid-api-key", { times: "always" });
        }
        const previous_response_id = answers.at(-1)?.body["id"];
        answers.push(await turn(pool, { input: `word ${number}`, previous_response_id, stream }));
      }
      const profiles = answers.map((answer) => answer.profile);
      const other = first?.profile === "alpha" ? "beta" : "alpha";
      expect(profiles).toEqual([first?.profile ?? "", first?.profile ?? "", other, other, other]);
      expect(new Set(answers.map((answer) => answer.session)).size).toBe(1);
      expect(answers.map((answer) => answer.body["previous_response_id"])).toEqual([
        null,
        ...answers.slice(0, 4).map(idOf),
      ]);
      const said = [1, 2, 3, 4].flatMap((number) => [`word ${number}`, `${profiles[number - 1]}: word ${number}`]);
      expect(wordsOf(sent(pool))).toEqual([...said, "word 5"]);
      expect(sent(pool)).not.toHaveProperty("previous_response_id");
      expect(pool.sim.violations).toEqual([]);
    },
  );
});

describe("what goes on from a kept response", () => {
  test("finds its session by the response's id, which the log keeps of no other", async () => {
    const pool = await startPool();
    const [kept, passed] = [await turn(pool, { input: "one" }), await turn(pool, { input: "two", store: false })];
    await pool.stop();
    const recorded = pool.desk
      .runtime("daemon")
      .turnsSince(0, 10)
      .map(({ sessionId, responseId }) => [sessionId, responseId]);
    expect(recorded).toEqual([
      [passed.session, null],
      [kept.session, idOf(kept)],
    ]);
  });

  test("carries the reasoning of the account that is still there", async () => {
    for (const kinds of [{ accounts: ["alpha"] }, { accounts: [], apiKeyAccounts: ["alpha"] }]) {
      const pool = await startPool(kinds);
      echoThoughts(pool);
      const first = await turn(pool, { input: "one" });
      await turn(pool, { input: "two", previous_response_id: idOf(first) });
      const [thought] = outputOf(first);
      expect(thought).toMatchObject({ type: "reasoning", encrypted_content: expect.any(String) });
      expect(inputOf(sent(pool))[1]).toEqual(thought ?? {});
    }
  });

  test("does not carry the instructions over", async () => {
    const pool = await startPool();
    const first = await turn(pool, { input: "one", instructions: "Be brief." });
    await turn(pool, { input: "two", previous_response_id: idOf(first) });
    expect(sent(pool)["instructions"]).toBe("");
  });

  test("may branch: two turns go on from the same response", async () => {
    const pool = await startPool();
    const first = await turn(pool, { input: "one" });
    await turn(pool, { input: "left", previous_response_id: idOf(first) });
    await turn(pool, { input: "right", previous_response_id: idOf(first) });
    expect(wordsOf(sent(pool))).toEqual(["one", "Echo: one", "right"]);
  });

  test("answers a call whose output never came (trap 17)", async () => {
    const pool = await startPool();
    pool.sim.onTurn((asked) => (asked.lastUserText === "list" ? functionCall("shell", { cmd: "ls" }) : "done"));
    const first = await turn(pool, { input: "list" });
    await turn(pool, { input: "never mind", previous_response_id: idOf(first) });
    const [, call, output] = inputOf(sent(pool));
    expect(output).toMatchObject({ type: "function_call_output", call_id: call?.["call_id"] });
  });

  test("an answer that broke off is not gone on from", async () => {
    const pool = await startPool();
    pool.sim.script.fail(connectionFault("reset-mid-stream", { afterEvent: 5 }));
    const response = await pool.post("/v1/responses", { model: "gpt-5.5", input: "one", stream: true });
    const [created] = dataOf(await response.text()).map((data) => JSON.parse(data));
    const next = await ask(pool, { input: "two", previous_response_id: created.response.id });
    expect([next.status, errorOf(next)["code"]]).toEqual([400, "previous_response_not_found"]);
  });

  test.each(["resp_unheard_of", "", "x".repeat(5_000)])("an unknown id is told at once: %p", async (id) => {
    const pool = await startPool();
    for (const stream of [false, true]) {
      const answer = await ask(pool, { input: "two", previous_response_id: id, stream });
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toMatchObject({
        type: "invalid_request_error",
        code: "previous_response_not_found",
        param: "previous_response_id",
      });
    }
    expect(pool.sim.turnsOf()).toEqual([]);
  });

  test("store: false keeps nothing, streaming or not", async () => {
    const pool = await startPool();
    for (const stream of [false, true]) {
      const first = await turn(pool, { input: "one", store: false, stream });
      expect((await read(pool, idOf(first))).status).toBe(404);
      const next = await ask(pool, { input: "two", previous_response_id: idOf(first) });
      expect(errorOf(next)["code"]).toBe("previous_response_not_found");
    }
  });

  test("a chat is kept only where it says so, and can be gone on from as a response", async () => {
    const pool = await startPool();
    const messages = [{ role: "user", content: "one" }];
    for (const stream of [false, true]) {
      const ids: string[] = [];
      for (const store of [undefined, false, true]) {
        const response = await pool.post("/v1/chat/completions", { model: "gpt-5.5", messages, store, stream });
        const said = await response.text();
        ids.push(stream ? (readChat(dataOf(said)).chunks[0]?.id ?? "") : JSON.parse(said).id);
      }
      const statuses = await Promise.all(
        ids.map(async (id) => (await read(pool, id.replace("chatcmpl-", "resp_"))).status),
      );
      expect(statuses).toEqual([404, 404, 200]);
      await turn(pool, { input: "two", previous_response_id: ids[2]?.replace("chatcmpl-", "resp_") });
      expect(wordsOf(sent(pool))).toEqual(["one", "Echo: one", "two"]);
    }
  });
});

describe("a kept response", () => {
  test("is read again as its client was told it, whatever the model is called", async () => {
    const pool = await startPool();
    for (const stream of [false, true]) {
      const first = await turn(pool, { model: "gpt-5.5-high", input: "one", stream });
      const again = await read(pool, idOf(first));
      expect(again).toEqual({ status: 200, body: first.body });
      expect(again.body).toMatchObject({ model: "gpt-5.5-high", store: true, output: [{ type: "message" }] });
    }
  });

  test("tells what it was made from, page by page", async () => {
    const pool = await startPool();
    const first = await turn(pool, { input: "one" });
    const second = await turn(pool, { input: "two", previous_response_id: idOf(first) });
    const items = await read(pool, `${idOf(second)}/input_items?order=asc&limit=2`);
    expect(items.body).toMatchObject({
      object: "list",
      has_more: true,
      data: [{ role: "user" }, { role: "assistant" }],
    });
    const rest = await read(pool, `${idOf(second)}/input_items?order=asc&after=${items.body["last_id"]}`);
    expect(rest.body).toMatchObject({ has_more: false, data: [{ content: [{ type: "input_text", text: "two" }] }] });
    const newest = await read(pool, `${idOf(second)}/input_items?limit=1`);
    expect(newest.body["data"]).toEqual(rest.body["data"]);
    expect((await read(pool, `${idOf(second)}/input_items?limit=0`)).status).toBe(400);
    expect((await read(pool, `${idOf(second)}/input_items?after=nothing`)).status).toBe(400);
  });

  test("is deleted once, and nothing goes on from it any more", async () => {
    const pool = await startPool();
    echoThoughts(pool);
    const first = await turn(pool, { input: "one" });
    const id = idOf(first);
    const remove = () =>
      fetch(`${pool.origin}/v1/responses/${id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${pool.key}` },
      });
    expect(await (await remove()).json()).toEqual({ id, object: "response", deleted: true });
    expect((await remove()).status).toBe(404);
    expect((await read(pool, id)).status).toBe(404);
    expect((await read(pool, `${id}/input_items`)).status).toBe(404);
    expect((await ask(pool, { input: "two", previous_response_id: id })).status).toBe(400);
    const named = await ask(pool, { input: [{ type: "item_reference", id: outputOf(first)[1]?.["id"] }] });
    expect(errorOf(named)["code"]).toBe("item_not_found");
  });

  test("belongs to its key: another one can neither read nor go on from it, nor delete it, nor name its items", async () => {
    const pool = await startPool();
    const other = await withOtherKey(pool);
    const first = await turn(pool, { input: "my secret" });
    const id = idOf(first);
    expect((await read(other, id)).body).toMatchObject({ error: { code: "response_not_found" } });
    expect((await read(other, `${id}/input_items`)).status).toBe(404);
    expect(errorOf(await ask(other, { input: "x", previous_response_id: id }))["code"]).toBe(
      "previous_response_not_found",
    );
    const reference = { type: "item_reference", id: outputOf(first)[0]?.["id"] };
    expect(errorOf(await ask(other, { input: [reference] }))["code"]).toBe("item_not_found");
    const removal = { method: "DELETE", headers: { authorization: `Bearer ${other.key}` } };
    expect((await fetch(`${pool.origin}/v1/responses/${id}`, removal)).status).toBe(404);
    expect((await read(pool, id)).status).toBe(200);
  });

  test("needs a key, and its stream cannot be taken up again", async () => {
    const pool = await startPool();
    const first = await turn(pool, { input: "one" });
    for (const path of [idOf(first), `${idOf(first)}/input_items`]) {
      expect((await fetch(`${pool.origin}/v1/responses/${path}`)).status).toBe(401);
    }
    const resumed = await read(pool, `${idOf(first)}?stream=true`);
    expect(resumed).toMatchObject({ status: 400, body: { error: { code: "unsupported_parameter", param: "stream" } } });
    expect((await read(pool, "%zz")).status).toBe(404);
  });
});

describe("items that are only named", () => {
  test("are put in for every kind of account, as the AI SDK names them in the second step of a tool loop", async () => {
    for (const kinds of [{ accounts: ["alpha", "beta"] }, { accounts: ["alpha"], apiKeyAccounts: ["beta"] }]) {
      const pool = await startPool(kinds);
      pool.sim.onTurn((asked) =>
        asked.toolOutputs.length > 0 ? "Sunny" : [reasoning("Look it up"), functionCall("weather", { city: "Bern" })],
      );
      const user = { role: "user", content: [{ type: "input_text", text: "Weather?" }] };
      const first = await turn(pool, { input: [user] });
      const [thought, call] = outputOf(first);
      pool.sim.script.fail("usage-limit", { matching: (asked) => asked.account === first.profile });
      const output = { type: "function_call_output", call_id: call?.["call_id"], output: "sun" };
      const reference = { type: "item_reference", id: thought?.["id"] };
      const second = await turn(pool, { input: [user, reference, call, output] });
      expect(second.profile).not.toBe(first.profile);
      expect(JSON.stringify(sent(pool))).not.toContain("item_reference");
      expect(inputOf(sent(pool)).map((item) => item["type"] ?? item["role"])).toEqual([
        "user",
        "function_call",
        "function_call_output",
      ]);
      const third = await turn(pool, {
        input: [user, { type: "item_reference", id: outputOf(second)[0]?.["id"] }, user],
      });
      expect(wordsOf(sent(pool))).toEqual(["Weather?", "Sunny", "Weather?"]);
      expect(third.ignored).toBeNull();
    }
  });

  test("reasoning that comes back without its content is completed, or left out and told", async () => {
    const pool = await startPool();
    echoThoughts(pool);
    const first = await turn(pool, { input: "one" });
    const [thought, message] = outputOf(first);
    const { encrypted_content: _, ...summary } = thought ?? {};
    const second = await turn(pool, { input: [summary, message, { role: "user", content: "two" }] });
    expect(inputOf(sent(pool))[0]).toEqual(thought ?? {});
    expect(second.ignored).toBeNull();
    const lost = await turn(pool, {
      input: [
        { ...summary, id: "rs_lost" },
        { role: "user", content: "three" },
      ],
    });
    expect(inputOf(sent(pool))).toHaveLength(1);
    expect(lost.ignored).toBe("input.reasoning");
  });
});

describe("what cannot be honoured", () => {
  test("conversations are refused, naming what to use", async () => {
    const pool = await startPool();
    const answer = await ask(pool, { input: "one", conversation: "conv_1" });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: "unsupported_parameter", param: "conversation" });
  });

  test("a turn in the background is served at once, said so, and kept for the client that comes back for it", async () => {
    for (const kinds of [{ accounts: ["alpha"] }, { accounts: [], apiKeyAccounts: ["alpha"] }]) {
      const pool = await startPool(kinds);
      const answer = await turn(pool, { input: "one", background: true });
      expect(answer.ignored).toBe("background");
      expect(sent(pool)).not.toHaveProperty("background");
      expect((await read(pool, idOf(answer))).body["status"]).toBe("completed");
    }
  });

  test("a prompt template goes to an account that can have it, and is refused where there is none", async () => {
    const prompt = { id: "pmpt_1" };
    const without = await startPool();
    const refused = await ask(without, { input: "one", prompt });
    expect([refused.status, errorOf(refused)["code"], errorOf(refused)["param"]]).toEqual([
      400,
      "unsupported_parameter",
      "prompt",
    ]);
    expect(without.sim.turnsOf()).toEqual([]);
    const pool = await startPool({ accounts: ["alpha"], apiKeyAccounts: ["platform"] });
    expect(await turn(pool, { input: "one", prompt })).toMatchObject({ profile: "platform", ignored: null });
    expect(sent(pool)["prompt"]).toEqual(prompt);
  });

  test("what one kind of account does not take is named", async () => {
    const pool = await startPool();
    const asked = { truncation: "auto", max_tool_calls: 3, metadata: { a: "b" }, user: "u", service_tier: "flex" };
    const answer = await turn(pool, { input: "one", ...asked });
    expect((answer.ignored ?? "").split(", ").sort()).toEqual(Object.keys(asked).sort());
  });
});
