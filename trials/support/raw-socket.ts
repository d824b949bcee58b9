/** A WebSocket client on a bare connection: it may send frames that no library would, and stop in the middle of one. */
import { type RawCall, sendRaw } from "./raw-client.ts";
import { comes } from "./wait-for.ts";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;

export interface FrameOptions {
  /** On unless told. */
  readonly fin?: boolean;
  /** On unless told. */
  readonly masked?: boolean;
  /** The three reserved bits, of which the first means that it is packed. */
  readonly reserved?: number;
  /** A length to tell in place of the true one. */
  readonly told?: bigint;
}

/** One frame as bytes. */
export function frameOf(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, masked = true, reserved = 0, told = null } = options;
  const body = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const maskBit = masked ? 0x80 : 0;
  const length = Buffer.alloc(9);
  length.writeUInt8(maskBit | 127, 0);
  length.writeBigUInt64BE(told ?? BigInt(body.length), 1);
  const isShort = told === null && body.length < 126;
  const head = isShort ? Buffer.from([first, maskBit | body.length]) : Buffer.from([first, ...length]);
  // A mask of zeros leaves everything as it is.
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), body]);
}

export interface UpgradeOptions {
  readonly path?: string;
  readonly method?: string;
  /** All lines but the first; the usual ones unless told. */
  readonly lines?: readonly string[];
}

export function usualLines(port: number, key: string | null): readonly string[] {
  return [
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(key === null ? [] : [`Authorization: Bearer ${key}`]),
  ];
}

export interface RawSocket {
  readonly call: RawCall;
  send(...frames: readonly Uint8Array[]): void;
  /** The text messages so far, control frames left out. */
  messages(): readonly string[];
  /** The close frame's code; null before there is one. */
  closeCode(): number | null;
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Servers do not mask, and this one does not split. */
function framesOf(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at + 2 <= bytes.length) {
    const short = bytes.readUInt8(at + 1) & 0x7f;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (at + 2 + extra > bytes.length) break;
    const size = extra === 0 ? short : Number(extra === 2 ? bytes.readUInt16BE(at + 2) : bytes.readBigUInt64BE(at + 2));
    const from = at + 2 + extra;
    if (from + size > bytes.length) break;
    frames.push({ opcode: bytes.readUInt8(at) & 0x0f, payload: bytes.subarray(from, from + size) });
    at = from + size;
  }
  return frames;
}

/** Asks for an upgrade; answers when there is a status, or the connection is over. */
export async function upgrade(port: number, key: string | null, options: UpgradeOptions = {}): Promise<RawSocket> {
  const { path = "/v1/responses", method = "GET", lines = usualLines(port, key) } = options;
  const call = sendRaw(port, Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "utf8"));
  await comes(() => call.status() !== 0 || call.socket.destroyed, 5_000);
  const frames = () => framesOf(call.raw());
  return {
    call,
    send: (...parts) => {
      for (const part of parts) call.socket.write(part);
    },
    messages: () =>
      frames()
        .filter(({ opcode }) => opcode === TEXT)
        .map(({ payload }) => payload.toString("utf8")),
    closeCode: () => {
      const payload = frames().find(({ opcode }) => opcode === CLOSE)?.payload ?? Buffer.alloc(0);
      return payload.length < 2 ? null : payload.readUInt16BE(0);
    },
  };
}
