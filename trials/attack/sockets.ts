/** The other way in: who gets a socket, what may be said on one, and how many there may be (trap 43). */
import { LIMITS } from "../../src/limits.ts";
import { createKey } from "../../src/operations/create-key.ts";
import { revokeKey } from "../../src/operations/revoke-key.ts";
import { askMany } from "../support/ask-many.ts";
import { BINARY, CLOSE, frameOf, PING, type RawSocket, TEXT, upgrade, usualLines } from "../support/raw-socket.ts";
import { closeDesk } from "../support/trial-home.ts";
import { comes } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { countText, mibText, type Trial, type TrialOptions } from "../trial.ts";
import { HOSTS, ORIGINS } from "./hosts.ts";

const WAIT_MS = 5_000;
const MESSAGES_MAX = 200;
const MEMORY_BYTES_MAX = 512 * 1024 * 1024;

function createText(text: string): string {
  const input = [{ type: "message", role: "user", content: [{ type: "input_text", text }] }];
  return JSON.stringify({ type: "response.create", model: "gpt-5.5", instructions: "", store: false, input });
}

function isAnswered(socket: RawSocket): boolean {
  return socket.messages().some((message) => message.includes('"type":"response.completed"'));
}

/** Handshakes that must not become sockets: foreign, without a key, with one where it would be written down, malformed. */
function handshakesOf(port: number, key: string): readonly (readonly [string, Parameters<typeof upgrade>[2]])[] {
  const usual = usualLines(port, key);
  const fill = (text: string) => text.replaceAll("PORT", String(port));
  const without = (name: string, ...more: readonly string[]) => ({
    lines: [...usual.filter((line) => !line.startsWith(`${name}:`)), ...more],
  });
  const keyless = usualLines(port, null);
  return [
    ...HOSTS.map((host) => [`host ${host}`, without("Host", `Host: ${fill(host)}`)] as const),
    ...ORIGINS.map((origin) => [`origin ${origin}`, { lines: [...usual, `Origin: ${fill(origin)}`] }] as const),
    ["two hosts", { lines: [...usual, "Host: evil.example"] }],
    ["no key", { lines: keyless }],
    ["a wrong key", without("Authorization", `Authorization: Bearer ${key.slice(0, -1)}~`)],
    ["an empty key", without("Authorization", "Authorization: Bearer ")],
    ...["key", "api_key", "access_token", "authorization", "token"].map(
      (name) => [`${name} in the URL`, { path: `/v1/responses?${name}=${key}`, lines: keyless }] as const,
    ),
    ["a key as the URL's user", { path: `http://${key}@127.0.0.1:${port}/v1/responses`, lines: keyless }],
    ["a key as a protocol", { lines: [...keyless, `Sec-WebSocket-Protocol: openai-insecure-api-key.${key}`] }],
    ["a key as a cookie", { lines: [...keyless, `Cookie: key=${key}`] }],
    ["no nonce", without("Sec-WebSocket-Key")],
    ["another path", { path: "/v1/models" }],
    ["metrics", { path: "/metrics" }],
    ["the page's events", { path: "/api/events" }],
    ["POST", { method: "POST" }],
    ["a length of a body", { method: "PUT", lines: [...usual, "Content-Length: 5"] }],
  ];
}

async function tryHandshakes({ home, daemon, breaches }: Stage): Promise<number> {
  const handshakes = handshakesOf(daemon.port, home.key);
  for (const [what, options] of handshakes) {
    const socket = await upgrade(daemon.port, home.key, options);
    const status = socket.call.status();
    breaches.expect(status !== 101, `a handshake with ${what} became a socket`);
    breaches.expect(status < 500 || status === 501 || status === 505, `a handshake with ${what} got ${status}`);
    socket.call.abort();
  }
  return handshakes.length;
}

type Ending =
  /** The connection is ended by the server, with a word or without. */
  | "cut"
  /** Told what is wrong; the connection goes on. */
  | "told"
  /** Served as if nothing had been odd. */
  | "served";

interface Said {
  readonly what: string;
  readonly ends: Ending;
  readonly frames: readonly Uint8Array[];
}

function oddFrames(): readonly Said[] {
  const good = createText("odd");
  const bytes = Buffer.from(good);
  const pieces = [...bytes].map((byte, at) =>
    frameOf(at === 0 ? TEXT : 0, Buffer.from([byte]), { fin: at === bytes.length - 1 }),
  );
  const cut = (what: string, ...frames: readonly Uint8Array[]): Said => ({ what, ends: "cut", frames });
  const told = (what: string, text: string): Said => ({ what, ends: "told", frames: [frameOf(TEXT, text)] });
  return [
    cut("packed though nobody agreed to it", frameOf(TEXT, good, { reserved: 4 })),
    cut("another reserved bit", frameOf(TEXT, good, { reserved: 1 })),
    cut("a kind that there is not", frameOf(3, good)),
    cut("a control frame that there is not", frameOf(11, "x")),
    cut("text that is no UTF-8", frameOf(TEXT, Buffer.from([0x22, 0xc3, 0x28, 0xff, 0x22]))),
    cut("half a surrogate as UTF-8", frameOf(TEXT, Buffer.from([0xed, 0xa0, 0x80]))),
    cut("bytes", frameOf(BINARY, good)),
    cut("a ping in parts", frameOf(PING, "x", { fin: false })),
    cut("a ping of 200 bytes", frameOf(PING, "x".repeat(200))),
    cut("the end of nothing", frameOf(0, good)),
    cut("2^63 bytes", frameOf(TEXT, "x", { told: 1n << 63n })),
    cut("2^40 bytes", frameOf(TEXT, "x", { told: 1n << 40n })),
    cut("more than may be", frameOf(TEXT, "x", { told: BigInt(LIMITS.socketFrameBytesMax) + 1n })),
    cut("an end of one byte", frameOf(CLOSE, "x")),
    cut("an end with a code that may not be sent", frameOf(CLOSE, Buffer.from([0x03, 0xed]))),
    told("nothing", ""),
    told("no JSON", "hello"),
    told("a list", "[]"),
    told("null", "null"),
    told("another type", '{"type":"response.cancel"}'),
    told("a prototype", '{"__proto__":{"type":"response.create"},"type":"constructor"}'),
    told("deep", `{"type":"response.create","model":"gpt-5.5","input":${"[".repeat(50_000)}`),
    told("a bare NUL", "\u0000"),
    { what: "a byte a frame", ends: "served", frames: pieces },
    {
      what: "pings between its parts",
      ends: "served",
      frames: [
        frameOf(TEXT, bytes.subarray(0, 20), { fin: false }),
        frameOf(PING, "x"),
        frameOf(0, bytes.subarray(20)),
      ],
    },
  ];
}

function isEnded(socket: RawSocket, ends: Ending): boolean {
  switch (ends) {
    case "cut":
      return socket.call.socket.destroyed || socket.closeCode() !== null;
    case "told":
      return socket.messages().some((message) => /"type":"error"|response\.failed/.test(message));
    case "served":
      return isAnswered(socket);
  }
}

async function tryFrames({ home, daemon, breaches }: Stage): Promise<number> {
  const said = oddFrames();
  for (const { what, ends, frames } of said) {
    const socket = await upgrade(daemon.port, home.key);
    breaches.expect(socket.call.status() === 101, `before ${what}: no socket, but ${socket.call.status()}`);
    socket.send(...frames);
    const isSo = await comes(() => isEnded(socket, ends), WAIT_MS);
    const got = socket.messages().at(-1)?.slice(0, 200) ?? `code ${socket.closeCode()}`;
    breaches.expect(isSo, `${what} was not ${ends}: ${got}`);
    breaches.expect(!/"id":"internal|\n\s+at /.test(got), `${what} met a bug: ${got}`);
    if (ends === "told") {
      socket.send(frameOf(TEXT, createText("after")));
      breaches.expect(await comes(() => isAnswered(socket), WAIT_MS), `after ${what} the connection serves no more`);
    }
    socket.call.abort();
  }
  return said.length;
}

/** Asks again and again while one answer runs, and never reads. */
async function flood({ home, daemon, breaches }: Stage): Promise<void> {
  const socket = await upgrade(daemon.port, home.key);
  socket.send(...Array.from({ length: MESSAGES_MAX }, (_, at) => frameOf(TEXT, createText(`flood ${at}`))));
  socket.send(...Array.from({ length: MESSAGES_MAX }, () => frameOf(PING, "x".repeat(125))));
  breaches.expect(await comes(() => isAnswered(socket), WAIT_MS), "who asks many at once gets no answer at all");
  socket.call.abort();
}

/** A key that is revoked is worth nothing on connections that it opened. */
async function revokeMeanwhile({ home, daemon, breaches }: Stage): Promise<void> {
  const desk = await home.openDesk();
  const { key } = await createKey.run(desk, { runtime: "daemon", name: "short-lived" });
  const socket = await upgrade(daemon.port, key);
  socket.send(frameOf(TEXT, createText("before")));
  breaches.expect(await comes(() => isAnswered(socket), WAIT_MS), "a new key gets no answer on a socket");
  const record = desk
    .runtime("daemon")
    .keys()
    .find(({ name }) => name === "short-lived");
  await revokeKey.run(desk, { runtime: "daemon", id: record?.id ?? "" });
  closeDesk(desk);
  const turns = home.sim.turnsOf().length;
  socket.send(frameOf(TEXT, createText("after")));
  const isRefused = await comes(() => socket.messages().some((text) => text.includes("revoked_key")), WAIT_MS);
  breaches.expect(isRefused && home.sim.turnsOf().length === turns, "a revoked key goes on on its socket");
  socket.call.abort();
}

/** One more than there may be, most of them in the middle of a frame. */
async function crowd({ home, daemon, breaches }: Stage): Promise<string> {
  const sockets: RawSocket[] = [];
  for (let count = 0; count < LIMITS.socketsMax; count += 64) {
    sockets.push(...(await Promise.all(Array.from({ length: 64 }, () => upgrade(daemon.port, home.key)))));
  }
  const open = sockets.filter(({ call }) => call.status() === 101).length;
  breaches.expect(open === LIMITS.socketsMax, `${open} of ${LIMITS.socketsMax} sockets were opened`);
  const half = frameOf(TEXT, "x".repeat(1_000), { told: BigInt(LIMITS.bodyBytesMax) });
  for (const socket of sockets.slice(1)) socket.send(half);
  const beyond = await upgrade(daemon.port, home.key);
  breaches.expect(beyond.call.status() === 426, `one more socket got ${beyond.call.status()}`);
  const { served } = await askMany(daemon.port, home.key, "beside", 8, 4);
  breaches.expect(served === 8, `beside them ${served} of 8 were served`);
  const [first] = sockets;
  first?.send(frameOf(TEXT, createText("first")));
  breaches.expect(
    first !== undefined && (await comes(() => isAnswered(first), WAIT_MS)),
    "the first one is not served",
  );
  const { peak } = daemon.memory();
  breaches.expect(peak <= MEMORY_BYTES_MAX, `memory reached ${mibText(peak)}`);
  for (const { call } of [...sockets, beyond]) call.abort();
  let again = 0;
  const isRoom = await comes(() => daemon.descriptors() < LIMITS.socketsMax, WAIT_MS);
  if (isRoom) again = (await upgrade(daemon.port, home.key)).call.status();
  breaches.expect(again === 101, `once they had gone a socket got ${again}`);
  return mibText(peak);
}

async function run(_options: TrialOptions) {
  return withDaemon({ accounts: 2 }, async (stage) => {
    const { home, daemon, breaches } = stage;
    home.sim.reply("served");
    const handshakes = await tryHandshakes(stage);
    breaches.expect(home.sim.turnsOf().length === 0, "a turn went upstream before anybody had a socket");
    const frames = await tryFrames(stage);
    await flood(stage);
    await revokeMeanwhile(stage);
    const peak = await crowd(stage);
    const { served } = await askMany(daemon.port, home.key, "after", 8, 4);
    breaches.expect(served === 8, `afterwards ${served} of 8 were served`);
    const isQuiet = await comes(() => home.sim.concurrency.now === 0, WAIT_MS);
    breaches.expect(isQuiet, `upstream still works on ${home.sim.concurrency.now} turns`);
    return {
      name: "sockets",
      tried: `${handshakes} handshakes, ${frames} ways of framing, ${MESSAGES_MAX} requests at once on one, a key revoked, ${countText(LIMITS.socketsMax + 1)} connections in the middle of a frame`,
      found: `no way in; each served, told or cut as it should be; the one too many refused with 426, others served beside them, ${peak} at most`,
    };
  });
}

export const socketsTrial: Trial = { name: "sockets", run };
