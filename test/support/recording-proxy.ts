/** An HTTP proxy on loopback that marks what goes through it: plain requests are passed on, tunnels are refused. */
import { onTestFinished } from "bun:test";
import { once } from "node:events";
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Set on every request that came through. */
export const PROXY_MARK = "x-went-through";

export interface ProxiedRequest {
  readonly method: string;
  /** Path for a plain request, host and port for a tunnel. */
  readonly target: string;
  readonly authorization: string | null;
}

export interface RecordingProxy {
  readonly url: string;
  /** The same with a user name and password. */
  readonly secretUrl: string;
  readonly seen: readonly ProxiedRequest[];
}

export const PROXY_PASSWORD = "canary-proxy-77d0";

/** Closed with the test. */
export async function startRecordingProxy(): Promise<RecordingProxy> {
  const seen: ProxiedRequest[] = [];
  const note = (incoming: IncomingMessage, target: string): void => {
    const authorization = incoming.headers["proxy-authorization"] ?? null;
    seen.push({ method: incoming.method ?? "", target, authorization });
  };
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? "");
    note(incoming, url.pathname);
    passOn(incoming, outgoing, url);
  });
  server.on("connect", (incoming: IncomingMessage, socket: NodeJS.WritableStream) => {
    note(incoming, incoming.url ?? "");
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, secretUrl: `http://owner:${PROXY_PASSWORD}@127.0.0.1:${port}`, seen };
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, url: URL): void {
  const { "proxy-authorization": _, ...headers } = incoming.headers;
  const onward = forward(url, { method: incoming.method ?? "GET", headers: { ...headers, [PROXY_MARK]: "1" } });
  onward.on("response", (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}
