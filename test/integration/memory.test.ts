/** What clients that stall or leave cost a running daemon, measured from outside of it (traps 40 and 41). */
import { expect, onTestFinished, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";
import { parseMetrics, sampleOf } from "../support/parse-metrics.ts";
import { bareEnvironment, expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { makeTempHome } from "../support/temp-home.ts";
import { waitUntil } from "../support/wait-until.ts";

const PROGRAM = [process.execPath, join(import.meta.dir, "..", "..", "src", "main.ts")];
const MIB = 1024 * 1024;
/** What upstream would send to whoever reads it all. */
const ANSWER_BYTES = 200 * MIB;
/** A stalled client may cost what lies in sockets and in one read; not what upstream has to give. */
const GROWTH_BYTES_MAX = 64 * MIB;
const WAIT_MS = 20_000;

interface Upstream {
  readonly url: string;
  /** Sent so far, over all answers. */
  sentBytes(): number;
  cancelled(): number;
}

function eventBytes(type: string, more: object = {}): Uint8Array {
  return new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
}

/** Answers with `ANSWER_BYTES` of text, as fast as they are taken; who says "slowly" gets a beginning, and nothing more. */
function startUpstream(): Upstream {
  const counts = { sentBytes: 0, cancelled: 0 };
  const response = { id: "resp_1", object: "response", status: "in_progress", model: "gpt-5.5", output: [] };
  const item = { id: "msg_1", type: "message", role: "assistant", content: [] };
  const opening = [
    eventBytes("response.created", { response }),
    eventBytes("response.output_item.added", { output_index: 0, item }),
  ];
  const delta = eventBytes("response.output_text.delta", { item_id: "msg_1", delta: "x".repeat(64 * 1024) });
  const answer = (isSlow: boolean) => {
    let left = ANSWER_BYTES;
    const held = [...opening];
    const { promise: never } = Promise.withResolvers<void>();
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (isSlow && held.length === 0) return never;
          const bytes = held.shift() ?? delta;
          left -= bytes.length;
          counts.sentBytes += bytes.length;
          controller.enqueue(bytes);
          if (left <= 0) controller.close();
          return undefined;
        },
        cancel() {
          counts.cancelled += 1;
        },
      },
      { highWaterMark: 0 },
    );
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      if (request.method === "GET")
        return Response.json({ object: "list", data: [{ id: "gpt-5.5", object: "model" }] });
      const isSlow = (await request.text()).includes("slowly");
      return new Response(answer(isSlow), { headers: { "content-type": "text/event-stream" } });
    },
  });
  onTestFinished(() => server.stop(true));
  return {
    url: `http://127.0.0.1:${server.port}`,
    sentBytes: () => counts.sentBytes,
    cancelled: () => counts.cancelled,
  };
}

/** A daemon with one account, of a key. */
async function startDaemon(upstreamUrl: string) {
  const { path, remove } = makeTempHome();
  const nowhere = "http://127.0.0.1:9";
  const env = bareEnvironment(path, {
    CODEXUSE_HOME: join(path, "home"),
    CODEXUSE_CHATGPT_URL: nowhere,
    CODEXUSE_AUTH_URL: nowhere,
    CODEXUSE_OPENAI_URL: upstreamUrl,
  });
  const run = async (line: string, stdin = "") =>
    jsonOf(expectExit(await runProcess([...PROGRAM, ...line.split(" "), "--json"], { cwd: path, env, stdin }), 0));
  onTestFinished(async () => {
    await runProcess([...PROGRAM, "daemon", "stop"], { cwd: path, env });
    remove();
  });
  await run("profile add platform --api-key=-", "sk-test-0123456789abcdef");
  await run("account-pool profiles add platform");
  await run("account-pool enable");
  const key = String((await run("account-pool keys create --runtime=daemon"))["key"]);
  const { base_url: baseUrl, pid } = await run("daemon start --port=0");
  return { baseUrl: new URL(String(baseUrl)), pid, key };
}

const ASK = { model: "gpt-5.5", input: "fast", stream: true, store: false };
const BODY = JSON.stringify(ASK);
const SLOW_BODY = JSON.stringify({ ...ASK, input: "slowly" });

test("a client that stops reading stops upstream, three hundred that leave cost nothing, and one process lives on (traps 40, 41)", async () => {
  const upstream = startUpstream();
  const { baseUrl, pid, key } = await startDaemon(upstream.url);
  const authorization = `Bearer ${key}`;
  const scrape = async () =>
    parseMetrics(await (await fetch(new URL("/metrics", baseUrl), { headers: { authorization } })).text());
  const residentBytes = async () => sampleOf(await scrape(), "process_resident_memory_bytes") ?? 0;
  const leaveEarly = async () => {
    const leaving = new AbortController();
    const headers = { authorization, "content-type": "application/json" };
    const url = new URL("/v1/responses", baseUrl);
    const response = await fetch(url, { method: "POST", headers, body: SLOW_BODY, signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
  };
  await leaveEarly();
  await waitUntil("the first is let go of", () => upstream.cancelled() === 1, WAIT_MS);

  // It asks, and never reads a byte.
  const before = { resident: await residentBytes(), sent: upstream.sentBytes() };
  const stalled = connect({ host: "127.0.0.1", port: Number(baseUrl.port) }).pause();
  onTestFinished(() => void stalled.destroy());
  const head = ["POST /v1/responses HTTP/1.1", `host: ${baseUrl.host}`, `authorization: ${authorization}`];
  const rest = ["content-type: application/json", `content-length: ${BODY.length}`, "", BODY];
  stalled.write([...head, ...rest].join("\r\n"));
  const looks = { sent: 0, same: 0 };
  const hasStopped = () => {
    const sent = upstream.sentBytes();
    looks.same = sent > before.sent && sent === looks.sent ? looks.same + 1 : 0;
    looks.sent = sent;
    return looks.same >= 100;
  };
  await waitUntil("upstream is no longer read", hasStopped, WAIT_MS);
  expect(upstream.sentBytes() - before.sent).toBeLessThan(GROWTH_BYTES_MAX);
  expect((await residentBytes()) - before.resident).toBeLessThan(GROWTH_BYTES_MAX);
  stalled.destroy();
  await waitUntil("the stalled one is let go of", () => upstream.cancelled() === 2, WAIT_MS);

  for (let batch = 0; batch < 15; batch += 1) await Promise.all(Array.from({ length: 20 }, leaveEarly));
  await waitUntil("all are let go of", () => upstream.cancelled() === 302, WAIT_MS);
  expect((await residentBytes()) - before.resident).toBeLessThan(GROWTH_BYTES_MAX);
  const families = await scrape();
  expect(sampleOf(families, "codexuse_attempts_in_flight")).toBe(0);
  expect(sampleOf(families, "codexuse_turns_total", { end: "client-left" })).toBe(302);
  expect(await (await fetch(new URL("/healthz", baseUrl))).json()).toMatchObject({ pid });
}, 90_000);
