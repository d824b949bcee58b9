/** The yardstick: the least a proxy on this runtime can be. Forwards one route with one token, and knows nothing else. */
export interface BareProxyOptions {
  readonly upstreamUrl: string;
  readonly token: string;
  readonly accountId: string;
}

/** Serves on a free port of loopback until the process ends. */
export function serveBareProxy({ upstreamUrl, token, accountId }: BareProxyOptions): number {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const headers = {
        authorization: `Bearer ${token}`,
        "chatgpt-account-id": accountId,
        "content-type": "application/json",
        accept: "text/event-stream",
      };
      const body = await request.bytes();
      const { signal } = request;
      const answer = await fetch(upstreamUrl, { method: "POST", headers, body, signal, timeout: false });
      const type = answer.headers.get("content-type") ?? "application/json";
      return new Response(answer.body, { status: answer.status, headers: { "content-type": type } });
    },
  });
  return server.port ?? 0;
}
