/** The simulator's WebSocket: as strict as upstream is reported to be, so that a pool that passes here has earned it. */
import { describe, expect, onTestFinished, test } from "bun:test";
import type { SimChatgptAccount } from "../../src/simulator/account.ts";
import { connectionFault, httpAnswer, socketClose } from "../../src/simulator/fault.ts";
import { type ServedSimulator, serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { createLeapingClock } from "../support/leaping-clock.ts";
import { idOf, openSocket, type SocketClient, saidOf } from "../support/socket-client.ts";
import { createOf, errorOf, userItem } from "../support/socket-talk.ts";
import { waitUntil } from "../support/wait-until.ts";

const PATH = "/backend-api/codex/responses";
const BETA = "responses_websockets=2026-02-06";

interface Stage {
  readonly sim: Simulator;
  readonly anna: SimChatgptAccount;
  readonly served: ServedSimulator;
  readonly head: Readonly<Record<string, string>>;
}

async function setStage(options: SimulatorOptions = {}): Promise<Stage> {
  const sim = createSimulator(options);
  const anna = sim.addChatgptAccount({ name: "anna" });
  const served = await serveSimulator(sim);
  onTestFinished(() => served.stop());
  const head = {
    authorization: `Bearer ${anna.login().accessToken}`,
    "chatgpt-account-id": anna.accountId,
    "openai-beta": BETA,
  };
  return { sim, anna, served, head };
}

async function connect({ served, head }: Stage): Promise<SocketClient> {
  const client = await openSocket(served.origin, head, PATH);
  if (client === null) throw new Error("the simulator refused the upgrade");
  return client;
}

function ask(input: string | readonly unknown[], more: Readonly<Record<string, unknown>> = {}) {
  return createOf(input, { instructions: "", ...more });
}

describe("the upgrade", () => {
  test("needs a token, its own account and the beta header", async () => {
    const { sim, served, head } = await setStage();
    const { authorization, "openai-beta": beta } = head;
    for (const heads of [
      { "openai-beta": String(beta) },
      { authorization: String(authorization), "openai-beta": String(beta), "chatgpt-account-id": "another" },
      { ...head, "openai-beta": "" },
    ]) {
      expect(await openSocket(served.origin, heads, PATH)).toBeNull();
    }
    expect(sim.violations.map(({ kind }) => kind)).toEqual(["foreign-account-id"]);
    expect(await openSocket(served.origin, head, PATH)).not.toBeNull();
  });

  test.each([401, 403, 404, 426, 429, 503])("may be refused with %d", async (status) => {
    const { anna, served, head } = await setStage();
    anna.script.fail(httpAnswer(status, { detail: "no" }), { endpoint: "socket" });
    const headers = { ...head, upgrade: "websocket", connection: "Upgrade", "sec-websocket-key": "eA==" };
    expect((await fetch(`${served.origin}${PATH}`, { headers })).status).toBe(status);
    expect(await openSocket(served.origin, head, PATH)).not.toBeNull();
  });

  test("is answered 426 while sockets are switched off", async () => {
    const { sim, served, head } = await setStage({ socket: { enabled: false } });
    expect(await openSocket(served.origin, head, PATH)).toBeNull();
    expect(sim.callsTo("socket").map(({ status }) => status)).toEqual([426]);
  });
});

describe("a connection", () => {
  test("knows its last response, and answers follow-ups by what is new", async () => {
    const stage = await setStage();
    const client = await connect(stage);
    const handed = await client.ask(ask([userItem("before")], { generate: false }));
    expect(handed.map(({ type }) => type)).toEqual(["response.created", "response.completed"]);
    const first = await client.ask(ask("one", { previous_response_id: idOf(handed) }));
    await client.ask(ask("two", { previous_response_id: idOf(first) }));
    const turns: unknown[] = stage.sim
      .turnsOf()
      .map(({ transport, body }) => [transport, (body as { input: [] }).input.length]);
    expect(turns).toEqual([
      ["socket", 2],
      ["socket", 4],
    ]);
    expect(stage.sim.sockets[0]?.messages.length).toBe(3);
    const old = await client.ask(ask("three", { previous_response_id: idOf(first) }));
    expect(errorOf(old)).toMatchObject({ status: 400, code: "previous_response_not_found" });
  });

  test("forgets it when a turn fails, and it is unknown to any other connection", async () => {
    const stage = await setStage();
    const client = await connect(stage);
    const first = await client.ask(ask("one"));
    const elsewhere = await (await connect(stage)).ask(ask("two", { previous_response_id: idOf(first) }));
    expect(errorOf(elsewhere)).toMatchObject({ code: "previous_response_not_found" });
    stage.anna.script.fail("usage-limit");
    const limited = await client.ask(ask("two", { previous_response_id: idOf(first) }));
    expect(limited.at(-1)).toMatchObject({
      type: "error",
      status: 429,
      error: { type: "usage_limit_reached" },
      headers: { "x-codex-primary-used-percent": "100" },
    });
    const gone = await client.ask(ask("two", { previous_response_id: idOf(first) }));
    expect(errorOf(gone)).toMatchObject({ code: "previous_response_not_found" });
  });

  test("takes one response at a time, and a second is noted as a violation", async () => {
    const stage = await setStage();
    stage.sim.script.pace({ eventDelayMs: 10 });
    const client = await connect(stage);
    client.send(ask("one"));
    client.send(ask("two"));
    const refused = await client.untilEnd();
    expect(errorOf(refused)).toMatchObject({ status: 400, code: "response_in_progress" });
    expect(saidOf(await client.untilEnd(refused.length))).toBe("Echo: one");
    expect(stage.sim.violations.map(({ kind }) => kind)).toEqual(["socket-overlap"]);
  });

  test("is over after an hour", async () => {
    const clock = createLeapingClock();
    const client = await connect(await setStage({ clock }));
    expect(saidOf(await client.ask(ask("one")))).toBe("Echo: one");
    clock.leap(3_600_000);
    expect(errorOf(await client.ask(ask("two")))).toMatchObject({
      status: 400,
      code: "websocket_connection_limit_reached",
    });
    expect(await client.untilClosed()).toMatchObject({ code: 1000 });
  });

  test("is closed with 1009 by a message of more than it takes", async () => {
    const client = await connect(await setStage({ socket: { messageBytesMax: 10_000 } }));
    client.send(ask("x".repeat(10_000)));
    expect(await client.untilClosed()).toMatchObject({ code: 1009 });
  });

  test("takes large messages in pieces", async () => {
    const client = await connect(await setStage());
    const text = "Zwölf Boxkämpfer 🎉 ".repeat(100_000);
    expect((await client.ask(ask(text))).at(-1)?.type).toBe("response.completed");
  });

  test.each([1006, 1009, 1011, 1012])("is closed with %d where a script says so", async (code) => {
    const stage = await setStage();
    stage.anna.script.fail(socketClose(code, 3));
    const client = await connect(stage);
    const frames = await client.ask(ask("one"));
    expect(frames.at(-1)?.type).toBe("response.output_item.added");
    expect(await client.untilClosed()).toMatchObject({ code });
    expect(stage.sim.turnsOf().map(({ outcome }) => outcome)).toEqual(["cut"]);
    await waitUntil("it is gone", () => stage.sim.sockets[0]?.isOpen === false, 5_000);
  });

  test("answers pings until it is half open, and then says nothing more", async () => {
    const stage = await setStage();
    const client = await connect(stage);
    let pongs = 0;
    client.raw.addEventListener("pong", () => {
      pongs += 1;
    });
    client.raw.ping();
    await waitUntil("a pong", () => pongs === 1, 5_000);
    expect(stage.sim.sockets[0]?.pings).toBe(1);
    stage.sim.sockets[0]?.goSilent();
    client.raw.ping();
    client.send(ask("one"));
    const other = await connect(stage);
    expect(saidOf(await other.ask(ask("two")))).toBe("Echo: two");
    expect({ pongs, frames: client.frames, closed: client.closed() }).toEqual({ pongs: 1, frames: [], closed: null });
  });

  test("notices a client that leaves in mid-turn", async () => {
    const stage = await setStage();
    stage.anna.script.fail(connectionFault("hang-mid-stream"));
    const client = await connect(stage);
    client.send(ask("one"));
    await waitUntil("it began", () => client.frames.length > 0, 5_000);
    client.raw.terminate();
    await waitUntil("the turn is given up", () => stage.sim.turnsOf()[0]?.outcome === "cancelled", 5_000);
    expect(stage.sim.concurrency.now).toBe(0);
  });
});
