/** The yardstick: the least a proxy on this runtime can be. Forwards one route with one token, and knows nothing else. */
const [upstreamUrl = "", token = "", accountId = ""] = process.argv.slice(2);

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
    const answer = await fetch(upstreamUrl, { method: "POST", headers, body, signal: request.signal, timeout: false });
    const type = answer.headers.get("content-type") ?? "application/json";
    return new Response(answer.body, { status: answer.status, headers: { "content-type": type } });
  },
});
console.log(JSON.stringify({ port: server.port }));
