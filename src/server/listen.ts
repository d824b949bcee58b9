/** Who hears the port? Bun.serve with every option written out, on loopback only, and a stop that lets streams finish. */
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

type Handler = (request: Request) => Response | Promise<Response>;

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

function isStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/**
 * While a turn is worked on, the engine's clocks count alone. Before its head is whole and after its answer, the
 * connection's own clock does, and while a stream flows one for clients that take nothing of it.
 */
function handleTimed(handler: Handler, patience: Patience) {
  return async (request: Request, server: Bun.Server<undefined>): Promise<Response> => {
    server.timeout(request, 0);
    const response = await handler(request);
    server.timeout(request, isStream(response) ? patience.streamSeconds : patience.idleSeconds);
    return response;
  };
}

function listenOn(hostname: string, port: number, handler: Handler, patience: Patience): Bun.Server<undefined> {
  return Bun.serve({
    hostname,
    port,
    fetch: handleTimed(handler, patience),
    // Two processes could otherwise share the port and split its requests between two sets of keys.
    reusePort: false,
    // For connections that never get as far as a request: half a head is not held for ever.
    idleTimeout: patience.idleSeconds,
    development: false,
    maxRequestBodySize: REQUEST_BYTES_MAX,
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

async function stopServer(server: Bun.Server<undefined>, drainMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), drainMs);
  const outcome = await Promise.race([server.stop(false), late]);
  clearTimeout(timer);
  if (outcome === "late") await server.stop(true);
}

/** Listens on 127.0.0.1, and on ::1 where there is one. Port 0 takes any free one. Rejects with `PortTaken`. */
export async function listen(port: number, handler: Handler, patience: Patience = PATIENCE): Promise<Listening> {
  const withIpv6 = await hasIpv6Loopback();
  const servers: Bun.Server<undefined>[] = [];
  try {
    const first = listenOn("127.0.0.1", port, handler, patience);
    servers.push(first);
    if (withIpv6) servers.push(listenOn("::1", first.port ?? port, handler, patience));
    return {
      port: first.port ?? port,
      stop: async (drainMs) => {
        await Promise.all(servers.map((server) => stopServer(server, drainMs)));
      },
    };
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop(true)));
    throw isPortTaken(error) ? new PortTaken(port) : error;
  }
}
