/** `GET /metrics` over a pool at work, read by a parser that is as strict as Prometheus'. */
import { describe, expect, test } from "bun:test";
import { explainTurn } from "../../src/operations/explain-turn.ts";
import { logLineOf, renderLogLine } from "../../src/telemetry/log.ts";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/telemetry/metric-names.ts";
import { type Family, parseMetrics, sampleOf } from "../support/parse-metrics.ts";
import { type Pool, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

const NAMES = [COUNTERS, GAUGES, HISTOGRAMS].flatMap((shapes) => Object.keys(shapes)).sort();

const ASK = { model: "gpt-5.5", input: "canary-input-83b1", stream: true };

async function scrape(pool: Pool): Promise<readonly Family[]> {
  return parseMetrics(await (await pool.get("/metrics")).text());
}

async function askOn(pool: Pool, thread: string, body: object = ASK): Promise<string | null> {
  const response = await pool.post("/v1/responses", body, { headers: { "thread-id": thread } });
  await response.text();
  return response.headers.get("x-codexuse-profile");
}

/** Every label value that is shown. */
function labelValues(families: readonly Family[]): string[] {
  return families.flatMap(({ samples }) => samples.flatMap(({ labels }) => Object.values(labels)));
}

describe("GET /metrics", () => {
  test("is in Prometheus' own text form, and shows every metric there is", async () => {
    const pool = await startPool();
    await askOn(pool, "t1");
    const response = await pool.get("/metrics");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const families = parseMetrics(await response.text());
    expect(families.map(({ name }) => name).sort()).toEqual(NAMES);
    expect(sampleOf(families, "codexuse_build_info", { runtime: "daemon" })).toBe(1);
    expect(sampleOf(families, "process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(sampleOf(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
  });

  test("is whole for each of many who ask at once, while turns go on", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    const asking = Promise.all(Array.from({ length: 20 }, (_, index) => askOn(pool, `t${index}`)));
    const scrapes = await Promise.all(Array.from({ length: 20 }, () => scrape(pool)));
    for (const families of scrapes) {
      expect(families.map(({ name }) => name).sort()).toEqual(NAMES);
      expect(sampleOf(families, "codexuse_profile_selected", { profile: "beta" })).toBe(1);
    }
    await asking;
    expect(sampleOf(await scrape(pool), "codexuse_turns_total", { end: "done" })).toBe(20);
  });

  test("is for holders of a key only", async () => {
    const pool = await startPool();
    const answers = await Promise.all([
      fetch(`${pool.origin}/metrics`),
      fetch(`${pool.origin}/metrics?access_token=${pool.key}`),
      fetch(`${pool.origin}/metrics`, { headers: { authorization: "Bearer cux_pool_no" } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    for (const answer of answers) expect(await answer.text()).not.toContain("codexuse_turns_total");
  });

  test("tells the story of a pool: a rollover, a bad request, a client that left", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"], routing: "round-robin" });
    const home = (await askOn(pool, "t1")) ?? "";
    const away = home === "alpha" ? "beta" : "alpha";
    pool.chatgpt(home).setUsed(100);
    expect(await askOn(pool, "t1")).toBe(away);
    expect(await askOn(pool, "t1", { ...ASK, model: "gpt-5.5-high" })).toBe(away);
    pool.chatgpt(away).script.fail("bad-request");
    await askOn(pool, "t1");
    await leaveMidway(pool, away);

    const families = await scrape(pool);
    const figure = (name: string, labels: Record<string, string> = {}) => sampleOf(families, name, labels);
    expect(figure("codexuse_turns_total", { end: "done" })).toBe(3);
    expect(figure("codexuse_turns_total", { end: "refused" })).toBe(1);
    expect(figure("codexuse_turns_total", { end: "client-left" })).toBe(1);
    expect(figure("codexuse_turns_total", { end: "cut" })).toBe(0);
    expect(figure("codexuse_model_turns_total", { model: "gpt-5.5" })).toBe(5);
    expect(figure("codexuse_attempts_total", { profile: home, outcome: "served" })).toBe(1);
    expect(figure("codexuse_attempts_total", { profile: home, outcome: "usage-limit" })).toBe(1);
    expect(figure("codexuse_attempts_total", { profile: away, outcome: "served" })).toBe(2);
    expect(figure("codexuse_account_pauses_total", { profile: home, reason: "usage-limit" })).toBe(1);
    expect(figure("codexuse_sessions_moved_total")).toBe(1);
    expect(figure("codexuse_turn_duration_seconds_count")).toBe(5);
    // Three that were served, and the one whose client left after its first output.
    expect(figure("codexuse_turn_first_output_seconds_count")).toBe(4);
    expect(figure("codexuse_tokens_total", { profile: away, kind: "output" })).toBeGreaterThan(0);
    expect(figure("codexuse_profile_headroom_ratio", { profile: home })).toBe(0);
    expect(figure("codexuse_profile_cooldown_seconds", { profile: home })).toBeGreaterThan(60);
    expect(figure("codexuse_profile_cooldown_seconds", { profile: away })).toBe(0);
    expect(figure("codexuse_profile_state", { profile: home, state: "cooling" })).toBe(1);
    expect(figure("codexuse_profile_state", { profile: away, state: "ready" })).toBe(1);
    expect(figure("codexuse_attempts_in_flight")).toBe(0);
    expect(figure("codexuse_pool_ready")).toBe(1);
  });

  test("counts the sign-ins that are refreshed while nobody asks", async () => {
    const pool = await startPool({ simulator: { accessTokenTtlMs: 200_000 } });
    const { profile, outcome } = await pool.eventOf("sign-in-refreshed");
    expect({ profile, outcome }).toEqual({ profile: "alpha", outcome: "renewed" });
    const labels = { profile: "alpha", outcome: "renewed" };
    expect(sampleOf(await scrape(pool), "codexuse_sign_in_refreshes_total", labels)).toBe(1);
  });

  test("counts what runs right now, and forgets a profile that is gone", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    const { promise: going, resolve: go } = Promise.withResolvers<void>();
    const before = await scrape(pool);
    expect(sampleOf(before, "codexuse_profile_selected", { profile: "beta" })).toBe(1);
    pool.sim.script.pace({ headDelayMs: 60_000 });
    const leaving = new AbortController();
    const asked = pool.post("/v1/responses", ASK, { signal: leaving.signal }).catch(() => go());
    await waitUntil("the turn reaches upstream", () => pool.sim.turnsOf().length === 1, 5_000);
    const during = await scrape(pool);
    expect(sampleOf(during, "codexuse_attempts_in_flight")).toBe(1);
    leaving.abort();
    await Promise.all([asked, going, pool.eventOf("turn-settled")]);
    const beta = pool.desk.settings().profileNamed("beta");
    pool.desk.settings().removeProfile(beta?.id ?? "");
    const after = await scrape(pool);
    expect(sampleOf(after, "codexuse_attempts_in_flight")).toBe(0);
    expect(sampleOf(after, "codexuse_profile_selected", { profile: "beta" })).toBeNull();
  });

  test("lets no client make up labels, and tells no secret (trap 48)", async () => {
    const pool = await startPool({ accounts: ["alpha"], apiKeyAccounts: ["platform"] });
    pool.sim.script.fail("usage-limit", { onCall: 2 });
    for (const model of ["gpt-5.5", "gpt-5.5-low", "made-up-8d2f", "made-up-91aa"]) {
      await askOn(pool, model, { ...ASK, model });
    }
    await (await pool.post("/v1/embeddings", { model: "embed-canary-55e0", input: "x" })).text();
    const text = await (await pool.get("/metrics")).text();
    const families = parseMetrics(text);
    const models = families
      .filter(({ name }) => name === "codexuse_model_turns_total")
      .flatMap(({ samples }) => samples.map(({ labels }) => labels["model"] ?? ""));
    expect(models.sort()).toEqual(["gpt-5.5", "other"]);
    const alpha = pool.chatgpt("alpha");
    const profiles = pool.desk.settings().profiles();
    const ids = profiles.flatMap(({ id, email, accountKey, workspaceId, userId }) => [
      id,
      email,
      accountKey,
      workspaceId,
      userId,
    ]);
    const keys = pool.desk
      .runtime("daemon")
      .keys()
      .flatMap(({ id, hash }) => [id, hash]);
    const secrets = [pool.key, pool.apiKey("platform").apiKey, alpha.email, alpha.accountId, ...ids, ...keys, "canary"];
    expect(secrets.filter((secret) => secret !== null && secret !== "" && text.includes(secret))).toEqual([]);
    expect(labelValues(families).filter((value) => value.length > 40)).toEqual([]);
  });
});

/** Begins a stream, reads its first bytes and goes. */
async function leaveMidway(pool: Pool, profile: string): Promise<void> {
  pool.chatgpt(profile).script.pace({ silenceMs: 60_000, silenceBeforeEvent: 6 }, { times: 1 });
  const leaving = new AbortController();
  const headers = { "thread-id": "t1" };
  const response = await pool.post("/v1/responses", ASK, { headers, signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  const hasLeft = () => pool.events.some((event) => event.kind === "turn-settled" && event.turn.end === "client-left");
  await waitUntil("the turn is settled", hasLeft, 5_000);
}

test("one id follows a turn from its answer's head through every line of the log to `explain`", async () => {
  const pool = await startPool({ accounts: ["alpha", "beta"], routing: "round-robin" });
  const home = (await askOn(pool, "t1")) ?? "";
  pool.chatgpt(home).setUsed(100);
  const response = await pool.post("/v1/responses", ASK, { headers: { "thread-id": "t1" } });
  await response.text();
  const id = response.headers.get("x-codexuse-turn") ?? "";
  await waitUntil("the turn is written down", () => pool.desk.runtime("daemon").turn(id) !== null, 5_000);
  const lines = pool.events.map((event) => renderLogLine(logLineOf(event), 0, "json"));
  const caused = lines.map((line): Record<string, unknown> => JSON.parse(line)).filter(({ turn }) => turn === id);
  expect(caused.map(({ event }) => event)).toEqual(["account-paused", "session-moved", "turn-settled"]);
  const explained = await explainTurn.run(pool.desk, { id, runtime: "daemon" });
  expect(explained.turn.id).toBe(id);
  expect(lines.join("\n")).not.toContain("canary");
});
