/**
 * The yardsticks: the least a proxy on this runtime can be. Each forwards one route with one token, and knows nothing else.
 * The bare one hands bytes through unseen; the reading one has each of them in JavaScript once, as whoever looks at any must.
 */
export interface BareProxyOptions {
  readonly upstreamUrl: string;
  readonly token: string;
  readonly accountId: string;
}

/** Both bodies of one exchange. */
interface Way {
  readonly request: (request: Request) => Promise<RequestInit["body"]>;
  readonly answer: (body: ReadableStream<Uint8Array> | null) => ReadableStream<Uint8Array> | null;
}

const UNSEEN: Way = { request: (request) => request.bytes(), answer: (body) => body };

const READ: Way = {
  request: async (request) => {
    const text = await request.text();
    if (typeof JSON.parse(text).model !== "string") throw new Error("the request names no model");
    return text;
  },
  answer: (body) => {
    const reader = body?.getReader();
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const chunk = await reader?.read();
          if (chunk?.value === undefined) controller.close();
          else controller.enqueue(chunk.value);
        },
        cancel: async (reason) => await reader?.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  },
};

export function serveBareProxy(options: BareProxyOptions): number {
  return serveProxy(options, UNSEEN);
}

export function serveReadingProxy(options: BareProxyOptions): number {
  return serveProxy(options, READ);
}

/** Serves on a free port of loopback until the process ends. */
function serveProxy({ upstreamUrl, token, accountId }: BareProxyOptions, way: Way): number {
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
      const body = await way.request(request);
      const { signal } = request;
      const answer = await fetch(upstreamUrl, { method: "POST", headers, body, signal, timeout: false });
      const type = answer.headers.get("content-type") ?? "application/json";
      return new Response(way.answer(answer.body), { status: answer.status, headers: { "content-type": type } });
    },
  });
  return server.port ?? 0;
}
