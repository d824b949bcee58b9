/** Bodies that are small on the wire and large in memory, deep, or full of nonsense: answered soon, in bounded memory. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { LIMITS } from "../../src/limits.ts";
import { NESTING_MAX } from "../../src/protocol/body-shape.ts";
import { bodyOf, callRaw, renderRequest, sendRaw } from "../support/raw-client.ts";
import { sleep } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { mibText, type Trial, type TrialOptions } from "../trial.ts";

const MIB = 1024 * 1024;
const PEAK_BYTES_MAX = 1_024 * MIB;
/** Others wait this long for their answer at most, while a bomb is looked at. */
const STALL_MS_MAX = 8_000;

interface Bomb {
  readonly name: string;
  readonly body: () => string | Uint8Array;
  readonly encoding?: string;
  readonly path?: string;
  readonly statuses: readonly number[];
}

function wrap(field: string, value: string): string {
  return `{"model":"gpt-5.5","stream":false,"${field}":${value}}`;
}

function nested(depth: number, open: string, close: string, inside = "1"): string {
  return open.repeat(depth) + inside + close.repeat(depth);
}

const REFUSED = [400];
/** What is odd but JSON goes upstream, which may take it or not. */
const TAKEN = [200, 400, 404];

const FIELDS = [
  "input",
  "tools",
  "metadata",
  "reasoning",
  "text",
  "include",
  "prompt",
  "conversation",
  "previous_response_id",
];
const DEPTHS = [900, 5_000, 50_000, 500_000];
const statusesAt = (depth: number) => (depth > NESTING_MAX ? REFUSED : TAKEN);

const DEEP: readonly Bomb[] = FIELDS.flatMap((field) =>
  DEPTHS.flatMap((depth) => [
    {
      name: `${field}, ${depth} lists deep`,
      body: () => wrap(field, nested(depth, "[", "]")),
      statuses: statusesAt(depth),
    },
    {
      name: `${field}, ${depth} objects deep`,
      body: () => wrap(field, nested(depth, '{"a":', "}")),
      statuses: statusesAt(depth),
    },
  ]),
);

const DEEP_CHATS: readonly Bomb[] = ["messages", "tools", "response_format", "functions"].flatMap((field) =>
  DEPTHS.map((depth) => ({
    name: `chat, ${field}, ${depth} deep`,
    body: () => wrap(field, nested(depth, '[{"a":', "}]")),
    path: "/v1/chat/completions",
    statuses: statusesAt(2 * depth),
  })),
);

const bytesMax = LIMITS.bodyBytesMax;
const ZEROS = () => new Uint8Array(4 * bytesMax);

const PACKED: readonly Bomb[] = [
  { name: "gzip of 256 MiB", body: () => gzipSync(ZEROS()), encoding: "gzip", statuses: REFUSED },
  { name: "deflate of 256 MiB", body: () => deflateSync(ZEROS()), encoding: "deflate", statuses: REFUSED },
  { name: "br of 256 MiB", body: () => brotliCompressSync(ZEROS()), encoding: "br", statuses: REFUSED },
  { name: "zstd of 256 MiB", body: () => zstdCompressSync(ZEROS()), encoding: "zstd", statuses: REFUSED },
  { name: "gzip within gzip", body: () => gzipSync(gzipSync(ZEROS())), encoding: "gzip", statuses: REFUSED },
  { name: "two encodings", body: () => gzipSync(gzipSync("{}")), encoding: "gzip, gzip", statuses: REFUSED },
  { name: "gzip cut short", body: () => gzipSync(ZEROS()).subarray(0, 5_000), encoding: "gzip", statuses: REFUSED },
  {
    name: "gzip with more behind it",
    body: () => Buffer.concat([gzipSync("{}"), ZEROS().subarray(0, 9_999)]),
    encoding: "gzip",
    statuses: REFUSED,
  },
  {
    name: "zstd with a window of gigabytes",
    body: () => new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 1, 0, 0]),
    encoding: "zstd",
    statuses: REFUSED,
  },
];

const WIDE: readonly Bomb[] = [
  { name: "64 MiB of empty objects", body: () => `[${"{},".repeat(21 * MIB)}{}]`, statuses: REFUSED },
  { name: "64 MiB of numbers", body: () => wrap("input", `[${"1,".repeat(31 * MIB)}1]`), statuses: REFUSED },
  { name: "a million items", body: () => wrap("input", `[${"{},".repeat(1e6)}{}]`), statuses: TAKEN },
  {
    name: "a million members",
    body: () => wrap("metadata", `{${Array.from({ length: 1e6 }, (_, at) => `"k${at}":0`).join(",")}}`),
    statuses: TAKEN,
  },
  {
    name: "one member a million times",
    body: () => wrap("metadata", `{${'"k":0,'.repeat(1e6)}"k":0}`),
    statuses: TAKEN,
  },
  { name: "a number of a million digits", body: () => wrap("temperature", "9".repeat(1e6)), statuses: TAKEN },
  { name: "a million escapes", body: () => wrap("input", `"${"\\u0041".repeat(1e6)}"`), statuses: TAKEN },
  { name: "a million lone surrogates", body: () => wrap("input", `"${"\\ud800".repeat(1e6)}"`), statuses: TAKEN },
  {
    name: "a model of 10 MiB",
    body: () => JSON.stringify({ model: "m".repeat(10 * MIB), input: "x" }),
    statuses: [404, 400],
  },
  { name: "a session of 10 MiB", body: () => bodyOf("x", "s".repeat(10 * MIB), { stream: false }), statuses: [200] },
  { name: "an id of 10 MiB", body: () => wrap("previous_response_id", `"${"i".repeat(10 * MIB)}"`), statuses: REFUSED },
  { name: "spaces only, 60 MiB", body: () => " ".repeat(60 * MIB), statuses: REFUSED },
  { name: "60 MiB of open lists", body: () => "[".repeat(60 * MIB), statuses: REFUSED },
  { name: "60 MiB of quotes", body: () => '"'.repeat(60 * MIB), statuses: REFUSED },
  { name: "60 MiB of backslashes", body: () => `{"model":"${"\\".repeat(60 * MIB)}`, statuses: REFUSED },
];

const ODD: readonly Bomb[] = [
  {
    name: "prototype keys",
    body: () =>
      '{"model":"gpt-5.5","stream":false,"input":"x","__proto__":{"stream":true,"store":true},"constructor":{"prototype":{"a":1}}}',
    statuses: TAKEN,
  },
  { name: "a model called __proto__", body: () => '{"model":"__proto__","input":"x"}', statuses: [404] },
  { name: "a model called constructor", body: () => '{"model":"constructor-high","input":"x"}', statuses: [404] },
  {
    name: "a role called __proto__",
    body: () => wrap("messages", '[{"role":"__proto__","content":"x"}]'),
    path: "/v1/chat/completions",
    statuses: REFUSED,
  },
  { name: "NUL", body: () => "\u0000", statuses: REFUSED },
  { name: "NUL behind JSON", body: () => `${wrap("input", '"x"')}\u0000`, statuses: REFUSED },
  { name: "NUL in a text", body: () => wrap("input", '"a\\u0000b"'), statuses: [200] },
  { name: "invalid UTF-8", body: () => new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), statuses: REFUSED },
  { name: "UTF-16", body: () => Buffer.from(wrap("input", '"x"'), "utf16le"), statuses: REFUSED },
  { name: "two objects", body: () => wrap("input", '"x"').repeat(2), statuses: REFUSED },
];

/** Asks for nothing much, again and again; answers the longest it took. */
function watchOthers(stage: Stage): { stop(): Promise<number> } {
  let isOver = false;
  let slowestMs = 0;
  const watching = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      await callRaw(stage.daemon.port, { method: "GET", path: "/healthz", key: null });
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      await sleep(5);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return slowestMs;
    },
  };
}

/** Answers the longest that anybody else had to wait meanwhile. */
async function drop(stage: Stage, bomb: Bomb): Promise<number> {
  const { daemon, home, breaches } = stage;
  const headers: Record<string, string> = bomb.encoding === undefined ? {} : { "Content-Encoding": bomb.encoding };
  const path = bomb.path === undefined ? {} : { path: bomb.path };
  // Made before anybody waits: packing takes this process longer than the answer takes the daemon.
  const bytes = renderRequest(daemon.port, { key: home.key, body: bomb.body(), headers, ...path });
  const others = watchOthers(stage);
  const call = sendRaw(daemon.port, bytes);
  await call.over;
  const isSafe = bomb.statuses.includes(call.status());
  breaches.expect(isSafe, `${bomb.name}: ${call.status()} ${call.text().slice(-200)}`);
  return others.stop();
}

async function run({ short }: TrialOptions) {
  const all = [...ODD, ...DEEP, ...DEEP_CHATS, ...PACKED, ...WIDE];
  const bombs = short ? [...ODD, ...DEEP.filter((_, at) => at % 12 === 0), ...PACKED.slice(0, 1)] : all;
  return withDaemon({ accounts: 1 }, async (stage) => {
    stage.home.sim.reply("served");
    let slowestMs = 0;
    for (const bomb of bombs) slowestMs = Math.max(slowestMs, await drop(stage, bomb));
    const { peak } = stage.daemon.memory();
    stage.breaches.expect(peak <= PEAK_BYTES_MAX, `${mibText(peak)} at the peak, ${mibText(PEAK_BYTES_MAX)} at most`);
    stage.breaches.expect(slowestMs <= STALL_MS_MAX, `others waited ${Math.round(slowestMs)} ms`);
    return {
      name: "bombs",
      tried: `${bombs.length} bodies: deep, wide, packed, odd`,
      found: `all answered as they should be, ${mibText(peak)} at most, others waited ${Math.round(slowestMs)} ms at most`,
    };
  });
}

export const bombsTrial: Trial = { name: "bombs", run };
