/** Loopback is no boundary by itself: what pages in the owner's browser can try (trap 43). */
import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { startPool } from "../support/start-pool.ts";

/** One request with exactly this head; fetch would not let us lie about the host. */
function sendRaw(port: number, head: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (data) => {
    answer += data.toString();
  });
  socket.on("close", () => resolve(answer));
  socket.on("error", reject);
  socket.write(`${head.join("\r\n")}\r\nConnection: close\r\n\r\n`);
  return promise;
}

const HOSTILE_HOSTS = [
  "evil.example",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "evil.example:3773",
  "127.0.0.1@evil.example",
  "localhost.",
  "0.0.0.0",
  "127.0.0.2",
  "[::2]",
  "[::ffff:127.0.0.1]",
  "2130706433",
  "localhost:99999",
  "",
];

const HOSTILE_ORIGINS = [
  "http://evil.example",
  "https://127.0.0.1",
  "http://127.0.0.1.evil.example",
  "http://localhost:1",
  "null",
  "file://",
  "chrome-extension://abcdef",
  "http://127.0.0.1:3773@evil.example",
];

describe("the local-only guard", () => {
  test("an address that is no URL is a route that is not there, and no bug of ours", async () => {
    const pool = await startPool();
    const { port, host } = new URL(pool.origin);
    for (const line of ["CONNECT 127.0.0.1:22 HTTP/1.1", "GET //[nowhere HTTP/1.1"]) {
      const answer = await sendRaw(Number(port), [line, `Host: ${host}`]);
      expect([line, answer.split("\r\n", 1)[0]]).toEqual([line, "HTTP/1.1 404 Not Found"]);
    }
    expect(pool.events.filter((event) => event.kind === "internal-error")).toEqual([]);
  });

  test("refuses foreign hosts before anything else, keys included (trap 43)", async () => {
    const pool = await startPool();
    const port = Number(new URL(pool.origin).port);
    for (const host of HOSTILE_HOSTS) {
      const answer = await sendRaw(port, [
        "GET /v1/models HTTP/1.1",
        `Host: ${host}`,
        `Authorization: Bearer ${pool.key}`,
      ]);
      expect([host, /^HTTP\/1\.1 (403|400) /.test(answer)]).toEqual([host, true]);
      expect(answer).not.toContain('"object":"list"');
    }
  });

  test("refuses foreign origins, whatever they begin with", async () => {
    const pool = await startPool();
    const url = new URL(pool.origin);
    for (const origin of HOSTILE_ORIGINS) {
      const head = ["GET /healthz HTTP/1.1", `Host: ${url.host}`, `Origin: ${origin}`];
      const answer = await sendRaw(Number(url.port), head);
      expect([origin, answer.split("\r\n", 1)[0]]).toEqual([origin, "HTTP/1.1 403 Forbidden"]);
      expect(answer.toLowerCase()).not.toContain("access-control-allow-origin");
    }
  });

  test("lets this machine's own names through, on both families", async () => {
    const pool = await startPool();
    const url = new URL(pool.origin);
    for (const host of [url.host, `localhost:${url.port}`, `[::1]:${url.port}`, `LOCALHOST:${url.port}`]) {
      const answer = await sendRaw(Number(url.port), ["GET /healthz HTTP/1.1", `Host: ${host}`]);
      expect([host, answer.split("\r\n", 1)[0]]).toEqual([host, "HTTP/1.1 200 OK"]);
    }
    const own = ["GET /healthz HTTP/1.1", `Host: ${url.host}`, `Origin: http://${url.host}`];
    expect(await sendRaw(Number(url.port), own)).toStartWith("HTTP/1.1 200 OK");
  });
});
