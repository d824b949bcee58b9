/** Clients that begin and never go on: connections without a word, half a head, half a body, a stream that nobody takes. */
import { LIMITS } from "../../src/limits.ts";
import { listen } from "../../src/server/listen.ts";
import { bodyOf, callRaw, type RawCall, renderRequest, sendRaw } from "../support/raw-client.ts";
import { comes, sleep } from "../support/wait-for.ts";
import { withDaemon } from "../support/with-daemon.ts";
import { Breaches, countText, type Trial } from "../trial.ts";

/** The runtime looks at its connections every few seconds only. */
const SLACK_MS = 20_000;

function isOver(call: RawCall): boolean {
  return call.socket.destroyed;
}

/** Keeps a head or a body trickling, a byte a second. */
function trickle(call: RawCall): void {
  const timer = setInterval(() => {
    if (isOver(call)) clearInterval(timer);
    else call.socket.write("x");
  }, 1_000);
}

async function runReal(width: number) {
  return withDaemon({ accounts: 2, simulator: { bodiesMax: 0 } }, async ({ home, daemon, breaches }) => {
    home.sim.onTurn((turn) => (turn.lastUserText.includes("long") ? "x".repeat(8 * 1024 * 1024) : "short"));
    const { port } = daemon;
    const half = renderRequest(port, { key: home.key, body: bodyOf("x", "half") });
    const bodyAt = half.indexOf("\r\n\r\n") + 4;
    const groups: readonly (readonly [string, number, () => RawCall])[] = [
      ["nothing sent", LIMITS.connectionIdleMs, () => sendRaw(port, "")],
      ["half a head", LIMITS.connectionIdleMs, () => sendRaw(port, half.subarray(0, 60))],
      [
        "a head that trickles",
        LIMITS.connectionIdleMs,
        () => {
          const call = sendRaw(port, half.subarray(0, 60));
          trickle(call);
          return call;
        },
      ],
      ["half a body", LIMITS.bodyReadMs + LIMITS.connectionIdleMs, () => sendRaw(port, half.subarray(0, bodyAt + 20))],
      [
        "a body that trickles",
        LIMITS.bodyReadMs + LIMITS.connectionIdleMs,
        () => {
          const call = sendRaw(
            port,
            Buffer.from(
              half
                .subarray(0, bodyAt + 5)
                .toString()
                .replace(/Content-Length: \d+/, "Content-Length: 9000"),
            ),
          );
          trickle(call);
          return call;
        },
      ],
      [
        "half a body without a key",
        LIMITS.connectionIdleMs,
        () =>
          sendRaw(
            port,
            Buffer.from(
              half
                .subarray(0, bodyAt + 20)
                .toString()
                .replace(/Authorization.*\r\n/, ""),
            ),
          ),
      ],
      [
        "a stream not taken",
        LIMITS.clientSilenceMs,
        () => {
          const call = sendRaw(port, renderRequest(port, { key: home.key, body: bodyOf("long", "not-taken") }), {
            keep: false,
          });
          call.socket.pause();
          return call;
        },
      ],
    ];
    const before = daemon.descriptors();
    const startedAt = performance.now();
    const opened = groups.map(([name, boundMs, open]) => ({
      name,
      boundMs,
      calls: Array.from({ length: width }, open),
    }));
    for (const { calls } of opened) for (const call of calls) call.socket.once("close", () => undefined);
    const boundMs = Math.max(...groups.map(([, bound]) => bound)) + SLACK_MS;
    let served = 0;
    const isQuiet = () => daemon.descriptors() <= before + 40;
    while (performance.now() - startedAt < boundMs && !isQuiet()) {
      const call = await callRaw(port, { key: home.key, body: bodyOf("x", "beside") });
      if (breaches.expect(call.text().includes("response.completed"), "a good client starved beside them")) served += 1;
      await sleep(2_000);
    }
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    breaches.expect(isQuiet(), `after ${seconds} s ${daemon.descriptors()} descriptors are open, ${before} before`);
    await comes(() => home.sim.concurrency.now === 0, 5_000);
    breaches.expect(home.sim.concurrency.now === 0, `upstream still works on ${home.sim.concurrency.now} turns`);
    for (const { calls } of opened) for (const call of calls) call.abort();
    return {
      name: "half-sent",
      tried: `${countText(width * groups.length)} connections: silent, half a head, half a body, trickling, never reading`,
      found: `all ended by our clocks after ${seconds} s; ${served} good clients served beside them`,
    };
  });
}

/** The same clocks set to seconds. */
async function runQuick() {
  const breaches = new Breaches();
  const listening = await listen(0, () => new Response("ok"), { idleSeconds: 4, streamSeconds: 4 });
  const calls = ["", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Half"].map((text) => sendRaw(listening.port, text));
  const areOver = await comes(() => calls.every(isOver), 30_000);
  breaches.expect(areOver, "half a head is held for ever");
  await listening.stop(0);
  return {
    name: "half-sent",
    tried: "no head and half a head, clocks of 4 s",
    found: "both ended by our clock",
    breaches: breaches.list(),
  };
}

export const halfSentTrial: Trial = { name: "half-sent", run: ({ short }) => (short ? runQuick() : runReal(40)) };
