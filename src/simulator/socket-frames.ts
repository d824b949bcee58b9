/**
 * Question: which frames are in these bytes?
 * Owns the wire form of a WebSocket's server side: unmasking, fragments, the bound on a message.
 * Must not know what a message means.
 */

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type SocketFrame =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary" }
  | { readonly kind: "close"; readonly code: number }
  | { readonly kind: "ping"; readonly payload: Buffer }
  | { readonly kind: "pong" }
  | { readonly kind: "too-large" };

/** A frame as a server writes it: whole, not masked. */
export function writeFrame(opcode: number, payload: Uint8Array): Buffer {
  const size = payload.length;
  const first = 0x80 | opcode;
  if (size < 126) return Buffer.concat([Uint8Array.of(first, size), payload]);
  if (size < 65_536) return Buffer.concat([Uint8Array.of(first, 126, size >> 8, size & 0xff), payload]);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, payload]);
}

export function writeClose(code: number): Buffer {
  return writeFrame(OPCODES.close, Uint8Array.of(code >> 8, code & 0xff));
}

interface Head {
  readonly isLast: boolean;
  readonly opcode: number;
  readonly mask: Buffer | null;
  readonly start: number;
  readonly size: number;
}

/** The head of the frame that begins these bytes; null while it is not whole. */
function readHead(bytes: Buffer): Head | null {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 2) return null;
  const short = second & 0x7f;
  const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = (second & 0x80) !== 0;
  const start = 2 + sizeBytes + (isMasked ? 4 : 0);
  if (bytes.length < start) return null;
  const size = sizeBytes === 0 ? short : sizeBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const mask = isMasked ? bytes.subarray(start - 4, start) : null;
  return { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, mask, start, size };
}

function unmask(payload: Buffer, mask: Buffer | null): Buffer {
  if (mask === null) return payload;
  const plain = Buffer.from(payload);
  for (let at = 0; at < plain.length; at += 1) plain[at] = (plain[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return plain;
}

export class FrameReader {
  readonly #messageBytesMax: () => number;
  #chunks: Buffer[] = [];
  #size = 0;
  /** How many bytes the frame that has begun needs at least. */
  #needed = 2;
  #parts: Buffer[] = [];
  #opcode = 0;

  constructor(messageBytesMax: () => number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** The frames that end within `chunk`; after `too-large` nothing of use follows. */
  push(chunk: Buffer): SocketFrame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: SocketFrame[] = [];
    while (this.#size >= this.#needed) {
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
      this.#chunks = [bytes];
      const head = readHead(bytes);
      if (head === null) {
        this.#needed = bytes.length + 1;
        break;
      }
      if (head.size > this.#messageBytesMax()) return [...frames, { kind: "too-large" }];
      const end = head.start + head.size;
      if (bytes.length < end) {
        this.#needed = end;
        break;
      }
      const frame = this.#take(head, unmask(bytes.subarray(head.start, end), head.mask));
      if (frame !== null) frames.push(frame);
      this.#chunks = [bytes.subarray(end)];
      this.#size -= end;
      this.#needed = 2;
    }
    return frames;
  }

  #take({ opcode, isLast }: Head, payload: Buffer): SocketFrame | null {
    if (opcode === OPCODES.close) return { kind: "close", code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005 };
    if (opcode === OPCODES.ping) return { kind: "ping", payload };
    if (opcode === OPCODES.pong) return { kind: "pong" };
    if (opcode !== OPCODES.continuation) this.#opcode = opcode;
    this.#parts.push(payload);
    if (!isLast) return null;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    return this.#opcode === OPCODES.text ? { kind: "text", text: whole.toString("utf8") } : { kind: "binary" };
  }
}
