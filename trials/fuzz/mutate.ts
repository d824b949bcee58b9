/** How does a good input become a bad one? Every change is drawn from the dice it is given, so a seed replays it. */
import type { Rng } from "../../src/ports.ts";
import { drawInteger } from "../../src/simulator/rng.ts";

const encoder = new TextEncoder();

/** What parsers stumble over. */
const TOKENS: readonly Uint8Array[] = [
  ...[
    "\n",
    "\r",
    "\r\n",
    "\r\r",
    "\n\n",
    "data:",
    "event:",
    ": ",
    "data: [DONE]\n\n",
    "\u2028",
    "\u0085",
    "\ufeff",
    "é",
    "🎉",
  ],
  ...[
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    ",",
    ":",
    "null",
    "true",
    "-",
    "1e999",
    "-0",
    "1e-7",
  ],
  ...[
    '"__proto__":',
    '"constructor":',
    '"type":',
    '"input":',
    '"model":',
    '"tools":',
    '"response":',
    '"output_index":1e9,',
  ],
  ..."'; DROP TABLE turns; --|\u001b[2J|%00|%2e%2e%2f|../../|\t|\v|Content-Length: 5\r\n|Transfer-Encoding: chunked\r\n".split(
    "|",
  ),
].map((text) => encoder.encode(text));

const BINARY: readonly Uint8Array[] = [
  [0],
  [0xff],
  [0xc3],
  [0xf0, 0x9f],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
  [0x80],
].map((bytes) => new Uint8Array(bytes));

const ROUNDS_MAX = 6;
const BYTES_MAX = 64 * 1024;

function pick<T>(rng: Rng, list: readonly T[]): T | undefined {
  return list[drawInteger(rng, list.length)];
}

/** `bytes` with [from, to) replaced. */
function splice(bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}

type Change = (bytes: Uint8Array, rng: Rng, corpus: readonly Uint8Array[]) => Uint8Array;

/** A stretch of the input, as two places in order. */
function drawSpan(bytes: Uint8Array, rng: Rng): [number, number] {
  const from = drawInteger(rng, bytes.length + 1);
  const length = rng() < 0.8 ? drawInteger(rng, 12) : drawInteger(rng, bytes.length + 1);
  return [from, Math.min(bytes.length, from + length)];
}

const CHANGES: readonly Change[] = [
  function flip(bytes, rng) {
    if (bytes.length === 0) return bytes;
    const changed = new Uint8Array(bytes);
    const at = drawInteger(rng, bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << drawInteger(rng, 8));
    return changed;
  },
  function insert(bytes, rng) {
    const at = drawInteger(rng, bytes.length + 1);
    return splice(bytes, at, at, pick(rng, rng() < 0.85 ? TOKENS : BINARY) ?? new Uint8Array());
  },
  function remove(bytes, rng) {
    const [from, to] = drawSpan(bytes, rng);
    return splice(bytes, from, to, new Uint8Array());
  },
  function repeat(bytes, rng) {
    const [from, to] = drawSpan(bytes, rng);
    const part = bytes.subarray(from, to);
    return splice(bytes, from, from, Buffer.concat(Array.from({ length: 1 + drawInteger(rng, 20) }, () => part)));
  },
  function truncate(bytes, rng) {
    return bytes.subarray(0, drawInteger(rng, bytes.length + 1));
  },
  function cross(bytes, rng, corpus) {
    const other = pick(rng, corpus) ?? bytes;
    const [from, to] = drawSpan(other, rng);
    const at = drawInteger(rng, bytes.length + 1);
    return splice(bytes, at, at, other.subarray(from, to));
  },
  function rewrite(bytes, rng) {
    const text = new TextDecoder().decode(bytes);
    const values = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/g)];
    const value = pick(rng, values);
    const other = pick(rng, [
      "null",
      "[]",
      "{}",
      '""',
      "0",
      "-1",
      "1e400",
      "true",
      '"__proto__"',
      '[[[["x"]]]]',
      '{"a":{"a":{}}}',
    ]);
    if (value === undefined || other === undefined) return bytes;
    return encoder.encode(text.slice(0, value.index) + other + text.slice(value.index + value[0].length));
  },
  function deepen(bytes, rng) {
    const depth = 1 + drawInteger(rng, 4_000);
    const at = drawInteger(rng, bytes.length + 1);
    return splice(bytes, at, at, encoder.encode((rng() < 0.5 ? "[" : '{"a":').repeat(depth)));
  },
];

/** An input of the corpus, changed a few times; now and then as it is. */
export function mutate(corpus: readonly Uint8Array[], rng: Rng): Uint8Array {
  let bytes = pick(rng, corpus) ?? new Uint8Array();
  const rounds = drawInteger(rng, ROUNDS_MAX + 1);
  for (let round = 0; round < rounds; round += 1) {
    const change = pick(rng, CHANGES);
    if (change !== undefined) bytes = change(bytes, rng, corpus);
  }
  return bytes.subarray(0, BYTES_MAX);
}
