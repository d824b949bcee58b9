/** What text did the client send? Bounded before and after decoding; every refusal but that of a body that never came whole is a 400, which clients do not repeat. */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import type { Clock } from "../ports.ts";
import type { Form } from "../protocol/form.ts";
import { type Refusal, refuse, refuseRequest } from "../protocol/refusal.ts";

type Refused = { readonly kind: "refused"; readonly refusal: Refusal };
export type ReadBody = { readonly kind: "ok"; readonly text: string } | Refused;
export type ReadForm = { readonly kind: "ok"; readonly form: Form } | Refused;

export interface BodyBounds {
  /** Of the body as it comes, and again of what it unpacks to. */
  readonly bytesMax: number;
  /** Until the last byte has come. */
  readonly timeMs: number;
  readonly clock: Clock;
}

type Decode = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip) as Decode,
  "x-gzip": promisify(gunzip) as Decode,
  deflate: promisify(inflate) as Decode,
  br: promisify(brotliDecompress) as Decode,
  zstd: promisify(zstdDecompress) as Decode,
};

function refused(code: string, message: string): Refused {
  return { kind: "refused", refusal: refuseRequest(code, message) };
}

function tooLarge(bytesMax: number): Refused {
  const mib = Math.floor(bytesMax / (1024 * 1024));
  // A 413 would make the official client send the same body five more times.
  return refused("request_too_large", `The request body is larger than ${mib} MiB.`);
}

function isJsonType(type: string): boolean {
  return type === "application/json" || /^application\/[a-z0-9.+-]+\+json$/.test(type);
}

function tooSlow(timeMs: number): Refused {
  const message = `The request body was not whole after ${Math.round(timeMs / 1_000)} s.`;
  return { kind: "refused", refusal: refuse(408, "invalid_request_error", "request_timeout", message) };
}

/** The raw bytes, or why there are none; stops reading at the bounds. */
async function readRaw(request: Request, bounds: BodyBounds): Promise<Uint8Array | Refused> {
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (length > bounds.bytesMax) return tooLarge(bounds.bytesMax);
  const { promise: late, resolve } = Promise.withResolvers<Refused>();
  const stop = bounds.clock.after(bounds.timeMs, () => resolve(tooSlow(bounds.timeMs)));
  try {
    // The connection gives no more than it has announced; only a body without a length has to be counted. As soon as it is
    // looked at, it becomes a stream, which costs more than its bytes.
    if (length >= 0) return await Promise.race([request.bytes(), late]);
    if (request.body === null) return new Uint8Array();
    return await readCounted(request.body, bounds.bytesMax, late);
  } finally {
    stop();
  }
}

async function readCounted(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  late: Promise<Refused>,
): Promise<Uint8Array | Refused> {
  const reader = body.getReader();
  try {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = await Promise.race([reader.read(), late]);
      if ("kind" in chunk) return chunk;
      if (chunk.done) return Buffer.concat(parts);
      size += chunk.value.length;
      if (size > bytesMax) return tooLarge(bytesMax);
      parts.push(chunk.value);
    }
  } finally {
    reader.cancel("enough").catch(() => undefined);
  }
}

async function decodeBody(bytes: Uint8Array, encoding: string, bytesMax: number): Promise<Uint8Array | Refused> {
  if (encoding === "" || encoding === "identity") return bytes;
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    return refused(
      "invalid_encoding",
      "The content encoding is not supported. Use identity, gzip, deflate, br or zstd.",
    );
  }
  try {
    return await decode(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    const isBomb = error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return isBomb
      ? tooLarge(bytesMax)
      : refused("invalid_encoding", "The request body does not decode as its content-encoding says.");
  }
}

function mediaTypeOf(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

export function isForm(request: Request): boolean {
  return mediaTypeOf(request) === "multipart/form-data";
}

/** The decoded bytes; nothing larger than `bytesMax` is ever held, packed or unpacked. */
async function readBytes(request: Request, bounds: BodyBounds): Promise<Uint8Array | Refused> {
  const raw = await readRaw(request, bounds);
  if (!(raw instanceof Uint8Array)) return raw;
  const encoding = (request.headers.get("content-encoding") ?? "").trim().toLowerCase();
  return decodeBody(raw, encoding, bounds.bytesMax);
}

/** Reads a form's bytes, bounded likewise. */
export async function readForm(request: Request, bounds: BodyBounds): Promise<ReadForm> {
  const bytes = await readBytes(request, bounds);
  if (!(bytes instanceof Uint8Array)) return bytes;
  return { kind: "ok", form: { bytes, contentType: request.headers.get("content-type") ?? "" } };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads a JSON request's text; nothing larger than `bytesMax` is ever held, packed or unpacked. */
export async function readBody(request: Request, bounds: BodyBounds): Promise<ReadBody> {
  if (!isJsonType(mediaTypeOf(request))) {
    return refused("unsupported_content_type", "The request needs 'content-type: application/json'.");
  }
  const decoded = await readBytes(request, bounds);
  if (!(decoded instanceof Uint8Array)) return decoded;
  try {
    return { kind: "ok", text: decoder.decode(decoded) };
  } catch {
    return refused("invalid_json", "The request body is not valid UTF-8.");
  }
}
