import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CONNECTION_FAULT_KINDS, connectionFault, eventFault, httpAnswer } from "../../../src/simulator/fault.ts";
import type { StreamKnobs } from "../../../src/simulator/stream-body.ts";
import { aBody, aGet, aTurn, at, aWorld, failureOf, readEvents, START_MS, USAGE_URL } from "./ask.ts";

describe("faults before the head", () => {
  test.each([
    ["refused", "ECONNREFUSED", 0],
    ["reset-before-headers", "ECONNRESET", 0],
    ["reset-after-accept", "ECONNRESET", 1],
  ] as const)("%s rejects as fetch does, with %s and %d accepted turns", async (kind, code, accepted) => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(kind);
    const error = await failureOf(sim.handle(aTurn(anna, login)));
    expect(error).toBeInstanceOf(TypeError);
    expect([at(error, "code"), at(error, "name")]).toEqual([code, "TypeError"]);
    expect(sim.acceptedGenerations).toHaveLength(accepted);
    expect(sim.requests.map((record) => [record.fault, record.outcome, record.status])).toEqual([[kind, "cut", null]]);
    expect(sim.concurrency).toEqual({ now: 0, max: 1 });
  });

  test("a hang ends only when the caller gives up, with the caller's reason", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.script.fail("hang-before-headers");
    const caller = new AbortController();
    const asked = failureOf(sim.handle(aTurn(anna, login, aBody(), { signal: caller.signal })));
    await clock.advance(7 * 60_000);
    expect(sim.requests[0]?.outcome).toBe("open");
    const reason = new Error("enough");
    caller.abort(reason);
    expect(await asked).toBe(reason);
    expect(sim.requests[0]).toMatchObject({ outcome: "cancelled", cancelled: true, endedAt: START_MS + 420_000 });
  });

  test("an answer by hand carries its own body and the account's quota", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(httpAnswer(418, { teapot: true }, { "x-own": "1" }));
    const answer = await sim.handle(aTurn(anna, login));
    expect([answer.status, await answer.json(), answer.headers.get("x-own")]).toEqual([418, { teapot: true }, "1"]);
    expect(answer.headers.has("x-codex-primary-used-percent")).toBe(true);
  });
});

describe("faults inside the stream", () => {
  test.each([
    ["reset-mid-stream", "ECONNRESET", "cut"],
    ["close-mid-stream", "ECONNRESET", "cut"],
    ["garbage-framing", "InvalidHTTPResponse", "cut"],
  ] as const)("%s breaks the body after the events it was told to send", async (kind, code, outcome) => {
    for (const afterEvent of [0, 1, 4]) {
      const { sim, anna, login } = aWorld();
      anna.script.fail(connectionFault(kind, { afterEvent }));
      const answer = await sim.handle(aTurn(anna, login));
      const { written, error } = await readUntilBroken(answer);
      expect(readEvents(written)).toHaveLength(afterEvent);
      expect([answer.status, at(error, "code")]).toEqual([200, code]);
      expect(sim.requests[0]?.outcome).toBe(outcome);
      expect(sim.concurrency.now).toBe(0);
    }
  });

  test.each([
    ["end-mid-stream", 3],
    ["garbage-mid-stream", 3],
  ] as const)("%s ends cleanly without a terminal event", async (kind, count) => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(kind);
    const written = await (await sim.handle(aTurn(anna, login))).text();
    expect(readEvents(written)).toHaveLength(count);
    expect(written).not.toContain("response.completed");
  });

  test("truncated-json cuts an event in half", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail("truncated-json");
    const written = await (await sim.handle(aTurn(anna, login))).text();
    expect(() => readEvents(written)).toThrow();
  });

  test("a hang in the stream keeps what was sent and waits; cancelling is seen", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.script.fail(connectionFault("hang-mid-stream", { afterEvent: 2 }));
    const answer = await sim.handle(aTurn(anna, login));
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.read();
    await clock.advance(3_600_000);
    expect(sim.requests[0]?.outcome).toBe("open");
    await reader?.cancel();
    expect(sim.requests[0]).toMatchObject({ outcome: "cancelled", cancelled: true });
  });

  test("a promise of more bytes than come fails as a closed connection", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail("wrong-content-length");
    const { written, error } = await readUntilBroken(await sim.handle(aTurn(anna, login)));
    expect([at(error, "code"), written.includes("response.completed")]).toEqual(["ECONNRESET", true]);
  });

  test("slow-loris sends a byte at a time", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.script.fail(connectionFault("slow-loris", { msPerByte: 10 }));
    const reading = sim.handle(aTurn(anna, login)).then((answer) => answer.bytes());
    const bytes = await clock.runUntil(reading);
    expect(clock.now() - START_MS).toBe(bytes.length * 10);
  });

  test("json-instead-of-sse answers 200 with an object", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail("json-instead-of-sse");
    const answer = await sim.handle(aTurn(anna, login));
    expect(at(await answer.json(), "object")).toBe("response");
  });

  test("an event by hand ends the stream", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(eventFault({ type: "response.failed", response: { error: { code: "odd" } } }, 2));
    const events = readEvents(await (await sim.handle(aTurn(anna, login))).text());
    expect([events.length, at(events[2], "response", "error", "code")]).toEqual([3, "odd"]);
  });

  test("every kind leaves nothing in flight once the caller is gone", async () => {
    for (const kind of CONNECTION_FAULT_KINDS) {
      const { clock, sim, anna, login } = aWorld();
      anna.script.fail(connectionFault(kind, { msPerByte: 1 }));
      const caller = new AbortController();
      const asked = sim.handle(aTurn(anna, login, aBody(), { signal: caller.signal }));
      const reading = failureOf(asked.then((answer) => answer.text()));
      await clock.advance(60_000);
      caller.abort();
      await reading;
      expect([kind, sim.concurrency.now, clock.pendingTimers()]).toEqual([kind, 0, 0]);
    }
  });
});

describe("the faults of short answers", () => {
  test.each([
    ["reset-mid-stream", "ECONNRESET"],
    ["wrong-content-length", "ECONNRESET"],
  ] as const)("%s breaks a usage answer", async (kind, code) => {
    const { sim, anna, login } = aWorld();
    anna.script.fail(kind, { endpoint: "usage" });
    const { error } = await readUntilBroken(await sim.handle(aGet(USAGE_URL, anna, login)));
    expect(at(error, "code")).toBe(code);
  });

  test("truncated-json leaves half of it", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.fail("truncated-json", { endpoint: "usage" });
    const written = await (await sim.handle(aGet(USAGE_URL, anna, login))).text();
    expect(() => JSON.parse(written)).toThrow();
  });
});

describe("when a rule holds", () => {
  test("once, k times, always, at the n-th call, for calls that match", async () => {
    const { sim, anna, login } = aWorld();
    const statuses = async (count: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let index = 0; index < count; index += 1) seen.push((await sim.handle(aTurn(anna, login))).status);
      return seen;
    };
    anna.script.fail("server-error", { times: 2 });
    expect(await statuses(3)).toEqual([500, 500, 200]);
    anna.script.fail("bad-request", { onCall: 5 });
    expect(await statuses(3)).toEqual([200, 400, 200]);
    anna.script.fail("unavailable", { times: "always", matching: (call) => call.model === "gpt-5.5" });
    expect(await statuses(2)).toEqual([503, 503]);
    expect((await sim.handle(aTurn(anna, login, aBody({ model: "gpt-6-sol" })))).status).toBe(200);
    anna.script.fail("conflict");
    expect(await statuses(2)).toEqual([409, 503]);
    anna.script.clear();
    expect(await statuses(1)).toEqual([200]);
  });

  test("an account's own rules go before those for all, which count calls of all", async () => {
    const { sim, anna, login } = aWorld();
    const ben = sim.addChatgptAccount({ name: "ben" });
    sim.script.fail("server-error", { onCall: 2 });
    sim.reply("for all");
    anna.script.reply("for anna");
    const said = async (request: Request): Promise<string> => (await sim.handle(request)).text();
    expect(await said(aTurn(anna, login))).toContain("for anna");
    expect(await said(aTurn(ben, ben.login()))).toContain("server_error");
    expect(await said(aTurn(ben, ben.login()))).toContain("for all");
  });
});

describe("the knobs of the stream", () => {
  test("whatever the cutting, the bytes are the same", async () => {
    const whole = await writtenWith({});
    const anyPiece = fc.integer({ min: 1, max: 200 });
    await fc.assert(
      fc.asyncProperty(anyPiece, async (splitBytesMax) => {
        expect(await writtenWith({ splitBytesMax })).toBe(whole);
      }),
      { numRuns: 20 },
    );
  });

  test("carriage returns, comments, unknown events, ballast, a missing content type", async () => {
    expect(await writtenWith({ lineEnd: "\r\n" })).toContain("\r\n\r\n");
    expect(await writtenWith({ comments: true })).toStartWith(": keep-alive\n\n");
    expect(readEvents(await writtenWith({ unknownEvents: true })).at(-1)?.["type"]).toBe("response.completed");
    expect((await writtenWith({ hugeEventBytes: 100_000 })).length).toBeGreaterThan(100_000);
    const { sim, anna, login } = aWorld();
    anna.script.pace({ contentType: null });
    expect((await sim.handle(aTurn(anna, login))).headers.get("content-type")).toBeNull();
  });

  test("gzip is decoded for a caller in memory and raw on the wire, with the header either way", async () => {
    const { sim, anna, login } = aWorld();
    anna.script.pace({ gzip: true });
    const fetched = await sim.handle(aTurn(anna, login));
    expect([fetched.headers.get("content-encoding"), (await fetched.text()).includes("completed")]).toEqual([
      "gzip",
      true,
    ]);
    const raw = await (await sim.handleWire(aTurn(anna, login))).bytes();
    expect([raw[0], raw[1]]).toEqual([0x1f, 0x8b]);
  });

  test("the head can be late", async () => {
    const { clock, sim, anna, login } = aWorld();
    anna.script.pace({ headDelayMs: 9000 });
    const answer = await clock.runUntil(sim.handle(aTurn(anna, login)));
    expect([answer.status, clock.now() - START_MS]).toEqual([200, 9000]);
  });
});

async function writtenWith(knobs: Partial<StreamKnobs>): Promise<string> {
  const { sim, anna, login } = aWorld();
  anna.script.reply("Grüße 🎉 aus dem Simulator").pace(knobs);
  return (await sim.handle(aTurn(anna, login))).text();
}

async function readUntilBroken(answer: Response): Promise<{ written: string; error: unknown }> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let written = "";
  try {
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      written += decoder.decode(part.value, { stream: true });
    }
    return { written, error: null };
  } catch (error) {
    return { written, error };
  }
}
