/**
 * Who hears the port? Bun.serve with every option written out, on loopback only, and a stop that lets streams finish.
 * What is said on a socket is its ears' business.
 */
import { createServer } from "node:net";
import { LIMITS } from "../limits.ts";

export interface Listening {
  readonly port: number;
  /** New connections are refused at once; running answers get `drainMs`, then are cut. Resolves when all is over. */
  stop(drainMs: number): Promise<void>;
}

export class PortTaken extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} is taken`);
    this.name = "PortTaken";
    this.port = port;
  }
}

/** A client's end of a socket. */
export interface SocketLine {
  /** What is sent within goes out together. */
  cork(send: () => void): void;
  /** -1: taken, but the client does not keep up, wait for `drain`; 0: lost. */
  send(text: string): number;
  close(code: number, reason: string): void;
  /** Does not wait for the client to agree. */
  terminate(): void;
}

/** Who listens to one socket. Nothing is called after `close`. */
export interface SocketEars {
  open(line: SocketLine): void;
  message(data: string | Buffer): void;
  /** The client has caught up. */
  drain(): void;
  /** However it ended. */
  close(): void;
}

/** Turns a request into a socket; false when it does not ask for one. The request is then answered with nothing. */
export type Upgrade = (ears: SocketEars) => boolean;

/** Who answers. `drain` is called when it stops: sockets are to be closed as soon as nothing runs on them. */
export interface Door {
  answer(request: Request, upgrade: Upgrade): Response | undefined | Promise<Response | undefined>;
  drain(): void;
}

/** Larger than any body we accept, so that our own check answers in OpenAI's shape and not the runtime's bare 413. */
const REQUEST_BYTES_MAX = 2 ** 40;

/** How long connections may be quiet, in seconds: the runtime counts in steps of four, up to 255. */
export interface Patience {
  /** Without a request, or with half of one's head. */
  readonly idleSeconds: number;
  /** While a stream flows of which nothing is taken. */
  readonly streamSeconds: number;
}

const PATIENCE: Patience = {
  idleSeconds: LIMITS.connectionIdleMs / 1_000,
  streamSeconds: LIMITS.clientSilenceMs / 1_000,
};

type Server = Bun.Server<SocketEars>;

function isStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/**
 * While a turn is worked on, the engine's clocks count alone. Before its head is whole and after its answer, the
 * connection's own clock does, and while a stream flows one for clients that take nothing of it. A connection that became
 * a socket has no clock here.
 */
function answerTimed(door: Door, patience: Patience) {
  return async (request: Request, server: Server): Promise<Response | undefined> => {
    server.timeout(request, 0);
    const response = await door.answer(request, (ears) => server.upgrade(request, { data: ears }));
    if (response === undefined) return undefined;
    server.timeout(request, isStream(response) ? patience.streamSeconds : patience.idleSeconds);
    return response;
  };
}

function listenOn(hostname: string, port: number, door: Door, patience: Patience): Server {
  return Bun.serve<SocketEars>({
    hostname,
    port,
    fetch: answerTimed(door, patience),
    // Two processes could otherwise share the port and split its requests between two sets of keys.
    reusePort: false,
    // For connections that never get as far as a request: half a head is not held for ever.
    idleTimeout: patience.idleSeconds,
    development: false,
    maxRequestBodySize: REQUEST_BYTES_MAX,
    websocket: {
      open: (socket) => socket.data.open(socket),
      message: (socket, data) => socket.data.message(data),
      drain: (socket) => socket.data.drain(),
      close: (socket) => socket.data.close(),
      // A client that runs a tool reads nothing meanwhile, pings included: silence proves nothing.
      idleTimeout: 0,
      sendPings: false,
      maxPayloadLength: LIMITS.socketFrameBytesMax,
      // A frame that does not fit is lost: senders wait for `drain`, so that at most one is on its way.
      backpressureLimit: LIMITS.answerBytesMax + LIMITS.eventBytesMax,
      closeOnBackpressureLimit: true,
      // It never leaves this machine.
      perMessageDeflate: false,
    },
  });
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

/** Whether this machine has an IPv6 loopback that can be bound. */
function hasIpv6Loopback(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createServer();
  probe.once("error", () => resolve(false));
  probe.listen({ host: "::1", port: 0 }, () => probe.close(() => resolve(true)));
  return promise;
}

async function stopServer(server: Server, drainMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), drainMs);
  const outcome = await Promise.race([server.stop(false), late]);
  clearTimeout(timer);
  if (outcome === "late") await server.stop(true);
}

/** Listens on 127.0.0.1, and on ::1 where there is one. Port 0 takes any free one. Rejects with `PortTaken`. */
export async function listen(port: number, door: Door, patience: Patience = PATIENCE): Promise<Listening> {
  const withIpv6 = await hasIpv6Loopback();
  const servers: Server[] = [];
  try {
    const first = listenOn("127.0.0.1", port, door, patience);
    servers.push(first);
    if (withIpv6) servers.push(listenOn("::1", first.port ?? port, door, patience));
    return {
      port: first.port ?? port,
      stop: async (drainMs) => {
        const stopped = servers.map((server) => stopServer(server, drainMs));
        door.drain();
        await Promise.all(stopped);
      },
    };
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop(true)));
    throw isPortTaken(error) ? new PortTaken(port) : error;
  }
}
