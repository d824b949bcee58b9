/** Heads and paths that parsers disagree about: nobody gets in, nothing is asked twice, and the server goes on. */
import { bodyOf, callRaw, sendRaw } from "../support/raw-client.ts";
import { comes } from "../support/wait-for.ts";
import { withDaemon } from "../support/with-daemon.ts";
import type { Trial } from "../trial.ts";

interface Trick {
  readonly name: string;
  /** KEY and HOST stand for what is right. Lines end at \n here and at CRLF on the wire. */
  readonly text: string;
  /** Statuses that are safe; 0 is a connection closed without an answer. */
  readonly safe: readonly number[];
  /** Answers on the one connection; more means that something was smuggled. */
  readonly answersMax?: number;
  /** Turns that upstream may see of it. */
  readonly turnsMax?: number;
}

const NOT_SERVED = [0, 400, 401, 403, 404, 405, 408, 411, 413, 414, 417, 431, 501, 505];
const ASK = '{"model":"gpt-5.5","input":"x","stream":false}';
const POST = "POST /v1/responses HTTP/1.1\nHost: HOST\nAuthorization: Bearer KEY\nContent-Type: application/json\n";
const SMUGGLED = "GET /v1/models HTTP/1.1\nHost: HOST\nAuthorization: Bearer KEY\n\n";
const GET = "GET /v1/models HTTP/1.1\nHost: HOST\n";

/** Framing of bodies. Either it is refused, or one meaning counts and the connection carries nothing else. */
const FRAMING: readonly Trick[] = [
  ["length and chunks", `Content-Length: ${ASK.length}\nTransfer-Encoding: chunked\n\n0\n\n${SMUGGLED}`],
  ["chunks and length", `Transfer-Encoding: chunked\nContent-Length: 4\n\n0\n\n${SMUGGLED}`],
  ["two lengths", `Content-Length: 3\nContent-Length: ${ASK.length}\n\n${ASK}${SMUGGLED}`],
  ["a list of lengths", `Content-Length: 3, ${ASK.length}\n\n${ASK}`],
  ["a length with a sign", `Content-Length: +${ASK.length}\n\n${ASK}`],
  ["a negative length", `Content-Length: -1\n\n${ASK}`],
  ["a length in hex", `Content-Length: 0x2e\n\n${ASK}`],
  ["a length beyond numbers", `Content-Length: 99999999999999999999999999\n\n${ASK}`],
  ["a length with a space inside", `Content-Length: 4 6\n\n${ASK}`],
  ["an empty length", `Content-Length:\n\n${ASK}`],
  ["an unknown coding", `Transfer-Encoding: xchunked\n\n${ASK}`],
  ["chunked twice", `Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n0\n\n`],
  ["chunked before another", `Transfer-Encoding: chunked, identity\n\n0\n\n`],
  ["a space before the colon", `Transfer-Encoding : chunked\nContent-Length: 5\n\n0\n\n${SMUGGLED}`],
  ["a folded coding", `Transfer-Encoding:\n chunked\nContent-Length: 5\n\n0\n\n${SMUGGLED}`],
  ["a chunk beyond numbers", `Transfer-Encoding: chunked\n\nFFFFFFFFFFFFFFFFFF\n${ASK}\n0\n\n`],
  ["a negative chunk", `Transfer-Encoding: chunked\n\n-5\n${ASK}\n0\n\n`],
  ["a chunk that is no number", `Transfer-Encoding: chunked\n\nzz\n${ASK}\n0\n\n`],
  ["a chunk longer than said", `Transfer-Encoding: chunked\n\n3\n${ASK}\n0\n\n`],
].map(([name = "", text = ""]) => ({
  name,
  text: `${POST}${text}`,
  safe: [...NOT_SERVED, 200],
  answersMax: 1,
  turnsMax: 1,
}));

/** Ways to a route without its key. */
const PATHS: readonly Trick[] = [
  ...[
    "//v1/models",
    "/v1//models",
    "/%76%31/models",
    "/v1/%6dodels",
    "/V1/models",
    "/v1/models/",
    "/v1/./models",
    "/x/../v1/models",
  ],
  ...[
    "/v1/models%00",
    "/v1/models%2f",
    "/v1/models;a=b",
    "/v1/models?access_token=KEY",
    "/v1/models#x",
    "/healthz/../v1/models",
  ],
  ...["/healthz%2f..%2fv1%2fmodels", "/..%5cv1%5cmodels", "\\v1\\models", "/v1/models/%ff", "*"],
  ...[
    "http://127.0.0.1/v1/models",
    "http://evil.example/v1/models",
    "/v1/responses/%27%20OR%201=1--",
    `/${"a".repeat(8_000)}`,
  ],
].map((path) => ({
  name: `path ${path.slice(0, 40)}`,
  text: `GET ${path} HTTP/1.1\nHost: HOST\nConnection: close\n\n`,
  safe: NOT_SERVED,
}));

const HEADS: readonly Trick[] = [
  ["a folded key", `${GET}Authorization: Bearer\n KEY\nConnection: close\n\n`],
  ["a key behind another name", `${GET}X: y\n\tAuthorization: Bearer KEY\nConnection: close\n\n`],
  ["a key in lower case words", `${GET}Authorization: bearer KEY\nConnection: close\n\n`],
  ["a key with a NUL", `${GET}Authorization: Bearer KEY\u0000\nConnection: close\n\n`],
  ["a key and more", `${GET}Authorization: Bearer KEYx\nConnection: close\n\n`],
  ["a key without its end", `${GET}Authorization: Bearer cux_pool_\nConnection: close\n\n`],
  ["a key by another scheme", `${GET}Authorization: Basic KEY\nConnection: close\n\n`],
  ["a key as a cookie", `${GET}Cookie: Authorization=Bearer KEY\nConnection: close\n\n`],
  ["two hosts", `GET /v1/models HTTP/1.1\nHost: HOST\nHost: evil.example\nConnection: close\n\n`],
  ["no host", "GET /v1/models HTTP/1.1\nAuthorization: Bearer KEY\nConnection: close\n\n"],
  ["an old version without host", "GET /v1/models HTTP/1.0\nAuthorization: Bearer KEY\n\n"],
  ["no version", "GET /v1/models\n\n"],
  ["a version to come", `GET /v1/models HTTP/9.9\nHost: HOST\nAuthorization: Bearer KEY\nConnection: close\n\n`],
  ["the opening of HTTP/2", "PRI * HTTP/2.0\n\nSM\n\n"],
  ["the opening of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"],
  ["noise", "\u0000\u0001\u0002\u00ff\u00fe\n\n\n\n"],
  ["an unknown method", `FOO /v1/models HTTP/1.1\nHost: HOST\nAuthorization: Bearer KEY\nConnection: close\n\n`],
  ["TRACE", `TRACE /v1/models HTTP/1.1\nHost: HOST\nAuthorization: Bearer KEY\nConnection: close\n\n`],
  ["a port that cannot be", "GET / HTTP/1.1\nHost: localhost:99999\nConnection: close\n\n"],
  ["CONNECT", `CONNECT 127.0.0.1:22 HTTP/1.1\nHost: HOST\nAuthorization: Bearer KEY\nConnection: close\n\n`],
  ["a method of a kilobyte", `${"G".repeat(1_024)} / HTTP/1.1\nHost: HOST\n\n`],
  ["a head of 100 KiB", `${GET}Authorization: Bearer KEY\nX: ${"y".repeat(100 * 1_024)}\nConnection: close\n\n`],
  ["5,000 headers", `${GET}Authorization: Bearer KEY\n${"X: y\n".repeat(5_000)}Connection: close\n\n`],
  [
    "a path of 100 KiB",
    `GET /${"a".repeat(100 * 1_024)} HTTP/1.1\nHost: HOST\nAuthorization: Bearer KEY\nConnection: close\n\n`,
  ],
  ["a NUL in a name", `${GET}X\u0000Y: z\nConnection: close\n\n`],
  ["a header without a name", `${GET}: z\nConnection: close\n\n`],
  ["an upgrade to another protocol", `${GET}Connection: Upgrade\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__\n\n`],
  ["an expectation", `${POST}Expect: 200-miracle\nContent-Length: 0\nConnection: close\n\n`],
].map(([name = "", text = ""]) => ({ name, text, safe: NOT_SERVED }));

const TRICKS: readonly Trick[] = [...FRAMING, ...PATHS, ...HEADS];
/** A connection that is kept for more is closed by us. */
const ANSWER_MS = 400;

function toWire(text: string, port: number, key: string): Buffer {
  const filled = text.replaceAll("HOST", `127.0.0.1:${port}`).replaceAll("KEY", key);
  return Buffer.from(filled.replaceAll("\n", "\r\n"), "latin1");
}

async function run() {
  return withDaemon({ accounts: 1 }, async ({ home, daemon, breaches }) => {
    home.sim.reply("served");
    for (const trick of TRICKS) {
      const before = home.sim.turnsOf().length;
      const call = sendRaw(daemon.port, toWire(trick.text, daemon.port, home.key));
      await Promise.race([call.over, comes(() => false, ANSWER_MS)]);
      call.abort();
      const text = call.text();
      const answers = text.split("HTTP/1.1 ").length - 1;
      const turns = home.sim.turnsOf().length - before;
      breaches.expect(trick.safe.includes(call.status()), `${trick.name}: answered with ${call.status()}`);
      breaches.expect(answers <= (trick.answersMax ?? 1), `${trick.name}: ${answers} answers on one connection`);
      breaches.expect(turns <= (trick.turnsMax ?? 0), `${trick.name}: ${turns} turns went upstream`);
      breaches.expect(!text.includes(home.key), `${trick.name}: the key is repeated`);
      breaches.expect(!text.includes('"object":"list"'), `${trick.name}: the list of models was given`);
    }
    const good = await callRaw(daemon.port, { key: home.key, body: bodyOf("x", "after") });
    breaches.expect(good.text().includes("response.completed"), `a good request got ${good.status()} afterwards`);
    return {
      name: "smuggling",
      tried: `${FRAMING.length} framings, ${PATHS.length} paths, ${HEADS.length} heads on bare sockets`,
      found: "no way in, nothing smuggled, the next request served",
    };
  });
}

export const wireTricksTrial: Trial = { name: "smuggling", run };
