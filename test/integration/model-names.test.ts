/** The names clients see, end to end: what upstream received and what the client was shown. */
import { describe, expect, test } from "bun:test";
import { addAlias, removeAlias } from "../../src/operations/edit-aliases.ts";
import { exposeModels, hideModels } from "../../src/operations/expose-models.ts";
import { listModels } from "../../src/operations/list-models.ts";
import { publishFast } from "../../src/operations/publish-fast.ts";
import { refreshModels } from "../../src/operations/refresh-models.ts";
import { type Pool, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

async function startWithModels(): Promise<Pool> {
  const pool = await startPool();
  await refreshModels.run(pool.desk, {});
  return pool;
}

async function listed(pool: Pool): Promise<string[]> {
  const list = (await (await pool.get("/v1/models")).json()) as { data: { id: string }[]; models: { slug: string }[] };
  const slugs = list.models.map((model) => model.slug);
  expect(list.data.map((model) => model.id)).toEqual(expect.arrayContaining(slugs));
  return list.data.map((model) => model.id);
}

/** The `model` of every event that carries one. */
function modelsShown(stream: string): string[] {
  const events = stream.split("\n").filter((line) => line.startsWith("data: "));
  return events
    .map((line) => JSON.parse(line.slice("data: ".length)) as { response?: { model?: string } })
    .map((event) => event.response?.model)
    .filter((model) => model !== undefined);
}

interface Row {
  readonly name: string;
  readonly sent: { model: string; effort: string | undefined; tier: string | undefined };
}

const ROWS: readonly Row[] = [
  { name: "gpt-5.5", sent: { model: "gpt-5.5", effort: "low", tier: undefined } },
  { name: "gpt-5.5-high", sent: { model: "gpt-5.5", effort: "high", tier: undefined } },
  { name: "deep-thought", sent: { model: "gpt-5.5", effort: "xhigh", tier: undefined } },
  { name: "gpt-5.5-fast", sent: { model: "gpt-5.5", effort: "low", tier: "priority" } },
  { name: "gpt-5.5-high-fast", sent: { model: "gpt-5.5", effort: "high", tier: "priority" } },
  { name: "deep-thought-fast", sent: { model: "gpt-5.5", effort: "xhigh", tier: "priority" } },
];

describe("model names", () => {
  test("every kind of name reaches upstream as upstream knows it, and comes back as the client asked", async () => {
    const pool = await startWithModels();
    await addAlias.run(pool.desk, { name: "deep-thought", model: "gpt-5.5", effort: "xhigh", fast: false });
    await publishFast.run(pool.desk, { fast: true });
    for (const { name, sent } of ROWS) {
      pool.sim.forget();
      const body = { model: name, input: "x", reasoning: { effort: "low" }, stream: true };
      const streamed = await pool.post("/v1/responses", body);
      expect([name, ...new Set(modelsShown(await streamed.text()))]).toEqual([name, name]);
      const whole = (await (await pool.post("/v1/responses", { ...body, stream: false })).json()) as { model: string };
      expect(whole.model).toBe(name);
      for (const request of pool.sim.turnsOf()) {
        const received = request.body as { model: string; reasoning?: { effort?: string }; service_tier?: string };
        const { model, reasoning, service_tier: tier } = received;
        expect([name, { model, effort: reasoning?.effort, tier }]).toEqual([name, sent]);
        expect(JSON.stringify(request.headers)).not.toContain("deep-thought");
      }
      const turns = () => pool.desk.runtime("daemon").turnsSince(0, 1);
      await waitUntil("the turn is in the log", () => turns()[0]?.model === name, 5_000);
      const [turn] = turns();
      expect([turn?.model, turn?.upstreamModel]).toEqual([name, "gpt-5.5"]);
    }
  });

  test("hiding and removing take effect on the next request, with a 404 that helps", async () => {
    const pool = await startWithModels();
    await addAlias.run(pool.desk, { name: "deep-thought", model: "gpt-5.5", effort: "high", fast: false });
    expect(await listed(pool)).toEqual(expect.arrayContaining(["gpt-5.5", "deep-thought"]));
    await hideModels.run(pool.desk, { models: ["gpt-6-sol"] });
    await removeAlias.run(pool.desk, { name: "deep-thought" });
    expect(await listed(pool)).not.toContain("gpt-6-sol");
    for (const [model, near] of [
      ["gpt-6-sol", "gpt-6.1-sol"],
      ["gpt5.5", "gpt-5.5"],
      ["gpt-5.5-fast", "gpt-5.5"],
    ] as const) {
      const response = await pool.post("/v1/responses", { model, input: "x" });
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect([model, response.status, error.code]).toEqual([model, 404, "model_not_found"]);
      expect([model, error.message.includes(near)]).toEqual([model, true]);
      expect((await pool.get(`/v1/models/${model}`)).status).toBe(404);
    }
    await exposeModels.run(pool.desk, { models: ["gpt-6-sol"] });
    expect((await pool.get("/v1/models/gpt-6-sol")).status).toBe(200);
  });

  test("a failing catalogue on one account never shrinks the list (trap 38)", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    await refreshModels.run(pool.desk, {});
    const before = await listed(pool);
    pool.chatgpt("alpha").script.fail("server-error", { endpoint: "models", times: "always" });
    const done = await refreshModels.run(pool.desk, {});
    expect(done.accounts.map((account) => account.outcome)).toEqual(["kept", "fetched"]);
    expect(await listed(pool)).toEqual(before);
  });

  test("a plan downgrade moves sessions off that account for that model only (trap 10)", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    await refreshModels.run(pool.desk, {});
    const ask = (model: string) =>
      pool.post("/v1/responses", { model, input: "x" }, { headers: { "thread-id": `t-${model}` } });
    const home = (await ask("gpt-6-sol")).headers.get("x-codexuse-profile") ?? "";
    const lost = pool.chatgpt(home);
    lost.models = ["gpt-5.5"];
    const moved = await ask("gpt-6-sol");
    expect(moved.status).toBe(200);
    expect(moved.headers.get("x-codexuse-profile")).not.toBe(home);
    const refusals = pool.sim.turnsOf(home).filter((request) => request.status === 400).length;
    await ask("gpt-6-sol");
    expect(pool.sim.turnsOf(home).filter((request) => request.status === 400).length).toBe(refusals);
    const other = pool.chatgpt(home === "alpha" ? "beta" : "alpha");
    other.script.fail("usage-limit", { times: "always" });
    expect((await ask("gpt-5.5")).headers.get("x-codexuse-profile")).toBe(home);
  });

  test("a model that no account offers any more says so", async () => {
    const pool = await startWithModels();
    pool.chatgpt("alpha").models = ["gpt-5.5"];
    const response = await pool.post("/v1/responses", { model: "gpt-6-sol", input: "x" });
    expect([response.status, await response.text()]).toEqual([
      404,
      expect.stringContaining("offers this model any more"),
    ]);
  });

  test("the owner sees every name with its meaning and who offers it", async () => {
    const pool = await startWithModels();
    await addAlias.run(pool.desk, { name: "quick", model: "gpt-5.5", effort: "low", fast: true });
    await publishFast.run(pool.desk, { fast: true });
    const { models } = await listModels.run(pool.desk, {});
    expect(models).toContainEqual({
      id: "gpt-5.5",
      kind: "base",
      model: "gpt-5.5",
      effort: null,
      fast: false,
      exposed: true,
      offered_by: ["alpha"],
    });
    expect(models).toContainEqual(expect.objectContaining({ id: "quick", kind: "alias", effort: "low", fast: true }));
    expect(models).toContainEqual(expect.objectContaining({ id: "gpt-5.5-fast", kind: "fast", fast: true }));
  });
});
