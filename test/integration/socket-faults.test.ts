/** Sockets that break, lie or fall silent, upstream's above all: who is served nevertheless, and what the client is told. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/limits.ts";
import { reasoning, text } from "../../src/simulator/content.ts";
import {
  connectionFault,
  eventFault,
  type Fault,
  failure,
  httpAnswer,
  socketClose,
} from "../../src/simulator/fault.ts";
import { createLeapingClock } from "../support/leaping-clock.ts";
import { type Frame, type SocketClient, saidOf } from "../support/socket-client.ts";
import { connect, createOf, errorOf, lastInput, talk } from "../support/socket-talk.ts";
import { type Pool, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

const BOUND_MS = 10_000;

function attemptsOf(pool: Pool): unknown[] {
  return pool.events.flatMap((event) => (event.kind === "turn-settled" ? [event.turn.attempts] : []));
}

/** Those of the turn of that number, from 1, once it is settled. */
async function attemptsOfTurn(pool: Pool, number: number): Promise<unknown> {
  await waitUntil("the turn is settled", () => attemptsOf(pool).length >= number, BOUND_MS);
  return attemptsOf(pool)[number - 1];
}

function hasOutput(client: SocketClient): boolean {
  return client.frames.some(({ type }) => type.startsWith("response.output"));
}

function expectOneBeginning(frames: readonly Frame[]): void {
  expect(frames.filter(({ type }) => type === "response.created").length).toBe(1);
}

/** Nothing is held any more, here or there. */
async function expectAllFree(pool: Pool): Promise<void> {
  await waitUntil("no attempt runs", () => pool.inFlight() === 0, BOUND_MS);
  await waitUntil("nothing runs upstream", () => pool.sim.concurrency.now === 0, BOUND_MS);
}

/** Three events come before the output: created, in progress, and the first item. */
const CLOSES = [1006, 1009, 1011, 1012, 1000] as const;

describe("trap 32: an upstream socket that is closed", () => {
  test.each(CLOSES)("with %d before it said anything: the turn is served, unnoticed", async (code) => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail(socketClose(code, 0), { onCall: 2 });
    const { say } = await talk(pool);
    await say("one");
    const frames = await say("two");
    expect(saidOf(frames)).toBe("Echo: two");
    expectOneBeginning(frames);
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
    await expectAllFree(pool);
  });

  test.each(CLOSES)("with %d behind the opening events: the turn is served, unnoticed", async (code) => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail(socketClose(code, 2), { onCall: 2 });
    const { say } = await talk(pool);
    await say("one");
    const frames = await say("two");
    expect(saidOf(frames)).toBe("Echo: two");
    expectOneBeginning(frames);
    await expectAllFree(pool);
  });

  test.each(CLOSES)(
    "with %d after output: the client is told to ask again, and nothing is replayed (trap 18)",
    async (code) => {
      const pool = await startPool({ accounts: ["alpha", "beta"] });
      pool.sim.script.fail(socketClose(code, 6), { onCall: 2 });
      const { client, say } = await talk(pool);
      await say("one");
      const frames = await say("two");
      expectOneBeginning(frames);
      expect(errorOf(frames)).toMatchObject({ status: 500, code: "upstream_stream_broken" });
      expect(pool.sim.turnsOf().length).toBe(2);
      expect(client.closed()).toBeNull();
      expect(saidOf(await say("two"))).toBe("Echo: two");
      expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
      await expectAllFree(pool);
    },
  );

  test("with 1009, because a message is too large for it: the turn goes over HTTP (trap 34)", async () => {
    const pool = await startPool();
    pool.sim.settings.socket.messageBytesMax = 4_096;
    const { say } = await talk(pool);
    expect((await say("x".repeat(8_192))).at(-1)?.type).toBe("response.completed");
    expect(pool.sim.turnsOf().map(({ transport }) => transport)).toEqual(["http"]);
  });

  test("between two turns, and at once when opened: HTTP serves, and sockets are left alone for a while", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    const { say } = await talk(pool);
    await say("one");
    pool.sim.sockets[0]?.close(1011);
    await waitUntil("it is gone", () => pool.sim.sockets[0]?.isOpen === false, BOUND_MS);
    pool.sim.script.fail(socketClose(1011, 0), { matching: ({ path }) => path.endsWith("/responses"), times: 1 });
    expect(saidOf(await say("two"))).toBe("Echo: two");
    expect(saidOf(await say("three"))).toBe("Echo: three");
    expect(pool.sim.turnsOf().at(-1)?.transport).toBe("http");
    clock.leap(LIMITS.socketFailedMs);
    expect(saidOf(await say("four"))).toBe("Echo: four");
    expect(pool.sim.turnsOf().at(-1)?.transport).toBe("socket");
    await expectAllFree(pool);
  });
});

describe("trap 32: an upstream socket that is half open", () => {
  test("between two turns: it is asked before it is used, and another one serves", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    const { client, say } = await talk(pool);
    await say("one");
    pool.sim.sockets[0]?.goSilent();
    clock.leap(LIMITS.socketFreshMs);
    const answered = say("two");
    const isAnswered = { yet: false };
    void answered.then(() => {
      isAnswered.yet = true;
    });
    await waitUntil(
      "the pong is given up and another socket serves",
      () => {
        clock.leap(LIMITS.socketPongMs);
        return isAnswered.yet;
      },
      BOUND_MS,
    );
    expect(saidOf(await answered)).toBe("Echo: two");
    expect(pool.sim.sockets.length).toBe(2);
    expect(pool.sim.turnsOf().length).toBe(2);
    expect(client.closed()).toBeNull();
    await expectAllFree(pool);
  });

  test("before a turn's output: the silence is noticed by our own clock, and the turn is served elsewhere", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ accounts: ["alpha", "beta"], clock });
    pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 2 }), { onCall: 1 });
    const client = await connect(pool);
    client.send(createOf("one"));
    await waitUntil("upstream is asked", () => pool.sim.acceptedGenerations.length === 1, BOUND_MS);
    pool.sim.sockets[0]?.goSilent();
    const hasEnded = () => client.frames.some(({ type }) => type === "response.completed");
    await waitUntil(
      "it is served elsewhere",
      () => {
        if (!hasEnded()) clock.leap(LIMITS.upstreamSilenceMs / 4);
        return hasEnded();
      },
      BOUND_MS,
    );
    expect(saidOf(client.frames)).toBe("Echo: one");
    await expectAllFree(pool);
  });

  test("after output: the turn is cut, and a missed pong alone never cuts one", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    pool.sim.script.fail(connectionFault("hang-mid-stream", { afterEvent: 6 }), { onCall: 1 });
    const client = await connect(pool);
    client.send(createOf("one"));
    await waitUntil("output", () => hasOutput(client), BOUND_MS);
    pool.sim.sockets[0]?.goSilent();
    clock.leap(LIMITS.socketPingMs + LIMITS.socketPongMs);
    await waitUntil("a keep-alive", () => client.frames.some(({ type }) => type === "keepalive"), BOUND_MS);
    expect(pool.inFlight()).toBe(1);
    clock.leap(LIMITS.upstreamSilenceMs);
    expect(errorOf(await client.untilEnd())).toMatchObject({ status: 500, code: "upstream_stream_broken" });
    await expectAllFree(pool);
  });
});

describe("error frames of upstream", () => {
  const BARE = { type: "error", error: { type: "server_error", code: "server_error", message: "Something broke." } };

  test.each([
    ["without a status, before output", eventFault(BARE, 1)],
    ["with a status, as the first word", failure("server-error")],
    ["with a status behind the opening events", eventFault({ ...BARE, status: 500 }, 2)],
    ["of a spent account, with a status", failure("usage-limit")],
    ["of a spent account, behind the opening events", failure("failed-usage-limit", { afterEvent: 2 })],
    ["of a token that is no longer taken", failure("token-expired")],
  ] as const)("%s: the turn is served elsewhere or again, unnoticed (trap 3)", async (_, fault: Fault) => {
    const pool = await startPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail(fault, { onCall: 2 });
    const { say } = await talk(pool);
    await say("one");
    const frames = await say("two");
    expect(saidOf(frames)).toBe("Echo: two");
    expectOneBeginning(frames);
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
    await expectAllFree(pool);
  });

  test("without a status, after output: the client's has one, for without it the official client waits for ever", async () => {
    const pool = await startPool();
    pool.sim.script.fail(eventFault(BARE, 6));
    const frames = await (await connect(pool)).ask(createOf("one"));
    expect(errorOf(frames)).toMatchObject({ status: 500 });
    await expectAllFree(pool);
  });

  test("no error of any kind ever reaches the client without a status", async () => {
    const pool = await startPool();
    const client = await connect(pool);
    const faults: Fault[] = [
      failure("bad-request"),
      failure("error-event"),
      failure("error-event-nested", { afterEvent: 6 }),
      failure("invalid-encrypted-content"),
      failure("unprocessable"),
      eventFault({ type: "error", code: "invalid_prompt", message: "No." }, 2),
      eventFault({ type: "error", message: "No reason at all." }, 6),
      httpAnswer(404, { detail: "Not Found" }),
    ];
    for (const fault of faults) {
      pool.sim.script.fail(fault, { times: 4 });
      await client.ask(createOf("x"));
      pool.sim.script.clear();
    }
    const errors = client.frames.filter(({ type }) => type === "error");
    expect(errors.length).toBeGreaterThan(3);
    for (const frame of errors) expect(frame).toMatchObject({ status: expect.any(Number), error: expect.any(Object) });
  });
});

describe("what an upstream socket forgets", () => {
  test("trap 16: its hour is over: another one is given everything, and the client notices nothing", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    pool.sim.settings.socket.ageMsMax = 60_000;
    const { say } = await talk(pool);
    await say("one");
    clock.leap(60_000);
    const frames = await say("two");
    expect(saidOf(frames)).toBe("Echo: two");
    expect(pool.sim.sockets.map(({ messages }) => messages.length)).toEqual([2, 1]);
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
    expect(await attemptsOfTurn(pool, 2)).toMatchObject([{ outcome: "served" }]);
  });

  test("one that is nearly an hour old is given no further turn", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    const { say } = await talk(pool);
    await say("one");
    clock.leap(LIMITS.socketReuseMs);
    expect(saidOf(await say("two"))).toBe("Echo: two");
    expect(pool.sim.sockets.map(({ messages }) => messages.length)).toEqual([1, 1]);
  });

  test("trap 16: what it says it does not know is sent whole, on another one", async () => {
    const pool = await startPool();
    const { say } = await talk(pool);
    await say("one");
    pool.sim.script.fail("previous-response-not-found", { onCall: 2 });
    expect(saidOf(await say("two"))).toBe("Echo: two");
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
    expect(await attemptsOfTurn(pool, 2)).toMatchObject([{ outcome: "served" }]);
  });

  test("trap 16: a turn that does not strictly extend what it knows is sent whole", async () => {
    const pool = await startPool();
    const { client, say } = await talk(pool);
    await say("one");
    await client.ask(createOf("another beginning"));
    const messages = pool.sim.sockets[0]?.messages as { previous_response_id?: string; input: unknown[] }[];
    expect(messages.map((message) => [message.previous_response_id ?? null, message.input.length])).toEqual([
      [null, 1],
      [null, 1],
    ]);
  });

  test("what it says between two turns is nobody's: it is dropped, and no client sees it (trap 19)", async () => {
    const pool = await startPool();
    const { client, say } = await talk(pool);
    await say("one");
    const stray = { type: "response.output_text.delta", output_index: 0, delta: "somebody else's secret" };
    pool.sim.sockets[0]?.say({ type: "codex.rate_limits", rate_limits: {} });
    pool.sim.sockets[0]?.say(stray);
    await waitUntil("it is dropped", () => pool.sim.sockets[0]?.isOpen === false, BOUND_MS);
    expect(saidOf(await say("two"))).toBe("Echo: two");
    expect(JSON.stringify(client.frames)).not.toContain("secret");
    expect(pool.sim.sockets.length).toBe(2);
  });

  test("another response's events in the middle of one are never passed on (trap 19)", async () => {
    const pool = await startPool();
    const foreign = { type: "response.completed", response: { id: "resp_foreign", status: "completed", output: [] } };
    pool.sim.script.pace({ eventDelayMs: 20 });
    const client = await connect(pool);
    client.send(createOf("one"));
    await waitUntil("output", () => hasOutput(client), BOUND_MS);
    pool.sim.sockets[0]?.say(foreign);
    const frames = await client.untilEnd();
    expect(JSON.stringify(frames)).not.toContain("resp_foreign");
    expect(errorOf(frames)).toMatchObject({ status: 500, code: "upstream_stream_broken" });
  });
});

describe("an account without sockets", () => {
  test.each([426, 404, 403, 503])(
    "that answers the upgrade with %d is served over HTTP in the same try",
    async (status) => {
      const clock = createLeapingClock();
      const pool = await startPool({ clock });
      pool.sim.script.fail(httpAnswer(status, { detail: "no" }), { endpoint: "socket", times: "always" });
      const { say } = await talk(pool);
      expect(saidOf(await say("one"))).toBe("Echo: one");
      expect(saidOf(await say("two"))).toBe("Echo: two");
      expect(pool.sim.callsTo("socket").length).toBe(1);
      expect(await attemptsOfTurn(pool, 2)).toMatchObject([{ outcome: "served" }]);
      pool.sim.script.clear();
      clock.leap([404, 426].includes(status) ? LIMITS.socketRefusedMs : LIMITS.socketFailedMs);
      await (await connect(pool)).ask(createOf("three"));
      expect(pool.sim.turnsOf().map(({ transport }) => transport)).toEqual(["http", "http", "socket"]);
    },
  );

  test("that never answers the upgrade is served over HTTP when the time for it is up", async () => {
    const clock = createLeapingClock();
    const pool = await startPool({ clock });
    pool.sim.script.fail(connectionFault("hang-before-headers"), { endpoint: "socket" });
    const client = await connect(pool);
    client.send(createOf("one"));
    await waitUntil("the upgrade is asked for", () => pool.sim.callsTo("socket").length === 1, BOUND_MS);
    clock.leap(LIMITS.socketOpenMs);
    expect(saidOf(await client.untilEnd())).toBe("Echo: one");
  });

  test("an API key has none: its turns go over HTTP", async () => {
    const pool = await startPool({ accounts: [], apiKeyAccounts: ["direct"] });
    const { say } = await talk(pool);
    await say("one");
    expect(saidOf(await say("two"))).toBe("Echo: two");
    expect(lastInput(pool)).toEqual(["one", "Echo: one", "two"]);
    expect(pool.sim.callsTo("socket")).toEqual([]);
  });

  test("behind a proxy of its own no socket is opened past it", async () => {
    const pool = await startPool();
    const settings = pool.desk.settings();
    for (const profile of settings.profiles()) settings.updateProfile(profile.id, { proxyUrl: "http://127.0.0.1:1" });
    await (await connect(pool)).ask(createOf("one"));
    expect(pool.sim.callsTo("socket")).toEqual([]);
    expect(pool.sim.turnsOf()).toEqual([]);
  });
});

describe("trap 19: a hundred cancels among those who stay", () => {
  test.each(["socket", "http"])(
    "upstream over %s: nobody is given another's words, and nothing is held",
    async (way) => {
      const pool = await startPool({ accounts: ["alpha", "beta"] });
      pool.sim.settings.socket.enabled = way === "socket";
      pool.sim.onTurn((turn) => [reasoning("…"), text(`canary <${turn.lastUserText}> `.repeat(6))]);
      pool.sim.script.pace({ eventDelayMs: 1, deltaChars: 8 });
      const ROUNDS = 25;
      const SIDE_BY_SIDE = 8;
      const seen: { readonly mine: string; readonly frames: readonly Frame[]; readonly isWhole: boolean }[] = [];
      const round = async (number: number): Promise<void> => {
        const clients = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => connect(pool)));
        await Promise.all(
          clients.map(async (client, index) => {
            const mine = `r${number}c${index}`;
            client.send(createOf(mine));
            const leaves = index % 2 === 0;
            if (leaves) {
              // Each leaves at another moment, the first ones before anything has come.
              const enough = (number + index) % 14;
              await waitUntil("enough frames", () => client.frames.length >= enough, BOUND_MS);
              client.raw.terminate();
              // Comes back at once, as a person does who changed the question.
              const again = await connect(pool);
              const frames = await again.ask(createOf(`${mine}again`));
              seen.push({ mine: `${mine}again`, frames, isWhole: true });
              again.raw.close();
            } else await client.untilEnd();
            seen.push({ mine, frames: client.frames, isWhole: !leaves });
            client.raw.close();
          }),
        );
      };
      for (let number = 0; number < ROUNDS; number += 1) await round(number);
      expect(seen.filter(({ isWhole }) => !isWhole).length).toBe((ROUNDS * SIDE_BY_SIDE) / 2);
      for (const { mine, frames, isWhole } of seen) {
        const words = new Set(`${saidOf(frames)} ${JSON.stringify(frames)}`.match(/<r\d+c\d+(again)?>/g) ?? []);
        words.delete(`<${mine}>`);
        expect([...words], mine).toEqual([]);
        if (isWhole) expect(saidOf(frames)).toBe(`canary <${mine}> `.repeat(6));
      }
      await expectAllFree(pool);
      await waitUntil("every socket upstream is gone", () => pool.sim.sockets.every(({ isOpen }) => !isOpen), BOUND_MS);
      for (const name of ["alpha", "beta"]) expect(pool.sim.concurrencyOf(name).now).toBe(0);
      const began = new Set(seen.map(({ mine }) => mine)).size;
      expect(attemptsOf(pool).length).toBeLessThanOrEqual(began);
      expect(pool.sim.violations).toEqual([]);
      expect(pool.events.filter(({ kind }) => kind === "internal-error")).toEqual([]);
    },
    30_000,
  );
});
