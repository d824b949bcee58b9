/** Answers whose head had to go out before anything was known, by a clock that is told when to move. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { parseChatRequest } from "../../../src/protocol/chat-request.ts";
import { refuse } from "../../../src/protocol/refusal.ts";
import { renderEvent } from "../../../src/protocol/sse.ts";
import { ROUTES } from "../../../src/router/routes.ts";
import type { Served, Turn } from "../../../src/router/turn.ts";
import { speakChat } from "../../../src/server/chat-dialect.ts";
import type { Dialect } from "../../../src/server/dialect.ts";
import { respondTurn } from "../../../src/server/respond.ts";
import { speakResponses } from "../../../src/server/responses-dialect.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";

const NOON_MS = Date.UTC(2026, 10, 22, 12);
const BY = { sessionId: "ses_1", profile: "alpha" };

function turnOf(body: Record<string, unknown>): { turn: Turn; chat: Dialect; responses: Dialect } {
  const messages = [{ role: "user", content: "Hello" }];
  const parsed = parseChatRequest(JSON.stringify({ model: "gpt-5.5", stream: true, messages, ...body }));
  if (parsed.kind === "refused") throw new Error(parsed.refusal.message);
  const { chat } = parsed;
  const signal = new AbortController().signal;
  const turn = {
    id: "turn_1",
    keyId: "key_1",
    route: ROUTES.turn,
    request: chat.request,
    form: null,
    previousResponseId: null,
    isContinuable: false,
    told: {},
    client: {},
    lane: null,
    signal,
    receivedAtMs: NOON_MS,
  };
  return { turn, chat: speakChat(turn, chat), responses: speakResponses(turn) };
}

function eventsOf(...events: readonly Record<string, unknown>[]): ReadableStream<Uint8Array> {
  return new Blob(
    events.map((event) => new Uint8Array(renderEvent(String(event["type"]), JSON.stringify(event)))),
  ).stream();
}

function aStream(body: ReadableStream<Uint8Array>): Served {
  return { kind: "stream", by: BY, headers: {}, body, finished: Promise.resolve(null), sanitised: false };
}

interface Late {
  readonly beat: string;
  readonly head: Headers;
  /** All that came, beats taken out. */
  readonly rest: string;
}

/** Serves only after the head hold and one keep-alive have passed. */
async function respondLate(turn: Turn, dialect: Dialect, served: Served): Promise<Late> {
  const clock = createVirtualClock(NOON_MS);
  const { promise: serving, resolve } = Promise.withResolvers<Served>();
  const responding = respondTurn({ turn, dialect, ignored: [], clock }, serving);
  await clock.advance(LIMITS.headHoldMs);
  const response = await responding;
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  const first = reader?.read();
  await clock.advance(LIMITS.keepAliveMs);
  const beat = new TextDecoder().decode((await first)?.value);
  resolve(served);
  let rest = "";
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) break;
    rest += new TextDecoder().decode(chunk.value);
  }
  return { beat, head: response.headers, rest };
}

const REFUSED: Served = {
  kind: "refused",
  by: BY,
  refusal: refuse(429, "usage_limit_reached", "usage_limit_reached", "Used up.", {
    details: { resets_at: 5 },
    beside: { accounts: [{ profile: "alpha" }] },
  }),
};

function answered(status: number, body: string): Served {
  return { kind: "answer", by: BY, status, headers: { "content-type": "application/json" }, body, sanitised: false };
}

describe("respondTurn(), when the head had to go out first", () => {
  test("a chat is kept by comments and told of a refusal in its own shape, the pool's state included", async () => {
    const { turn, chat } = turnOf({ seed: 5 });
    const late = await respondLate(turn, chat, REFUSED);
    expect(late.beat).toBe(": keepalive\n\n");
    expect(late.head.get("x-codexuse-ignored")).toBe("seed");
    expect(late.rest.startsWith("data: ") && late.rest.endsWith("\n\n")).toBe(true);
    expect(JSON.parse(late.rest.slice("data: ".length))).toEqual({
      error: {
        message: "Used up.",
        type: "usage_limit_reached",
        param: null,
        code: "usage_limit_reached",
        resets_at: 5,
      },
      accounts: [{ profile: "alpha" }],
    });
  });

  test("a Responses client is kept by data and told by response.failed", async () => {
    const { turn, responses } = turnOf({});
    const late = await respondLate(turn, responses, REFUSED);
    expect(late.beat).toBe('data: {"type":"keepalive"}\n\n');
    expect(late.rest.startsWith("event: response.failed\ndata: ")).toBe(true);
    expect(late.rest).toContain('"code":"usage_limit_reached"');
  });

  test.each([
    [
      '{"error":{"message":"Bad.","type":"invalid_request_error","param":"input","code":"invalid_value"}}',
      "invalid_value",
    ],
    ['{"detail":"Unsupported parameter: x"}', "upstream_error"],
    ["<html>no</html>", "upstream_error"],
  ])("upstream's words on a bad request become the last event: %p", async (body, code) => {
    const { turn, chat, responses } = turnOf({});
    const told = await respondLate(turn, chat, answered(400, body));
    expect(JSON.parse(told.rest.slice("data: ".length))).toMatchObject({ error: { code } });
    expect(told.rest).not.toContain("<html>");
    expect((await respondLate(turn, responses, answered(400, body))).rest).toContain(`"code":"${code}"`);
  });

  test("a stream that begins late is translated as any other", async () => {
    const { turn, chat } = turnOf({});
    const body = eventsOf(
      { type: "response.output_text.delta", output_index: 0, delta: "Hi" },
      { type: "response.completed", response: { id: "resp_1", status: "completed", output: [] } },
    );
    const late = await respondLate(turn, chat, aStream(body));
    expect(late.rest).toContain('"content":"Hi"');
    expect(late.rest.endsWith("data: [DONE]\n\n")).toBe(true);
  });
});

describe("respondTurn(), for a chat", () => {
  const { turn, chat } = turnOf({ stream: false, max_tokens: 50, seed: 5 });
  const plain: Turn = { ...turn, request: { ...turn.request, stream: false } };
  const clock = createVirtualClock(NOON_MS);

  async function respond(
    served: Served,
    ignored: readonly string[] = [],
  ): Promise<{ status: number; head: Headers; body: unknown }> {
    const answering = { turn: plain, dialect: chat, ignored, clock };
    const response = await respondTurn(answering, Promise.resolve(served));
    const body: unknown = JSON.parse(await response.text());
    return { status: response.status, head: response.headers, body };
  }

  test("names what was left out by the client's own names, once each", async () => {
    const served = answered(200, '{"id":"resp_1","output":[]}');
    if (served.kind !== "answer") throw new Error("no answer");
    const headers = { ...served.headers, "x-codexuse-ignored": "max_output_tokens, seed, user" };
    const { head } = await respond({ ...served, headers });
    expect(head.get("x-codexuse-ignored")).toBe("seed, max_tokens, user");
    const earlier = await respond({ ...served, headers }, ["input.reasoning"]);
    expect(earlier.head.get("x-codexuse-ignored")).toBe("seed, input.reasoning, max_tokens, user");
  });

  test("passes errors of OpenAI's shape on as they are and puts the others into it", async () => {
    const error = { message: "Bad.", type: "invalid_request_error", param: "input", code: null, extra: 1 };
    expect(await respond(answered(400, JSON.stringify({ error })))).toMatchObject({ status: 400, body: { error } });
    expect(await respond(answered(422, '{"detail":"Unsupported parameter: x"}'))).toMatchObject({
      status: 422,
      body: { error: { message: "Unsupported parameter: x", type: "invalid_request_error", param: null } },
    });
  });

  test.each([
    ["context_length_exceeded", 400],
    ["rate_limit_exceeded", 429],
    ["server_error", 502],
  ])("an answer that says itself that it failed is an error: %p", async (code, status) => {
    const failed = { id: "resp_1", status: "failed", error: { code, message: "Sorry." }, output: [] };
    const told = await respond(answered(200, JSON.stringify(failed)));
    expect(told).toMatchObject({ status, body: { error: { code, message: "Sorry." } } });
  });

  test("a client that leaves lets go of the engine's stream", async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
    const body = new ReadableStream<Uint8Array>({ cancel: resolve }, { highWaterMark: 0 });
    const answering = { turn, dialect: chat, ignored: [], clock };
    const response = await respondTurn(answering, Promise.resolve(aStream(body)));
    await response.body?.cancel("gone");
    expect(await cancelled).toBe("gone");
  });

  test("a stream that ends without any ending is told as broken", async () => {
    const body = eventsOf({ type: "response.output_text.delta", output_index: 0, delta: "Hi" });
    const answering = { turn, dialect: chat, ignored: [], clock };
    const served: Served = aStream(body);
    const text = await (await respondTurn(answering, Promise.resolve(served))).text();
    expect(text).toContain('"content":"Hi"');
    expect(text).toContain('"code":"upstream_stream_broken"');
    expect(text).not.toContain("[DONE]");
  });
});
