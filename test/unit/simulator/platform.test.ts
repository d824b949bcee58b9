import { describe, expect, test } from "bun:test";
import { functionCall } from "../../../src/simulator/content.ts";
import { createSeededRng } from "../../../src/simulator/rng.ts";
import { sealFor } from "../../../src/simulator/sealed.ts";
import { aPlatformTurn, at, aWorld, PLATFORM_URL, readEvents } from "./ask.ts";

function aKeyWorld() {
  const world = aWorld();
  return { ...world, key: world.sim.addApiKeyAccount({ name: "key" }) };
}

describe("the API platform", () => {
  test("answers in one piece: string input, sampling fields, output with the items", async () => {
    const { sim, key } = aKeyWorld();
    const body = { model: "gpt-5.5", input: "hi", temperature: 0.2, top_p: 1, max_output_tokens: 99, user: "u" };
    const answer = await sim.handle(aPlatformTurn(key, body));
    const said = await answer.json();
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("x-ratelimit-limit-requests")).toBe("10000");
    expect([at(said, "object"), at(said, "status"), at(said, "store")]).toEqual(["response", "completed", true]);
    expect(at(said, "output", 0, "content", 0, "text")).toBe("Echo: hi");
  });

  test("streams with the items in the terminal event", async () => {
    const { sim, key } = aKeyWorld();
    key.script.reply(functionCall("f", "{}"));
    const answer = await sim.handle(aPlatformTurn(key, { model: "gpt-5.5", input: "hi", stream: true }));
    const last = readEvents(await answer.text()).at(-1);
    expect(at(last, "response", "output", 0, "type")).toBe("function_call");
  });

  test("follows a stored response; an unknown or foreign one is not found (trap 16)", async () => {
    const { sim, key } = aKeyWorld();
    const first = await (await sim.handle(aPlatformTurn(key, { model: "gpt-5.5", input: "hi" }))).json();
    const follow = { model: "gpt-5.5", input: "and?", previous_response_id: at(first, "id") };
    const second = await (await sim.handle(aPlatformTurn(key, follow))).json();
    expect(at(second, "previous_response_id")).toBe(at(first, "id"));
    const other = sim.addApiKeyAccount({ name: "other" });
    const foreign = await sim.handle(aPlatformTurn(other, follow));
    expect([foreign.status, at(await foreign.json(), "error", "code")]).toEqual([400, "previous_response_not_found"]);
  });

  test("gives back and deletes what it stored, and only that", async () => {
    const { sim, key } = aKeyWorld();
    const kept = await (await sim.handle(aPlatformTurn(key, { model: "gpt-5.5", input: "a" }))).json();
    const unkept = await (await sim.handle(aPlatformTurn(key, { model: "gpt-5.5", input: "a", store: false }))).json();
    const headers = { authorization: `Bearer ${key.apiKey}` };
    const ask = (id: unknown, method: string): Promise<Response> =>
      sim.handle(new Request(`${PLATFORM_URL}/${String(id)}`, { method, headers }));
    expect(at(await (await ask(at(kept, "id"), "GET")).json(), "id")).toBe(at(kept, "id"));
    expect((await ask(at(unkept, "id"), "GET")).status).toBe(404);
    expect(at(await (await ask(at(kept, "id"), "DELETE")).json(), "deleted")).toBe(true);
    expect((await ask(at(kept, "id"), "GET")).status).toBe(404);
  });

  test.each([
    ["an unknown model", { model: "nope", input: "x" }, 404, "model_not_found"],
    ["no input", { model: "gpt-5.5" }, 400, "missing_required_parameter"],
    ["an unknown tier", { model: "gpt-5.5", input: "x", service_tier: "fast" }, 400, "invalid_value"],
  ])("refuses %s", async (_, body, status, code) => {
    const { sim, key } = aKeyWorld();
    const answer = await sim.handle(aPlatformTurn(key, body));
    expect([answer.status, at(await answer.json(), "error", "code")]).toEqual([status, code]);
  });

  test("refuses bad keys, sealed items of a ChatGPT login, and unknown paths, as errors of its own form", async () => {
    const { sim, key, anna } = aKeyWorld();
    key.state = "invalid-key";
    const bad = await sim.handle(aPlatformTurn(key, { model: "gpt-5.5", input: "x" }));
    expect([bad.status, at(await bad.json(), "error", "code")]).toEqual([401, "invalid_api_key"]);
    key.state = "ok";
    const sealed = { type: "reasoning", summary: [], encrypted_content: sealFor(anna.orgId, createSeededRng(3)) };
    const foreign = await sim.handle(aPlatformTurn(key, { model: "gpt-5.5", input: [sealed] }));
    expect(at(await foreign.json(), "error", "code")).toBe("invalid_encrypted_content");
    const unknown = await sim.handle(new Request("https://api.openai.com/v1/nope"));
    expect([unknown.status, at(await unknown.json(), "error", "type")]).toEqual([404, "invalid_request_error"]);
  });

  test("lists models, counts tokens, compacts, draws", async () => {
    const { sim, key } = aKeyWorld();
    const headers = { authorization: `Bearer ${key.apiKey}`, "content-type": "application/json" };
    const get = await sim.handle(new Request("https://api.openai.com/v1/models", { headers }));
    expect(at(await get.json(), "data", 0, "object")).toBe("model");
    const post = async (path: string, body: unknown): Promise<unknown> => {
      const url = `https://api.openai.com/v1${path}`;
      return (await sim.handle(new Request(url, { method: "POST", headers, body: JSON.stringify(body) }))).json();
    };
    expect(at(await post("/responses/input_tokens", { model: "gpt-5.5", input: "12345678" }), "input_tokens")).toBe(3);
    const compacted = await post("/responses/compact", { model: "gpt-5.5", input: "hello" });
    expect(at(compacted, "output", 1, "type")).toBe("compaction");
    expect(at(await post("/images/generations", { prompt: "a cat" }), "data", 0, "b64_json")).toBeString();
  });
});
