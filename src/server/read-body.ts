/**
 * What text did the client send? Bounded before and after decoding; every refusal but that of a body that never came whole
 * is a 400, which clients do not repeat.
 */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import type { Clock } from "../ports.ts";
import type { Form } from "../protocol/form.ts";
import type { HeaderFields } from "../protocol/header-fields.ts";
import { type Refusal, refuse, refuseRequest } from "../protocol/refusal.ts";
import { within } from "./within.ts";

type Refused = { readonly kind: "refused"; readonly refusal: Refusal };
export type ReadBody = { readonly kind: "ok"; readonly text: string } | Refused;
export type ReadForm = { readonly kind: "ok"; readonly form: Form } | Refused;

/** A request whose body is still to be read. */
export interface Arriving {
  readonly request: Request;
  readonly head: HeaderFields;
}

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
async function readRaw({ request, head }: Arriving, bounds: BodyBounds): Promise<Uint8Array | Refused> {
  const { bytesMax, timeMs, clock } = bounds;
  const length = Number(head["content-length"] ?? Number.NaN);
  if (length > bytesMax) return tooLarge(bytesMax);
  // The connection gives no more than it has announced; only a body without a length has to be counted. As soon as it is
  // looked at, it becomes a stream, which costs more than its bytes.
  if (length >= 0) return within(request.bytes(), timeMs, clock, () => tooSlow(timeMs));
  if (request.body === null) return new Uint8Array();
  const { promise: late, resolve } = Promise.withResolvers<Refused>();
  const stop = clock.after(timeMs, () => resolve(tooSlow(timeMs)));
  try {
    return await readCounted(request.body, bytesMax, late);
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

function mediaTypeOf(head: HeaderFields): string {
  const type = head["content-type"] ?? "";
  const end = type.indexOf(";");
  return (end === -1 ? type : type.slice(0, end)).trim().toLowerCase();
}

export function isForm(head: HeaderFields): boolean {
  return mediaTypeOf(head) === "multipart/form-data";
}

/** The decoded bytes; nothing larger than `bytesMax` is ever held, packed or unpacked. */
async function readBytes(arriving: Arriving, bounds: BodyBounds): Promise<Uint8Array | Refused> {
  const raw = await readRaw(arriving, bounds);
  if (!(raw instanceof Uint8Array)) return raw;
  const encoding = (arriving.head["content-encoding"] ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return raw;
  return decodeBody(raw, encoding, bounds.bytesMax);
}

/** Reads a form's bytes, bounded likewise. */
export async function readForm(arriving: Arriving, bounds: BodyBounds): Promise<ReadForm> {
  const bytes = await readBytes(arriving, bounds);
  if (!(bytes instanceof Uint8Array)) return bytes;
  return { kind: "ok", form: { bytes, contentType: arriving.head["content-type"] ?? "" } };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads a JSON request's text; nothing larger than `bytesMax` is ever held, packed or unpacked. */
export async function readBody(arriving: Arriving, bounds: BodyBounds): Promise<ReadBody> {
  if (!isJsonType(mediaTypeOf(arriving.head))) {
    return refused("unsupported_content_type", "The request needs 'content-type: application/json'.");
  }
  const decoded = await readBytes(arriving, bounds);
  if (!(decoded instanceof Uint8Array)) return decoded;
  try {
    return { kind: "ok", text: decoder.decode(decoded) };
  } catch {
    return refused("invalid_json", "The request body is not valid UTF-8.");
  }
}
