/** Request bodies: encoding, JSON, checks, and the edits that fit them for an account. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Rng } from "../../src/ports.ts";
import { parseResponsesRequest, type ResponsesRequest } from "../../src/protocol/responses-request.ts";
import { expandInput, inputTextOf, itemIdsToFind } from "../../src/protocol/stored-input.ts";
import { honourRequest } from "../../src/protocol/unhonoured.ts";
import { type BodyPlan, buildUpstreamBody } from "../../src/protocol/upstream-body.ts";
import { readBody } from "../../src/server/read-body.ts";
import { createVirtualClock } from "../../src/simulator/clock.ts";
import { drawInteger } from "../../src/simulator/rng.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { cut, streamOf } from "./fuzz-events.ts";

const BYTES_MAX = 48 * 1024;
const BOUNDS = { bytesMax: BYTES_MAX, timeMs: 1_000, clock: createVirtualClock(0) };

const ENCODINGS: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ["identity", (bytes) => bytes],
  ["gzip", (bytes) => gzipSync(bytes)],
  ["deflate", (bytes) => deflateSync(bytes)],
  ["br", (bytes) => brotliCompressSync(bytes, { params: {} })],
  ["zstd", (bytes) => zstdCompressSync(bytes)],
];

/** Mostly plain, as packing takes longer than all the rest; sometimes packed, sometimes with a lie about it. */
function requestOf(input: Uint8Array, rng: Rng): Request {
  const [encoding, pack] = ENCODINGS[rng() < 0.8 ? 0 : drawInteger(rng, ENCODINGS.length)] ?? [
    "",
    (bytes: Uint8Array) => bytes,
  ];
  const isLie = rng() < 0.05;
  const bytes = isLie ? input : pack(input);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (encoding !== "identity" || isLie) headers["content-encoding"] = isLie ? "zstd" : encoding;
  const body = rng() < 0.5 ? new Uint8Array(bytes) : streamOf(cut(bytes, rng), () => undefined);
  return new Request("http://localhost/v1/responses", { method: "POST", headers, body });
}

const PLANS: readonly BodyPlan[] = [
  { fit: "turn", accountKind: "chatgpt", effort: null, serviceTier: null, sanitise: false, isCodexClient: false },
  {
    fit: "turn",
    accountKind: "api-key",
    effort: "high",
    serviceTier: "priority",
    sanitise: true,
    isCodexClient: false,
  },
  { fit: "items", accountKind: "chatgpt", effort: "low", serviceTier: null, sanitise: true, isCodexClient: true },
].map((plan) => ({ ...plan, upstreamModel: "upstream-model" }) as BodyPlan);

/** What goes upstream is one JSON object with upstream's own model name, whatever came in. */
export function checkUpstreamBodies(request: ResponsesRequest): string | null {
  for (const plan of PLANS) {
    const { text } = buildUpstreamBody(request, plan);
    const sent: unknown = JSON.parse(text);
    if (typeof sent !== "object" || sent === null) return "no object goes upstream";
    if (Reflect.get(sent, "model") !== "upstream-model") return "another model goes upstream";
    if (plan.accountKind === "chatgpt" && plan.fit === "turn" && Reflect.get(sent, "store") !== false)
      return "store is not off";
  }
  return null;
}

function checkExpansion(request: ResponsesRequest): string | null {
  itemIdsToFind(request.body);
  const previous = { input: '[{"type":"message","role":"user","content":"before"}]', output: "[]" };
  for (const given of [null, previous]) {
    const expanded = expandInput(request, given, new Map([["msg_1", '{"type":"message","id":"msg_1"}']]));
    if (expanded.kind === "refused") continue;
    if (!Array.isArray(JSON.parse(inputTextOf(expanded.request)))) return "the kept input is no list";
    const broken = checkUpstreamBodies(expanded.request);
    if (broken !== null) return broken;
  }
  return null;
}

export const BODIES_TARGET: FuzzTarget = {
  name: "request bodies",
  corpus: ["body"],
  inputs: 100_000,
  shortInputs: 1_500,
  async check(input, rng) {
    const request = requestOf(input, rng);
    const read = await readBody({ request, head: request.headers.toJSON() }, BOUNDS);
    if (read.kind === "refused") return read.refusal.status === 400 ? null : `refused with ${read.refusal.status}`;
    const parsed = parseResponsesRequest(read.text);
    if (parsed.kind === "refused") return null;
    if (({} as Record<string, unknown>)["a"] !== undefined) return "a prototype was changed";
    const honoured = honourRequest(parsed.request);
    return honoured.kind === "refused" ? null : checkExpansion(honoured.request);
  },
};
