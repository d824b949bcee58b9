/** Plain HTTP, as scripts speak it, against the compiled program. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { connectionFault, httpAnswer } from "../../src/simulator/fault.ts";
import { type CurlAnswer, openCurl, readUntil } from "../support/run-curl.ts";
import { type BinaryPool, startBinary } from "../support/start-binary.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(60_000);

const ASK = { model: "gpt-5.5", input: "Say hello" };

function post(
  pool: BinaryPool,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<CurlAnswer> {
  const usual = { authorization: `Bearer ${pool.key}`, "content-type": "application/json" };
  return openCurl({ url: `${pool.baseUrl}/responses`, headers: { ...usual, ...headers }, body });
}

async function textOf(answer: Promise<CurlAnswer>): Promise<string> {
  return new Response((await answer).body).text();
}

test("a plain call is answered with one JSON document", async () => {
  const pool = await startBinary();
  const answer = JSON.parse(await textOf(post(pool, JSON.stringify(ASK))));
  expect(answer).toMatchObject({ object: "response", status: "completed", error: null });
  expect(answer.output[0].content[0].text).toBe("Echo: Say hello");
});

test("a stream shows what upstream has said while upstream still thinks, and ends with whoever reads it", async () => {
  const pool = await startBinary();
  const { script } = pool.chatgpt("alpha");
  script.reply("Hello there").fail(connectionFault("hang-mid-stream", { afterEvent: 5 }));
  const answer = await post(pool, JSON.stringify({ ...ASK, stream: true }));
  const text = await readUntil(answer.body, "Hello there");
  expect(text.match(/^event: .*/gm)?.[0]).toBe("event: response.created");
  expect(text).not.toContain("response.completed");
  answer.leave();
  await waitUntil("upstream is cancelled", () => pool.sim.turnsOf("alpha")[0]?.cancelled === true, 1_000);
  const whole = await textOf(post(pool, JSON.stringify({ ...ASK, stream: true })));
  expect(whole.match(/^event: .*/gm)?.at(-1)).toBe("event: response.completed");
});

test.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const)("a body packed with %s is read as what it holds", async (encoding, pack) => {
  const pool = await startBinary();
  const packed = pack(JSON.stringify({ ...ASK, input: "Grüße 🎉" }));
  const answer = JSON.parse(await textOf(post(pool, packed, { "content-encoding": encoding })));
  expect(answer.output[0].content[0].text).toBe("Echo: Grüße 🎉");
  expect(pool.upstreamTurns[0]?.headers.get("content-encoding")).toBeNull();
});

test("upstream's refusal of a bad request arrives byte for byte", async () => {
  const pool = await startBinary({ accounts: ["alpha", "beta"] });
  const said = '{ "error": {"message":"No.", "code":"bad_tool","type":"invalid_request_error","param":null}, "x":1.0 }';
  pool.sim.script.fail(httpAnswer(400, said));
  expect(await textOf(post(pool, JSON.stringify(ASK)))).toBe(said);
});
