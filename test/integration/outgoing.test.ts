/** Where a runtime goes on the network, and where it cannot be reached from. */
import { describe, expect, onTestFinished, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { httpAnswer } from "../../src/simulator/fault.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { bareEnvironment, expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

const ROOT = join(import.meta.dir, "..", "..");
const PROGRAM = [process.execPath, join(ROOT, "src", "main.ts")];
const WAIT_MS = 10_000;

describe("a redirect of upstream's", () => {
  test("is not followed, so that no credential goes where nobody sent it", async () => {
    const visits: string[] = [];
    const elsewhere = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => {
        visits.push(request.headers.get("authorization") ?? "");
        return Response.json({});
      },
    });
    onTestFinished(() => elsewhere.stop(true));
    const location = `http://127.0.0.1:${elsewhere.port}/v1/responses`;
    const pool = await startPool({ accounts: ["alpha"], apiKeyAccounts: ["platform"] });
    pool.sim.script.fail(httpAnswer(307, {}, { location }), { times: "always" });
    const response = await pool.post("/v1/responses", { model: "gpt-5.5", input: "x" });
    await response.text();
    expect(pool.sim.turnsOf().length).toBeGreaterThan(0);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get("location")).toBeNull();
    expect(visits).toEqual([]);
  });
});

describe("a daemon at work", () => {
  test("asks nobody but the bases it was given", async () => {
    const pool = await startPool();
    const proxy = await startRecordingProxy();
    // Whatever is not on this machine would have to go through here.
    const everywhere = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, https_proxy: proxy.url, http_proxy: proxy.url };
    const env = bareEnvironment(pool.home, { ...pool.env, ...everywhere });
    const run = (line: string) => runProcess([...PROGRAM, ...line.split(" "), "--json"], { cwd: ROOT, env });
    const started = jsonOf(expectExit(await run("daemon start --port=0"), 0));
    try {
      const headers = { authorization: `Bearer ${pool.key}`, "content-type": "application/json" };
      const body = JSON.stringify({ model: "gpt-5.5", input: "x" });
      const answer = await fetch(`${started["base_url"]}/responses`, { method: "POST", headers, body });
      expect(answer.status).toBe(200);
      await answer.text();
      // Upkeep has been at it as well.
      await waitUntil("usage is asked for", () => pool.sim.callsTo("usage").length > 0, WAIT_MS);
      expectExit(await run("account-pool models refresh"), 0);
      await run("doctor");
    } finally {
      expectExit(await run("daemon stop"), 0);
    }
    expect(proxy.seen).toEqual([]);
  }, 30_000);

  test("cannot be reached at any other address of this machine", async () => {
    const pool = await startPool();
    const { port } = new URL(pool.origin);
    const addresses = Object.values(networkInterfaces()).flatMap((entries) =>
      (entries ?? [])
        .filter((entry) => !entry.internal && !entry.address.startsWith("fe80"))
        .map(({ address }) => address),
    );
    for (const host of addresses) {
      const socket = connect({ host, port: Number(port) });
      const [error] = await Promise.race([once(socket, "error"), once(socket, "connect").then(() => [null])]);
      socket.destroy();
      expect({ host, code: (error as { code?: string } | null)?.code }).toEqual({ host, code: "ECONNREFUSED" });
    }
    expect((await fetch(`${pool.origin}/healthz`)).status).toBe(200);
  });
});
