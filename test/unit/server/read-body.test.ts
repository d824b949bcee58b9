/** Bodies that do not go on are ended by our own clock. Half-sent heads: `npm run trials -- attack`. */
import { describe, expect, test } from "bun:test";
import { readBody } from "../../../src/server/read-body.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

function arriving(request: Request) {
  return { request, head: request.headers.toJSON() };
}

describe("readBody()", () => {
  test("gives up on a body that never comes whole, and lets go of it", async () => {
    const clock = createVirtualClock(0);
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"half":')),
      cancel: () => {
        isCancelled = true;
      },
    });
    const request = new Request("http://localhost/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const reading = readBody(arriving(request), { bytesMax: 1_000, timeMs: 5_000, clock });
    await clock.advance(5_000);
    const read = await reading;
    expect(read.kind === "refused" ? [read.refusal.status, read.refusal.code] : read).toEqual([408, "request_timeout"]);
    expect(isCancelled).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("does not wait for ever for the length that was announced either", async () => {
    const clock = createVirtualClock(0);
    const body = new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new TextEncoder().encode('{"half":')) });
    const headers = { "content-type": "application/json", "content-length": "500" };
    const request = new Request("http://localhost/", { method: "POST", headers, body });
    const reading = readBody(arriving(request), { bytesMax: 1_000, timeMs: 5_000, clock });
    await clock.advance(5_000);
    const read = await reading;
    expect(read.kind === "refused" ? [read.refusal.status, read.refusal.code] : read).toEqual([408, "request_timeout"]);
    expect(clock.pendingTimers()).toBe(0);
  });
});
