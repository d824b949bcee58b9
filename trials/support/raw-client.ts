/**
 * A client on a bare socket: it may send what no library would, stop reading, and go away at any byte. Knows just enough of
 * HTTP to tell when an answer is whole.
 */
import { connect, type Socket } from "node:net";

export interface RawRequest {
  readonly path?: string;
  readonly method?: string;
  readonly key: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** The bytes of an ordinary request whose connection ends with its answer. */
export function renderRequest(port: number, request: RawRequest): Buffer {
  const body = Buffer.from(request.body ?? "");
  const head = [
    `${request.method ?? "POST"} ${request.path ?? "/v1/responses"} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...(request.key === null ? [] : [`Authorization: Bearer ${request.key}`]),
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: close",
    ...Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}

export interface RawCall {
  readonly socket: Socket;
  /** What has come so far; empty in the end for calls that keep nothing. */
  text(): string;
  raw(): Buffer;
  bytes(): number;
  /** 0 until it is known. */
  status(): number;
  /** Resolves when the connection is over, whoever ended it. Never rejects. */
  readonly over: Promise<void>;
  abort(): void;
}

export interface RawCallOptions {
  /** Whether the text is kept; else only its length. On unless told. */
  readonly keep?: boolean;
  readonly onData?: (call: RawCall) => void;
}

/** Opens a connection and sends these bytes. */
export function sendRaw(port: number, bytes: Uint8Array | string, options: RawCallOptions = {}): RawCall {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const parts: Buffer[] = [];
  let size = 0;
  let status = 0;
  const call: RawCall = {
    socket,
    over,
    raw: () => Buffer.concat(parts),
    text: () => Buffer.concat(parts).toString("utf8"),
    bytes: () => size,
    status: () => status,
    abort: () => socket.destroy(),
  };
  socket.on("data", (data: Buffer) => {
    if (size === 0) status = Number(/^HTTP\/1\.1 (\d{3})/.exec(data.subarray(0, 16).toString("latin1"))?.[1] ?? 0);
    size += data.length;
    if (options.keep !== false) parts.push(data);
    options.onData?.(call);
  });
  // A reset is one way to be over.
  socket.on("error", () => undefined);
  socket.on("close", () => resolve());
  socket.write(bytes);
  return call;
}

/** Sends a request and waits for its end. */
export async function callRaw(port: number, request: RawRequest): Promise<RawCall> {
  const call = sendRaw(port, renderRequest(port, request));
  await call.over;
  return call;
}

/** The usual question of one user message. `session` names the conversation. */
export function bodyOf(text: string, session: string, more: Readonly<Record<string, unknown>> = {}): string {
  const content = [{ type: "input_text", text }];
  const input = [{ type: "message", role: "user", content }];
  return JSON.stringify({
    model: "gpt-5.5",
    instructions: "",
    input,
    stream: true,
    store: false,
    prompt_cache_key: session,
    ...more,
  });
}

/** The same as a chat. */
export function chatBodyOf(text: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ model: "gpt-5.5", messages: [{ role: "user", content: text }], stream: true, ...more });
}
