/** Clients that begin and never go on: connections without a word, half a head, half a body, a stream that nobody takes. */
import { LIMITS } from "../../src/limits.ts";
import { listen } from "../../src/server/listen.ts";
import { bodyOf, callRaw, type RawCall, renderRequest, sendRaw } from "../support/raw-client.ts";
import { comes, sleep } from "../support/wait-for.ts";
import { withDaemon } from "../support/with-daemon.ts";
import { Breaches, countText, type Trial } from "../trial.ts";

/** The runtime looks at its connections every few seconds only. */
const SLACK_MS = 20_000;
/** More than the system holds for two sockets. */
const LONG_CHARACTERS = 24 * 1024 * 1024;
const STREAMS = 3;

function isOver(call: RawCall): boolean {
  return call.socket.destroyed;
}

/** Keeps a head or a body trickling, a byte a second. */
function trickle(call: RawCall): RawCall {
  const timer = setInterval(() => {
    if (isOver(call)) clearInterval(timer);
    else call.socket.write("x");
  }, 1_000);
  return call;
}

/** Sends its request, and never reads. */
function pausing(call: RawCall): RawCall {
  call.socket.pause();
  return call;
}

interface Group {
  readonly name: string;
  /** How many of them; streams are dear to the simulated upstream. */
  readonly width: number;
  /** When our clocks have ended it at the latest. */
  readonly boundMs: number;
  open(): RawCall;
}

/** Ways of beginning and not going on. */
function groupsOf(port: number, key: string, width: number): readonly Group[] {
  const whole = renderRequest(port, { key, body: bodyOf("x", "half") });
  const bodyAt = whole.indexOf("\r\n\r\n") + 4;
  const head = whole.subarray(0, 60);
  const body = whole.subarray(0, bodyAt + 20).toString();
  const longer = body.replace(/Content-Length: \d+/, "Content-Length: 9000");
  const long = renderRequest(port, { key, body: bodyOf("long", "not-taken") });
  const { connectionIdleMs, bodyReadMs, clientSilenceMs } = LIMITS;
  return [
    { name: "nothing", width, boundMs: connectionIdleMs, open: () => sendRaw(port, "") },
    { name: "half a head", width, boundMs: connectionIdleMs, open: () => sendRaw(port, head) },
    { name: "a head that trickles", width, boundMs: connectionIdleMs, open: () => trickle(sendRaw(port, head)) },
    { name: "half a body", width, boundMs: bodyReadMs + connectionIdleMs, open: () => sendRaw(port, body) },
    {
      name: "a body that trickles",
      width,
      boundMs: bodyReadMs + connectionIdleMs,
      open: () => trickle(sendRaw(port, longer)),
    },
    {
      name: "half a body without a key",
      width,
      boundMs: connectionIdleMs,
      open: () => sendRaw(port, body.replace(/Authorization.*\r\n/, "")),
    },
    {
      name: "a stream not taken",
      width: STREAMS,
      boundMs: clientSilenceMs,
      open: () => pausing(sendRaw(port, long, { keep: false })),
    },
  ];
}

async function runReal(width: number) {
  return withDaemon({ accounts: 2, simulator: { bodiesMax: 0 } }, async ({ home, daemon, breaches }) => {
    const long = "x".repeat(LONG_CHARACTERS);
    home.sim.onTurn((turn) => (turn.lastUserText.includes("long") ? long : "short"));
    home.sim.script.pace({ deltaChars: 64 * 1024 });
    const groups = groupsOf(daemon.port, home.key, width);
    const before = daemon.descriptors();
    const startedAt = performance.now();
    const calls = groups.flatMap((group) => Array.from({ length: group.width }, () => group.open()));
    // Those without a key have their answer at once, and are gone.
    const openMin = calls.length - width;
    const areOpen = await comes(() => daemon.descriptors() >= before + openMin, 10_000);
    breaches.expect(areOpen, `only ${daemon.descriptors() - before} connections were opened`);
    const boundMs = Math.max(...groups.map((group) => group.boundMs)) + SLACK_MS;
    let served = 0;
    const areEnded = () => calls.every((call) => isOver(call) || call.socket.isPaused());
    const isQuiet = () => areEnded() && home.sim.concurrency.now === 0;
    while (performance.now() - startedAt < boundMs && !isQuiet()) {
      const call = await callRaw(daemon.port, { key: home.key, body: bodyOf("x", "beside") });
      if (breaches.expect(call.text().includes("response.completed"), "a good client starved beside them")) served += 1;
      await sleep(2_000);
    }
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    breaches.expect(isQuiet(), `after ${seconds} s ${calls.filter((call) => !isOver(call)).length} are still there`);
    for (const call of calls) call.abort();
    return {
      name: "half-sent",
      tried: `${countText(calls.length)} connections: silent, half a head, half a body, trickling, never reading`,
      found: `all ended by our clocks after ${seconds} s; ${served} of ${served} good clients served beside them`,
    };
  });
}

/** The same clocks set to seconds. */
async function runQuick() {
  const breaches = new Breaches();
  const listening = await listen(
    0,
    { answer: () => new Response("ok"), drain: () => undefined },
    { idleSeconds: 4, streamSeconds: 4 },
  );
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

export const halfSentTrial: Trial = { name: "half-sent", run: ({ short }) => (short ? runQuick() : runReal(30)) };
