/**
 * Question: what does the request say?
 * Owns the reading of bodies: content encodings with a bound on the decoded size, JSON and forms.
 * Must not judge the content.
 */
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { JsonObject } from "./content.ts";

export type ReadBody =
  | { readonly kind: "read"; readonly value: unknown; readonly bytes: number }
  | { readonly kind: "too-large"; readonly bytes: number }
  | { readonly kind: "unreadable"; readonly bytes: number; readonly why: string };

/** Reads and decodes a body. A JSON body that does not parse is unreadable; another content type is kept as text. */
export async function readBody(request: Request, bytesMax: number): Promise<ReadBody> {
  const raw = await request.bytes();
  const bytes = raw.length;
  if (bytes === 0) return { kind: "read", value: null, bytes };
  if (bytes > bytesMax) return { kind: "too-large", bytes };
  const decoded = decode(raw, request.headers.get("content-encoding"), bytesMax);
  if (decoded.kind !== "decoded") return { ...decoded, bytes };
  return parse(decoded.text, request.headers.get("content-type") ?? "", bytes);
}

/** The value when it is a plain object, else an empty one. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Decoded =
  | { readonly kind: "decoded"; readonly text: string }
  | { readonly kind: "too-large" }
  | { readonly kind: "unreadable"; readonly why: string };

function decode(raw: Uint8Array, encoding: string | null, bytesMax: number): Decoded {
  try {
    return { kind: "decoded", text: new TextDecoder().decode(unpack(raw, encoding, bytesMax)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ERR_BUFFER_TOO_LARGE") return { kind: "too-large" };
    return { kind: "unreadable", why: `content-encoding ${encoding}: ${String(code)}` };
  }
}

function unpack(raw: Uint8Array, encoding: string | null, bytesMax: number): Uint8Array {
  switch (encoding) {
    case null:
    case "identity":
      return raw;
    case "zstd":
      return zstdDecompressSync(raw, { maxOutputLength: bytesMax });
    case "gzip":
      return gunzipSync(raw, { maxOutputLength: bytesMax });
    default:
      throw Object.assign(new Error("unsupported encoding"), { code: "unsupported" });
  }
}

function parse(text: string, contentType: string, bytes: number): ReadBody {
  if (contentType.includes("application/x-www-form-urlencoded")) {
    return { kind: "read", value: Object.fromEntries(new URLSearchParams(text)), bytes };
  }
  const looksJson = contentType.includes("json") || contentType === "";
  if (!looksJson) return { kind: "read", value: text, bytes };
  try {
    return { kind: "read", value: JSON.parse(text), bytes };
  } catch {
    return { kind: "unreadable", bytes, why: "JSON" };
  }
}
