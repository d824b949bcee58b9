/**
 * Question: how does the simulator get onto a real socket?
 * Owns a loopback HTTP server whose broken connections are real: a reset is a TCP RST, a cut answer ends without its terminator.
 * Must not decide anything: every answer and every fault comes from the simulator.
 *
 * It stands on node:http because that gives the raw socket of a request (Bun.serve does not): needed for resets, framing
 * garbage and WebSockets that break.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { serveSocket } from "./serve-socket.ts";
import type { Simulator } from "./simulator.ts";
import { type ConnectionEnding, TransportFault } from "./transport-fault.ts";

export interface ServedSimulator {
  /** `http://127.0.0.1:<port>`; serves the paths of all three hosts. */
  readonly origin: string;
  readonly port: number;
  /** In place of `https://chatgpt.com/backend-api`. */
  readonly chatgptUrl: string;
  /** In place of `https://auth.openai.com`. */
  readonly authUrl: string;
  /** In place of `https://api.openai.com/v1`. */
  readonly openaiUrl: string;
  /** Closes the port and every connection: from now on connections are truly refused. */
  goOffline(): Promise<void>;
  /** Opens the same port again. */
  goOnline(): Promise<void>;
  /** Ends everything. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** 0 lets the system choose. */
  readonly port?: number;
}

const READ_GRACE_MS = 25;

/** Serves the simulator on loopback. Rejects when the port is taken. */
export async function serveSimulator(sim: Simulator, options: ServeOptions = {}): Promise<ServedSimulator> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
  const sockets = keepSockets(server);
  server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    void serveRequest(sim, incoming, outgoing);
  });
  server.on("upgrade", (incoming: IncomingMessage, peer: Socket) => {
    void serveUpgrade(sim, incoming, peer);
  });
  await openPort(server, options.port ?? 0);
  const port = portOf(server);
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    chatgptUrl: `${origin}/backend-api`,
    authUrl: origin,
    openaiUrl: `${origin}/v1`,
    goOffline: () => closePort(server, sockets),
    goOnline: () => openPort(server, port),
    stop: () => closePort(server, sockets),
  };
}

function keepSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("simulator: the server has no port");
  return address.port;
}

async function openPort(server: Server, port: number): Promise<void> {
  const listening = once(server, "listening");
  server.listen({ host: "127.0.0.1", port });
  await listening;
}

async function closePort(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}

async function serveRequest(sim: Simulator, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort(new DOMException("The client went away.", "AbortError"));
  });
  try {
    const body = await readAll(incoming);
    const answer = await sim.handleWire(asRequest(incoming, body, gone.signal));
    await writeAnswer(answer, outgoing, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (outgoing.headersSent) await letPeerRead();
    breakConnection(outgoing, error instanceof TransportFault ? error.ending : "reset");
    if (!(error instanceof TransportFault)) throw error;
  }
}

async function serveUpgrade(sim: Simulator, incoming: IncomingMessage, peer: Socket): Promise<void> {
  const gone = new AbortController();
  peer.on("close", () => gone.abort(new DOMException("The client went away.", "AbortError")));
  try {
    await serveSocket(sim, asRequest(incoming, Buffer.alloc(0), gone.signal), peer);
  } catch (error) {
    if (gone.signal.aborted) return;
    peer.destroy();
    if (!(error instanceof TransportFault)) throw error;
  }
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function asRequest(incoming: IncomingMessage, body: Buffer, signal: AbortSignal): Request {
  const method = incoming.method ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const url = `http://${incoming.headers.host ?? "127.0.0.1"}${incoming.url ?? "/"}`;
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, { method, headers, signal, body: hasBody ? body : null });
}

async function writeAnswer(answer: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  const promised = answer.headers.get("content-length");
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.flushHeaders();
  let sent = 0;
  const reader = answer.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    sent += value.length;
    if (!outgoing.write(value)) await drained(outgoing, signal);
  }
  if (promised !== null && sent < Number(promised)) return breakConnection(outgoing, "fin");
  outgoing.end();
}

function drained(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    const onAbort = (): void => {
      outgoing.off("drain", onDrain);
      reject(signal.reason);
    };
    outgoing.once("drain", onDrain);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** A reset throws away what the peer has not read yet; without this pause it would look like a reset before the head. */
function letPeerRead(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, READ_GRACE_MS));
}

function breakConnection(outgoing: ServerResponse, ending: ConnectionEnding): void {
  const { socket } = outgoing;
  switch (ending) {
    case "reset":
    case "refused":
      socket?.resetAndDestroy();
      return;
    case "fin":
      socket?.destroy();
      return;
    case "garbage":
      socket?.write("ZZ this is no chunk\r\n\r\n");
      socket?.end();
  }
}
