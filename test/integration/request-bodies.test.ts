/** Bodies of every kind: the encodings clients use, and the ones that are wrong. */
import { describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { LIMITS } from "../../src/limits.ts";
import { startPool } from "../support/start-pool.ts";

const ASK = JSON.stringify({ model: "gpt-5.5", input: "Grüße 🎉", stream: false });

interface Row {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly code: string | null;
}

const JSON_TYPE = { "content-type": "application/json" };

const ROWS: readonly Row[] = [
  { name: "identity", body: ASK, headers: JSON_TYPE, status: 200, code: null },
  { name: "gzip", body: gzipSync(ASK), headers: { ...JSON_TYPE, "content-encoding": "gzip" }, status: 200, code: null },
  {
    name: "zstd",
    body: zstdCompressSync(ASK),
    headers: { ...JSON_TYPE, "content-encoding": "zstd" },
    status: 200,
    code: null,
  },
  {
    name: "br",
    body: brotliCompressSync(ASK),
    headers: { ...JSON_TYPE, "content-encoding": "br" },
    status: 200,
    code: null,
  },
  {
    name: "deflate",
    body: deflateSync(ASK),
    headers: { ...JSON_TYPE, "content-encoding": "deflate" },
    status: 200,
    code: null,
  },
  {
    name: "unknown encoding",
    body: ASK,
    headers: { ...JSON_TYPE, "content-encoding": "lzma" },
    status: 400,
    code: "invalid_encoding",
  },
  {
    name: "not gzip at all",
    body: ASK,
    headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    status: 400,
    code: "invalid_encoding",
  },
  {
    name: "gzip bomb",
    body: gzipSync(new Uint8Array(LIMITS.bodyBytesMax + 1)),
    headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    status: 400,
    code: "request_too_large",
  },
  {
    name: "zstd bomb",
    body: zstdCompressSync(new Uint8Array(LIMITS.bodyBytesMax + 1)),
    headers: { ...JSON_TYPE, "content-encoding": "zstd" },
    status: 400,
    code: "request_too_large",
  },
  {
    name: "too large as it is",
    body: new Uint8Array(LIMITS.bodyBytesMax + 1).fill(32),
    headers: JSON_TYPE,
    status: 400,
    code: "request_too_large",
  },
  {
    name: "no content type",
    body: new TextEncoder().encode(ASK),
    headers: {},
    status: 400,
    code: "unsupported_content_type",
  },
  {
    name: "form content type, as a web page could send",
    body: ASK,
    headers: { "content-type": "text/plain" },
    status: 400,
    code: "unsupported_content_type",
  },
  { name: "not JSON", body: "{model:", headers: JSON_TYPE, status: 400, code: "invalid_json" },
  { name: "JSON but no object", body: "[1,2]", headers: JSON_TYPE, status: 400, code: "invalid_json" },
  { name: "empty", body: "", headers: JSON_TYPE, status: 400, code: "invalid_json" },
  {
    name: "invalid UTF-8",
    body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    headers: JSON_TYPE,
    status: 400,
    code: "invalid_json",
  },
  {
    name: "deep nesting",
    body: `${"[".repeat(200_000)}${"]".repeat(200_000)}`,
    headers: JSON_TYPE,
    status: 400,
    code: "invalid_json",
  },
  { name: "no model", body: "{}", headers: JSON_TYPE, status: 400, code: "missing_required_parameter" },
  {
    name: "model of a wrong type",
    body: '{"model":5}',
    headers: JSON_TYPE,
    status: 400,
    code: "missing_required_parameter",
  },
  {
    name: "stream of a wrong type",
    body: '{"model":"gpt-5.5","stream":"yes"}',
    headers: JSON_TYPE,
    status: 400,
    code: "invalid_type",
  },
  {
    name: "unknown model",
    body: '{"model":"gpt-5.6","input":"x"}',
    headers: JSON_TYPE,
    status: 404,
    code: "model_not_found",
  },
];

describe("request bodies", () => {
  test("are read in every encoding, and refused with a code that says what is wrong (trap 34)", async () => {
    const pool = await startPool();
    for (const row of ROWS) {
      const response = await fetch(`${pool.origin}/v1/responses`, {
        method: "POST",
        headers: { authorization: `Bearer ${pool.key}`, ...row.headers },
        body: typeof row.body === "string" ? row.body : new Uint8Array(row.body),
      });
      const body = (await response.json()) as { error?: { code: string } | null };
      expect([row.name, response.status, body.error?.code ?? null]).toEqual([row.name, row.status, row.code]);
    }
    expect(pool.sim.violations).toEqual([]);
  });

  test("the key is checked before the body is read", async () => {
    const pool = await startPool();
    const response = await fetch(`${pool.origin}/v1/responses`, {
      method: "POST",
      body: "{nonsense",
      headers: JSON_TYPE,
    });
    expect(response.status).toBe(401);
  });

  test("errors repeat nothing of what was sent (architecture fact 5)", async () => {
    const pool = await startPool();
    const canary = "sk-canary-1234567890";
    for (const body of [`{"model":"gpt-5.5","stream":"${canary}"}`, `{"model": ${canary}`, `"${canary}"`]) {
      const response = await pool.post("/v1/responses", body);
      expect(await response.text()).not.toContain(canary);
    }
  });
});
