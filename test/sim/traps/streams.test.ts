/** Traps 19, 20, 29, 30, 31 and 37: clocks, endings, and clients that leave. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { text } from "../../../src/simulator/content.ts";
import { EVENT_FAILURE_NAMES, type FailureName, HTTP_FAILURE_NAMES } from "../../../src/simulator/failures.ts";
import { connectionFault, failure } from "../../../src/simulator/fault.ts";
import { createSeededRng } from "../../../src/simulator/rng.ts";
import { aPool } from "../a-pool.ts";
import { HOUR_MS, SECOND_MS } from "../clock-units.ts";
import { readObject } from "../read-sse.ts";

function saying(words: string): Record<string, unknown> {
  return { input: [{ type: "message", role: "user", content: [{ type: "input_text", text: words }] }] };
}

test("trap 19: a hundred turns, every other one cancelled: nobody gets another's answer", async () => {
  const pool = await aPool({ accounts: ["alpha", "beta"] });
  const rng = createSeededRng(19);
  pool.sim.script.pace({ eventDelayMs: 100, headDelayMs: 50 });
  const asked = [];
  for (let index = 0; index < 100; index += 1) {
    const asking = pool.ask({ thread: `t${index}`, body: saying(`canary-${index}-end`) });
    asked.push(asking);
    if (index % 2 === 1) pool.clock.after(Math.floor(rng() * 1_000), () => asking.leave());
    await pool.clock.advance(20);
  }
  const outcomes = await pool.clock.runUntil(Promise.all(asked.map((asking) => asking.done)));
  outcomes.forEach((outcome, index) => {
    const canaries = new Set([...outcome.text.matchAll(/canary-(\d+)-end/g)].map((match) => Number(match[1])));
    expect([...canaries].filter((canary) => canary !== index)).toEqual([]);
    if (index % 2 === 0) expect(canaries.size).toBe(1);
  });
  expect(pool.engine().live.inFlightTotal()).toBe(0);
});

test("trap 20: after ten thousand turns, most of them left at a random moment, nothing is held", async () => {
  const pool = await aPool({ accounts: ["alpha", "beta"] });
  const rng = createSeededRng(20);
  pool.sim.script.pace({ eventDelayMs: 10, headDelayMs: 20 });
  for (let batch = 0; batch < 50; batch += 1) {
    const asked = Array.from({ length: 200 }, (_, index) => {
      const asking = pool.ask({ thread: `t${index}`, body: { stream: rng() < 0.7 } });
      if (rng() < 0.9) pool.clock.after(Math.floor(rng() * 130), () => asking.leave());
      return asking.done;
    });
    await pool.clock.runUntil(Promise.all(asked));
  }
  await pool.clock.advance(SECOND_MS);
  expect(pool.engine().live.inFlightTotal()).toBe(0);
  expect(pool.sim.concurrency.now).toBe(0);
  expect(pool.clock.pendingTimers()).toBe(0);
  expect(pool.events.filter((event) => event.kind === "turn-settled")).toHaveLength(10_000);
}, 120_000);

describe("trap 29: each clock by itself", () => {
  test("no head: given up at its limit and served elsewhere", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail("hang-before-headers");
    const outcome = await pool.turn();
    const tookMs = outcome.endedAtMs - outcome.startedAtMs;
    expect(outcome.status).toBe(200);
    expect(tookMs).toBeGreaterThanOrEqual(LIMITS.upstreamHeadMs);
    expect(tookMs).toBeLessThanOrEqual(LIMITS.upstreamHeadMs + SECOND_MS);
  });

  test("no head from anybody: 504", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.script.fail("hang-before-headers", { times: "always" });
    const outcome = await pool.turn();
    expect([outcome.status, outcome.refusal?.code]).toEqual([504, "upstream_timeout"]);
  });

  test("no first event: given up at the silence limit and served elsewhere", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 0 }));
    const outcome = await pool.turn();
    const tookMs = outcome.endedAtMs - outcome.startedAtMs;
    expect(outcome.status).toBe(200);
    expect(tookMs).toBeLessThanOrEqual(LIMITS.upstreamSilenceMs + SECOND_MS);
  });

  test("silence after output: an error event at the limit, before the official client gives up", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 5 }));
    const outcome = await pool.turn();
    const tookMs = outcome.endedAtMs - outcome.startedAtMs;
    expect(outcome.events.at(-1)?.type).toBe("error");
    expect(tookMs).toBeGreaterThanOrEqual(LIMITS.upstreamSilenceMs);
    expect(tookMs).toBeLessThanOrEqual(LIMITS.upstreamSilenceMs + SECOND_MS);
    expect(tookMs).toBeLessThan(300 * SECOND_MS);
  });

  test("a stream that never ends: cut when the turn's time is up", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.reply(text("x".repeat(100)));
    pool.sim.script.pace({ deltaChars: 1, eventDelayMs: 200 * SECOND_MS });
    const outcome = await pool.turn();
    const tookMs = outcome.endedAtMs - outcome.startedAtMs;
    expect(outcome.events.at(-1)?.type).toBe("error");
    expect(tookMs).toBeGreaterThanOrEqual(LIMITS.turnMs);
    expect(tookMs).toBeLessThanOrEqual(LIMITS.turnMs + SECOND_MS);
    expect(pool.settings.accountState(pool.profile("alpha").accountKey).cooldowns).toEqual([]);
    const [attempt] = pool.runtime.turn(outcome.turnId)?.attempts ?? [];
    expect(attempt?.outcome).toBe("turn-timeout");
  });

  test("a client that has stopped reading holds nothing beyond the turn's time", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.reply(text("x".repeat(100)));
    pool.sim.script.pace({ deltaChars: 1 });
    const asking = pool.ask({ readDelayMs: 10 * HOUR_MS });
    await pool.clock.advance(LIMITS.turnMs + SECOND_MS);
    expect(pool.engine().live.inFlightTotal()).toBe(0);
    expect(pool.sim.concurrency.now).toBe(0);
    expect(pool.runtime.turn(asking.turnId)).not.toBeNull();
  });

  test("a key's answer in one piece may take as long as SDKs wait for it", async () => {
    const pool = await aPool();
    await pool.addApiKey({ name: "key" });
    pool.sim.script.pace({ headDelayMs: 9 * 60 * SECOND_MS });
    const outcome = await pool.turn({ body: { stream: false } });
    expect(outcome.status).toBe(200);
    expect(pool.attemptsOf(outcome.turnId)).toHaveLength(1);
  });
});

describe("trap 30: nothing stays open after the end", () => {
  const endings = [
    ["response.completed", null],
    ["response.incomplete", failure("incomplete-max-output-tokens", { afterEvent: 6 })],
    ["response.failed", failure("failed-context-length-exceeded", { afterEvent: 6 })],
    ["error", failure("failed-server-error", { afterEvent: 6 })],
  ] as const;
  for (const [type, fault] of endings) {
    test(`${type}: the client's stream and upstream's are closed in the same instant`, async () => {
      const pool = await aPool({ accounts: ["alpha"] });
      if (fault !== null) pool.sim.script.fail(fault);
      else pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 9 }));
      const outcome = await pool.turn();
      expect(outcome.events.at(-1)?.type).toBe(type);
      expect(outcome.endedAtMs - outcome.startedAtMs).toBe(0);
      expect(pool.sim.concurrency.now).toBe(0);
    });
  }
});

describe("trap 31: codes that a client would not retry never come from us", () => {
  /** Codes on which the official client gives up although another try would be served. */
  const FATAL = /server_is_overloaded|slow_down|flex_unavailable/;
  /** The request's own fault: what upstream says is handed on. */
  const REQUESTS = /policy|prompt|context-length|encrypted|blocked|bad-request|unprocessable|not-found|previous|flex/;

  const isOurs = (name: FailureName) => !REQUESTS.test(name) && !name.startsWith("incomplete");
  for (const name of [...HTTP_FAILURE_NAMES, ...EVENT_FAILURE_NAMES].filter(isOurs)) {
    test(`${name} from every account: an error of ours that clients understand`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      pool.sim.script.fail(name, { times: "always" });
      const outcome = await pool.turn();
      const error = { ...(readObject(outcome.text)["error"] as Record<string, unknown>) };
      if (name === "payload-too-large") {
        expect(outcome.status).toBe(400);
        return;
      }
      expect([429, 502, 503, 504, 404]).toContain(outcome.status);
      expect(outcome.text).not.toMatch(FATAL);
      expect(typeof error["code"]).toBe("string");
      expect(outcome.status === 401).toBe(false);
    });
  }

  for (const name of EVENT_FAILURE_NAMES.filter(isOurs)) {
    test(`${name} after output: cut without a terminal event of upstream's, so that the client asks again`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      pool.sim.script.fail(failure(name, { afterEvent: 5 }));
      const outcome = await pool.turn({ thread: "t" });
      const next = await pool.turn({ thread: "t" });
      expect(outcome.text).not.toMatch(FATAL);
      expect(outcome.events.at(-1)?.type).toBe("error");
      expect(readObject(outcome.events.at(-1)?.text ?? "")["code"]).toBe("upstream_stream_broken");
      expect(next.status).toBe(200);
    });
  }
});

describe("trap 37: a client that leaves is nobody's failure", () => {
  for (const stream of [true, false]) {
    for (let leaveAtMs = 0; leaveAtMs <= 1_250; leaveAtMs += 125) {
      test(`${stream ? "streaming" : "not streaming"}, gone after ${leaveAtMs} ms`, async () => {
        const pool = await aPool({ accounts: ["alpha"] });
        pool.sim.script.pace({ headDelayMs: 300, eventDelayMs: 100 });
        const asking = pool.ask({ body: { stream } });
        pool.clock.after(leaveAtMs, () => asking.leave());
        await pool.clock.runUntil(asking.done);
        await pool.clock.advance(SECOND_MS);
        const record = pool.runtime.turn(asking.turnId);
        const isServed = leaveAtMs > 1_100;
        expect([record?.end, record?.status]).toEqual(isServed ? ["done", 200] : ["client-left", 499]);
        expect(pool.settings.accountState(pool.profile("alpha").accountKey).cooldowns).toEqual([]);
        expect(pool.engine().live.inFlightTotal()).toBe(0);
        expect(pool.sim.concurrency.now).toBe(0);
      });
    }
  }
});
