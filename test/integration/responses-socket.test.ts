/** The Responses WebSocket as its clients have it, whichever way upstream is asked: real server, simulator on a socket. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/limits.ts";
import { revokeKey } from "../../src/operations/revoke-key.ts";
import { functionCall, reasoning, text } from "../../src/simulator/content.ts";
import { connectionFault } from "../../src/simulator/fault.ts";
import { createLeapingClock } from "../support/leaping-clock.ts";
import { idOf, openSocket, saidOf } from "../support/socket-client.ts";
import { connect, createOf, errorOf, lastInput, talk, userItem } from "../support/socket-talk.ts";
import { type Pool, type PoolOptions, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

const TRANSPORTS = ["socket", "http"] as const;
type Transport = (typeof TRANSPORTS)[number];

async function start(transport: Transport, options: PoolOptions = {}): Promise<Pool> {
  const pool = await startPool(options);
  pool.sim.settings.socket.enabled = transport === "socket";
  return pool;
}

describe("the upgrade", () => {
  test("is refused without a key, with a wrong one, from another host and from a web page (trap 43)", async () => {
    const pool = await startPool();
    const authorization = `Bearer ${pool.key}`;
    const heads: Record<string, string>[] = [
      {},
      { authorization: "Bearer cux_pool_nonsense" },
      { authorization, host: "127.0.0.1.evil.example" },
      { authorization, origin: "http://evil.example" },
    ];
    for (const head of heads) expect(await openSocket(pool.origin, head), JSON.stringify(head)).toBeNull();
    expect(await openSocket(pool.origin, { authorization })).not.toBeNull();
    expect(await openSocket(`${pool.origin}`, { authorization }, "/v1/models")).toBeNull();
  });

  test("says why in the words of the API", async () => {
    const pool = await startPool();
    const ask = (headers: Record<string, string>) => fetch(`${pool.origin}/v1/responses`, { headers });
    const refused = await ask({ upgrade: "websocket", connection: "Upgrade" });
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 401,
      body: { error: { code: "missing_key" } },
    });
    const plain = await ask({ authorization: `Bearer ${pool.key}` });
    expect({ status: plain.status, body: await plain.json() }).toMatchObject({
      status: 426,
      body: { error: { code: "upgrade_required" } },
    });
  });
});

describe.each(TRANSPORTS)("a conversation, upstream over %s", (transport) => {
  test("goes on from the last response with new input only; upstream is given the whole", async () => {
    const pool = await start(transport);
    const { say } = await talk(pool);
    expect(saidOf(await say("one"))).toBe("Echo: one");
    expect(saidOf(await say("two"))).toBe("Echo: two");
    const frames = await say("three");
    expect(saidOf(frames)).toBe("Echo: three");
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two", "Echo: two", "three"]);
    expect(frames[0]).toMatchObject({ type: "response.metadata", headers: { "x-codexuse-profile": "alpha" } });
    expect(pool.sim.violations).toEqual([]);
  });

  test("begins with what was handed over beforehand, and upstream hears nothing of that yet", async () => {
    const pool = await start(transport);
    const { client } = await talk(pool);
    const developer = { type: "message", role: "developer", content: [{ type: "input_text", text: "be brief" }] };
    const handed = await client.ask(createOf([developer], { generate: false }));
    expect(handed.map(({ type }) => type)).toEqual(["response.created", "response.completed"]);
    expect(pool.sim.turnsOf()).toEqual([]);
    await client.ask(createOf("hello", { previous_response_id: idOf(handed) }));
    expect(lastInput(pool)).toEqual(["be brief", "hello"]);
  });

  test("is told in the same events as over HTTP, with the whole output at the end", async () => {
    const pool = await start(transport);
    const { client } = await talk(pool);
    const overSocket = await client.ask(createOf("hello"));
    const posted = await (await pool.post("/v1/responses", { ...createOf("hello"), type: undefined })).text();
    const overHttp = [...posted.matchAll(/^event: (.+)$/gm)].map((match) => match[1]);
    expect(overSocket.map(({ type }) => type).filter((type) => type !== "response.metadata")).toEqual(
      overHttp.map(String),
    );
    expect(overSocket.at(-1)).toMatchObject({
      response: { status: "completed", output: [{ content: [{ text: "Echo: hello" }] }] },
    });
  });

  test("trap 16: an id of another connection, of none, or of this one's past is not found; the whole input is", async () => {
    const pool = await start(transport);
    const mine = await talk(pool);
    const other = await talk(pool);
    await mine.say("one");
    const first = mine.last();
    await other.say("elsewhere");
    for (const id of [other.last(), "resp_of_nobody"]) {
      const frames = await mine.client.ask(createOf("two", { previous_response_id: id }));
      expect(errorOf(frames)).toMatchObject({ status: 400, code: "previous_response_not_found" });
    }
    await mine.say("two");
    const past = await mine.client.ask(createOf("three", { previous_response_id: first }));
    expect(errorOf(past)).toMatchObject({ status: 400, code: "previous_response_not_found" });
    const whole = await mine.client.ask(createOf([userItem("one"), userItem("three")]));
    expect(saidOf(whole)).toBe("Echo: three");
    expect(lastInput(pool)).toEqual(["one", "three"]);
  });

  test("trap 16: one that is to be stored can be gone on from anywhere", async () => {
    const pool = await start(transport);
    const first = await talk(pool);
    await first.say("one", { store: true });
    const second = await connect(pool);
    await second.ask(createOf("two", { previous_response_id: first.last() }));
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
  });

  test("trap 17: a call without an output, because its turn was interrupted, is answered for the client", async () => {
    const pool = await start(transport);
    const { say } = await talk(pool);
    pool.sim.script.reply(functionCall("shell", { command: ["ls"] }), { times: 1 });
    await say("list the files");
    expect(saidOf(await say("never mind"))).toBe("Echo: never mind");
    expect(lastInput(pool)).toEqual(["list the files", "function_call", "function_call_output", "never mind"]);
  });

  test("moves to another account with everything in it, and the client sees one beginning (trap 1)", async () => {
    const pool = await start(transport, { accounts: ["alpha", "beta"] });
    const { say } = await talk(pool);
    await say("one");
    const home = pool.sim.turnsOf().at(-1)?.account ?? "";
    pool.chatgpt(home).setUsed(100);
    const frames = await say("two");
    expect(saidOf(frames)).toBe("Echo: two");
    expect(frames.filter(({ type }) => type === "response.created").length).toBe(1);
    expect(pool.sim.turnsOf().at(-1)?.account).not.toBe(home);
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
    expect(saidOf(await say("three"))).toBe("Echo: three");
    expect(pool.sim.violations).toEqual([]);
  });

  test("left once what only its old home can read, it is not asked to read that again (trap 14)", async () => {
    const pool = await start(transport, { accounts: ["alpha", "beta"] });
    pool.sim.onTurn((turn) => [reasoning("…"), text(`Echo: ${turn.lastUserText}`)]);
    const { say } = await talk(pool);
    await say("one");
    pool.chatgpt(pool.sim.turnsOf().at(-1)?.account ?? "").setUsed(100);
    await say("two");
    const before = pool.sim.turnsOf().length;
    await say("three");
    await say("four");
    expect(pool.sim.turnsOf().length).toBe(before + 2);
    expect(lastInput(pool)).toEqual([
      "one",
      "Echo: one",
      "two",
      "reasoning",
      "Echo: two",
      "three",
      "reasoning",
      "Echo: three",
      "four",
    ]);
    if (transport === "socket") {
      const sizes = pool.sim.sockets.at(-1)?.messages.map((message) => (message as { input: unknown[] }).input.length);
      expect(sizes?.slice(-2)).toEqual([1, 1]);
    }
  });

  test("carries the turn state in metadata, and back to the account that gave it alone", async () => {
    const pool = await start(transport, { accounts: ["alpha", "beta"] });
    const { say } = await talk(pool);
    const headers = (await say("one"))[0]?.["headers"] as Record<string, string>;
    const metadata = { client_metadata: { "x-codex-turn-state": headers["x-codex-turn-state"], kept: "yes" } };
    await say("two", metadata);
    const { headers: sent, account, body } = pool.sim.turnsOf().at(-1) ?? {};
    expect(sent?.["x-codex-turn-state"]).toBe(headers["x-codex-turn-state"] ?? "missing");
    expect(body).toMatchObject({ client_metadata: { kept: "yes" } });
    pool.chatgpt(String(account)).setUsed(100);
    expect(saidOf(await say("three", metadata))).toBe("Echo: three");
    expect(pool.sim.turnsOf().at(-1)?.headers["x-codex-turn-state"]).toBeUndefined();
    expect(JSON.stringify(pool.sim.turnsOf().at(-1)?.body)).not.toContain("x-codex-turn-state");
    expect(pool.sim.violations).toEqual([]);
  });

  test("tells nothing of the account's quota", async () => {
    const pool = await start(transport);
    const { client, say } = await talk(pool);
    await say("one");
    expect(JSON.stringify(client.frames)).not.toMatch(/used-percent|rate_limits|x-codex-primary|plan_type/);
  });
});

describe("what a connection takes", () => {
  test("one response at a time: a second one is refused, the first goes on", async () => {
    const pool = await startPool();
    pool.sim.script.pace({ eventDelayMs: 20 });
    const client = await connect(pool);
    client.send(createOf("first"));
    client.send(createOf("second"));
    const refused = await client.untilEnd();
    expect(errorOf(refused)).toMatchObject({ status: 400, code: "response_in_progress" });
    expect(saidOf(await client.untilEnd(refused.length))).toBe("Echo: first");
    expect(saidOf(await client.ask(createOf("third")))).toBe("Echo: third");
    expect(pool.sim.violations).toEqual([]);
  });

  test.each([
    ["no JSON", "{not json", "invalid_json"],
    ["another event", { type: "response.steer" }, "unknown_event"],
    ["no type", { model: "gpt-5.5" }, "unknown_event"],
    ["no model", { type: "response.create", input: [] }, "missing_required_parameter"],
    ["a stream of its own", createOf("x", { stream_id: "s1" }), "unsupported_parameter"],
    ["a conversation", createOf("x", { conversation: "conv_1" }), "unsupported_parameter"],
  ])("%s is refused with a status and the connection goes on", async (_, message, code) => {
    const pool = await startPool();
    const client = await connect(pool);
    expect(errorOf(await client.ask(message))).toMatchObject({ status: 400, code });
    expect(saidOf(await client.ask(createOf("still here")))).toBe("Echo: still here");
  });

  test("a model that is not published is refused as over HTTP", async () => {
    const pool = await startPool();
    const client = await connect(pool);
    const frames = await client.ask(createOf("x", { model: "gpt-nonsense" }));
    expect(errorOf(frames)).toMatchObject({ status: 404, code: "model_not_found" });
  });

  test("binary messages end it", async () => {
    const pool = await startPool();
    const client = await connect(pool);
    client.raw.send(new Uint8Array([1, 2, 3]));
    expect(await client.untilClosed()).toMatchObject({ code: 1003 });
  });

  test("a large message is served, over HTTP where a socket upstream would not take it (traps 32 and 34)", async () => {
    const pool = await startPool();
    const { say } = await talk(pool);
    await say("small");
    expect((await say("x".repeat(17 * 1024 * 1024))).at(-1)?.type).toBe("response.completed");
    await say("small again");
    expect(pool.sim.turnsOf().map(({ transport }) => transport)).toEqual(["socket", "http", "http"]);
  });

  test("an oversize message is refused in words, not with 1009 or 413 (traps 32 and 34)", async () => {
    const pool = await startPool();
    const client = await connect(pool);
    client.send(createOf("x".repeat(LIMITS.bodyBytesMax)));
    expect(errorOf(await client.untilEnd())).toMatchObject({ status: 400, code: "request_too_large" });
    expect(saidOf(await client.ask(createOf("small")))).toBe("Echo: small");
  });

  test.each(TRANSPORTS)(
    "a client that stops reading for a while gets everything after all, upstream over %s",
    async (way) => {
      const pool = await start(way);
      const said = "0123456789".repeat(150_000);
      pool.sim.script.reply(said).pace({ deltaChars: 100_000 });
      const client = await connect(pool);
      client.send(createOf("much"));
      await waitUntil("some output", () => client.frames.some(({ type }) => type.startsWith("response.output")), 5_000);
      client.raw.pause();
      const before = client.frames.length;
      await waitUntil("it is being answered", () => pool.sim.acceptedGenerations.length === 1, 5_000);
      expect(client.frames.length).toBe(before);
      client.raw.resume();
      expect(saidOf(await client.untilEnd())).toBe(said);
      expect(pool.inFlight()).toBe(0);
    },
  );

  test("pings are answered, also while a response runs (trap 32)", async () => {
    const pool = await startPool();
    pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 5 }));
    const client = await connect(pool);
    let pongs = 0;
    client.raw.addEventListener("pong", () => {
      pongs += 1;
    });
    client.raw.ping();
    await waitUntil("a pong while idle", () => pongs === 1, 5_000);
    client.send(createOf("hang"));
    await waitUntil("some output", () => client.frames.some(({ type }) => type.startsWith("response.output")), 5_000);
    client.raw.ping();
    await waitUntil("a pong while busy", () => pongs === 2, 5_000);
    client.raw.terminate();
  });

  test("a quiet upstream is bridged by keep-alives that the official client's patience sees (trap 28)", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    pool.sim.script.fail(connectionFault("hang-before-headers"));
    const client = await connect(pool);
    client.send(createOf("hang"));
    await waitUntil("upstream is asked", () => pool.sim.turnsOf().length === 1, 5_000);
    clock.leap(LIMITS.keepAliveMs);
    await waitUntil("a keep-alive", () => client.frames.some(({ type }) => type === "keepalive"), 5_000);
    client.raw.terminate();
  });
});

describe("what a client is told when it cannot be served", () => {
  test("every account has run dry: the limit and when it ends (trap 2)", async () => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    for (const name of ["alpha", "beta"]) pool.chatgpt(name).setUsed(100);
    const frames = await (await connect(pool)).ask(createOf("x"));
    expect(frames.at(-1)).toMatchObject({
      type: "error",
      status: 429,
      error: { type: "usage_limit_reached", resets_at: expect.any(Number) },
      headers: { "retry-after": expect.any(String) },
      accounts: [{ profile: expect.any(String) }, { profile: expect.any(String) }],
    });
  });

  test("the pool is off, and the reason is said; on again, the same connection serves", async () => {
    const pool = await startPool();
    const client = await connect(pool);
    pool.desk.settings().updatePool({ enabled: false });
    expect(errorOf(await client.ask(createOf("x")))).toMatchObject({ status: 503, code: "pool_disabled" });
    pool.desk.settings().updatePool({ enabled: true });
    expect(saidOf(await client.ask(createOf("x")))).toBe("Echo: x");
  });

  test("a momentary rate limit of all: how long to wait, in the words the official client heeds", async () => {
    const pool = await startPool();
    pool.sim.script.fail("rate-limit", { times: "always" });
    const frames = await (await connect(pool)).ask(createOf("x"));
    expect(frames.at(-1)).toMatchObject({
      type: "response.failed",
      response: {
        error: { code: "rate_limit_exceeded", message: expect.stringMatching(/try again in \d+s\.$/) },
      },
    });
  });

  test.each(TRANSPORTS)("a bad request: upstream's own words, upstream over %s", async (transport) => {
    const pool = await start(transport);
    pool.sim.script.fail("context-length-exceeded");
    const frames = await (await connect(pool)).ask(createOf("x"));
    expect(errorOf(frames)).toEqual({
      status: 400,
      code: "context_length_exceeded",
      message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
    });
  });

  test("a key that is revoked stops at the next request of its connection", async () => {
    const pool = await startPool();
    const client = await connect(pool);
    expect(saidOf(await client.ask(createOf("x")))).toBe("Echo: x");
    const [key] = pool.desk.runtime("daemon").keys();
    await revokeKey.run(pool.desk, { runtime: "daemon", id: key?.id ?? "" });
    expect(errorOf(await client.ask(createOf("y")))).toMatchObject({ status: 401, code: "revoked_key" });
    expect(pool.sim.turnsOf().length).toBe(1);
  });
});

describe("the end of a connection", () => {
  test("comes after an hour, between two responses, with a code that makes clients connect anew", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    const client = await connect(pool);
    expect(saidOf(await client.ask(createOf("x")))).toBe("Echo: x");
    clock.leap(LIMITS.socketMs);
    expect(await client.untilClosed()).toMatchObject({ code: 1001 });
  });

  test("waits on stop for the response that runs, and no further one begins", async () => {
    const pool = await startPool();
    pool.sim.script.pace({ eventDelayMs: 30 });
    const [busy, idle] = [await connect(pool), await connect(pool)];
    busy.send(createOf("last words"));
    await waitUntil("it runs", () => pool.inFlight() === 1, 5_000);
    const stopped = pool.stop();
    expect(await idle.untilClosed()).toMatchObject({ code: 1012 });
    expect(await openSocket(pool.origin, { authorization: `Bearer ${pool.key}` })).toBeNull();
    expect(saidOf(await busy.untilEnd())).toBe("Echo: last words");
    expect(await busy.untilClosed()).toMatchObject({ code: 1012 });
    await stopped;
  });

  test("by the client in mid-turn cancels upstream, frees the slot and blames nobody (trap 37)", async () => {
    const pool = await startPool();
    pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 5 }));
    const client = await connect(pool);
    client.send(createOf("x"));
    await waitUntil("some output", () => client.frames.some(({ type }) => type.startsWith("response.output")), 5_000);
    client.raw.terminate();
    const { turn } = await pool.eventOf("turn-settled");
    expect(turn).toMatchObject({ end: "client-left", status: 499 });
    expect(pool.inFlight()).toBe(0);
    await waitUntil("upstream's socket is gone", () => pool.sim.sockets.every(({ isOpen }) => !isOpen), 5_000);
    await waitUntil("nothing runs there", () => pool.sim.concurrency.now === 0, 5_000);
    expect(saidOf(await (await connect(pool)).ask(createOf("again")))).toBe("Echo: again");
  });
});
