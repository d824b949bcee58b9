/** The real Codex CLI reads the pool's list of models without losing an entry. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { installCodex } from "../support/run-codex.ts";
import { startBinary } from "../support/start-binary.ts";

setDefaultTimeout(60_000);

interface ModelsCache {
  readonly models: readonly { readonly slug: string }[];
}

/** Codex fetches a provider's list only with a sign-in of its own, whose token is no key of the pool: this stands between. */
function startRelay(fetchList: () => Promise<Response>): { readonly baseUrl: string; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const relay = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (new URL(request.url).pathname === "/v1/models") return await fetchList();
      if (request.method === "POST") asked.push(await readJson(request));
      return new Response("{}", { status: 400 });
    },
  });
  onTestFinished(() => relay.stop(true));
  return { baseUrl: `http://127.0.0.1:${relay.port}/v1`, asked };
}

async function readJson(request: Request): Promise<unknown> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  const isPacked = request.headers.get("content-encoding") === "zstd";
  return JSON.parse(new TextDecoder().decode(isPacked ? Bun.zstdDecompressSync(bytes) : bytes));
}

test("Codex, asked to fetch the list, keeps every name that the pool publishes, aliases too", async () => {
  const pool = await startBinary();
  await pool.run("account-pool", "models", "refresh");
  await pool.run("account-pool", "aliases", "add", "deep-thought", "--model=gpt-5.5", "--effort=high");
  const fetchList = () => fetch(`${pool.baseUrl}/models`, { headers: { authorization: `Bearer ${pool.key}` } });
  const published = (await (await fetchList()).json()) as ModelsCache;
  const relay = startRelay(fetchList);
  const login = pool.sim.addChatgptAccount({ name: "own" }).authJson();
  const codex = installCodex({ baseUrl: relay.baseUrl, key: pool.key }, { login });
  await codex.exec("Say hello");
  const path = join(codex.codexHome, "models_cache.json");
  expect(existsSync(path)).toBe(true);
  const cached = JSON.parse(readFileSync(path, "utf8")) as ModelsCache;
  const slugs = (list: ModelsCache) => list.models.map((model) => model.slug).sort();
  expect(slugs(cached)).toEqual(slugs(published));
  expect(slugs(cached)).toContain("deep-thought");
});

test("Codex goes on with the prompts of its own list while the pool knows no account's", async () => {
  const relay = startRelay(async () => Response.json({ object: "list", data: [], models: [] }));
  const login = createSimulator().addChatgptAccount({ name: "own" }).authJson();
  const codex = installCodex({ baseUrl: relay.baseUrl, key: "none" }, { login });
  await codex.exec("Say hello");
  const instructions = relay.asked.map(
    (body) => (body as { instructions?: string }).instructions ?? JSON.stringify(body),
  );
  expect(instructions.length).toBeGreaterThan(0);
  expect(instructions[0]).toContain("coding agent");
});
