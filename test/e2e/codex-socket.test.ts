/**
 * The real Codex CLI on one WebSocket, against a pool whose upstream has sockets too, and one whose upstream has none: what
 * matters is that its task gets done, whatever happens to either connection.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningRuntime, startRuntime } from "../../src/app.ts";
import { reasoning, text } from "../../src/simulator/content.ts";
import { type Fault, httpAnswer, socketClose } from "../../src/simulator/fault.ts";
import type { SimTurn } from "../../src/simulator/script.ts";
import { shellCall } from "../../src/simulator/turn.ts";
import { createLeapingClock } from "../support/leaping-clock.ts";
import { type Codex, installCodex, readStory } from "../support/run-codex.ts";
import { describeRun, expectExit, type ProcessRun } from "../support/run-process.ts";
import { type Pool, type PoolOptions, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;
const WORDS = "one two three four";
/** The shell waits for the test before it writes this one. */
const WAIT = "wait";

/** The model of these tasks: one shell call for each word of the prompt, with thoughts that are tied to its account. */
function workOff(turn: SimTurn) {
  const words = turn.lastUserText.trim().split(/\s+/);
  const next = words[turn.toolOutputs.length];
  const before = next === WAIT ? "until [ -e go ]; do sleep 0.01; done; " : "";
  const command = `${before}echo ${next} | tee -a lines.txt`;
  if (next !== undefined) return [reasoning(`Next is ${next}`), shellCall(turn, command)];
  const seen = words.filter((word, index) => turn.toolOutputs[index]?.includes(word));
  return [reasoning("All done"), text(`Written: ${seen.join(" ")}`)];
}

/** The task was finished: each word is in the file once, and the model saw what the shell answered. */
function expectDone(codex: Codex, run: ProcessRun, words = WORDS): void {
  expectExit(run, 0);
  const { said, failure } = readStory(run);
  expect({ said, failure }, describeRun(run)).toEqual({ said: `Written: ${words}`, failure: null });
  const lines = readFileSync(join(codex.workspace, "lines.txt"), "utf8").trim().split("\n");
  expect(lines.slice(-words.split(" ").length), describeRun(run)).toEqual(words.split(" "));
}

const TRANSPORTS = ["socket", "http"] as const;
type Transport = (typeof TRANSPORTS)[number];

async function startPair(transport: Transport, options: PoolOptions = {}): Promise<Pool> {
  const pool = await startPool({ accounts: ["alpha", "beta"], ...options });
  pool.sim.settings.socket.enabled = transport === "socket";
  pool.sim.onTurn(workOff);
  return pool;
}

/** Does it once, when the turn with this number is being answered. */
function onTurn(pool: Pool, number: number, act: (turn: SimTurn) => void): void {
  pool.sim.onTurn((turn) => {
    if (turn.overallCall === number) act(turn);
    return workOff(turn);
  });
}

function install(pool: Pool, model = "gpt-5.5"): Codex {
  return installCodex({ baseUrl: pool.baseUrl, key: pool.key }, { sockets: true, model });
}

/** How upstream was asked: one letter a turn. */
function waysOf(pool: Pool): string {
  return pool.sim
    .turnsOf()
    .map(({ transport }) => (transport === "socket" ? "s" : "h"))
    .join("");
}

describe.each(TRANSPORTS)("Codex on a WebSocket, upstream over %s", (transport) => {
  test("a task of many turns: one connection, one session, only what is new is sent", async () => {
    const pool = await startPair(transport);
    const codex = install(pool);
    const run = await codex.exec(WORDS);
    expectDone(codex, run);
    expect(readStory(run).errors).toEqual([]);
    expect(waysOf(pool)).toBe(transport === "socket" ? "sssss" : "hhhhh");
    expect(new Set(pool.sim.acceptedGenerations.map(({ account }) => account)).size).toBe(1);
    if (transport === "socket") {
      const [socket] = pool.sim.sockets;
      expect(pool.sim.sockets.length).toBe(1);
      const lengths = socket?.messages.map((message) => (message as { input: unknown[] }).input.length) ?? [];
      expect(lengths.slice(1)).toEqual([1, 1, 1, 1]);
    }
    expect(pool.inFlight()).toBe(0);
    const second = await codex.resumeLast("five");
    expectDone(codex, second, "five");
    expect(pool.sim.violations).toEqual([]);
  });

  test("a lite model: what Codex says of it on its socket reaches upstream in either way", async () => {
    const pool = await startPair(transport);
    const codex = install(pool, "gpt-6-sol");
    const run = await codex.exec("one two");
    expectDone(codex, run, "one two");
    expect(readStory(run).errors).toEqual([]);
    const lite = "x-openai-internal-codex-responses-lite";
    const said = pool.sim.turnsOf().map(({ headers, body }) => {
      const { client_metadata: metadata } = body as { client_metadata: Record<string, string> };
      return transport === "http" ? headers[lite] : metadata[`ws_request_header_${lite.replaceAll("-", "_")}`];
    });
    expect(said).toEqual(["true", "true", "true"]);
    expect(pool.sim.violations).toEqual([]);
  });

  test("an account that runs dry between two turns is left unnoticed (trap 1)", async () => {
    const pool = await startPair(transport);
    onTurn(pool, 2, (turn) => pool.chatgpt(turn.account).setUsed(100));
    const codex = install(pool);
    const run = await codex.exec(WORDS);
    expectDone(codex, run);
    expect(readStory(run).errors).toEqual([]);
    const servedBy = pool.sim.acceptedGenerations.map(({ account }) => account);
    expect(servedBy.slice(0, 2)).toEqual([servedBy[0] ?? "", servedBy[0] ?? ""]);
    expect(new Set(servedBy.slice(2)).size).toBe(1);
    expect(servedBy[2]).not.toBe(servedBy[0]);
    expect(pool.sim.violations).toEqual([]);
  });

  test.each([
    ["before any output", 2],
    ["in mid-turn, after output", 5],
  ])("an upstream that closes with 1011 %s: the task is finished (trap 32)", async (_, afterEvent) => {
    const pool = await startPair(transport);
    pool.sim.script.fail(socketClose(1011, afterEvent), { onCall: 3 });
    const codex = install(pool);
    const run = await codex.exec(WORDS);
    expectDone(codex, run);
    expect(readStory(run).errors, describeRun(run)).toEqual([]);
    expect(pool.sim.turnsOf().filter(({ outcome }) => outcome === "cut").length).toBe(1);
    expect(pool.sim.acceptedGenerations.length).toBe(6);
    expect(pool.sim.violations).toEqual([]);
  });

  test("connections that reach their 60 minutes, on either side, are followed by others", async () => {
    const clock = createLeapingClock();
    const pool = await startPair(transport, { clock });
    const codex = install(pool);
    const running = codex.exec(`one ${WAIT} three`);
    const hasSettled = () => pool.events.filter((event) => event.kind === "turn-settled").length === 2;
    await waitUntil("the second turn ends", hasSettled, 20_000);
    clock.leap(HOUR_MS);
    writeFileSync(join(codex.workspace, "go"), "");
    expectDone(codex, await running, `one ${WAIT} three`);
    if (transport === "socket") expect(pool.sim.sockets.length).toBe(2);
    expect(pool.sim.violations).toEqual([]);
  });

  test("a runtime that is started anew: what runs is finished, then Codex connects again", async () => {
    const pool = await startPair(transport);
    const port = Number(new URL(pool.origin).port);
    const { promise: restarted, resolve: restart } = Promise.withResolvers<RunningRuntime>();
    onTurn(pool, 2, () => {
      const start = () => startRuntime({ runtime: "daemon", home: pool.home, port, env: pool.env });
      void pool.stop().then(start).then(restart);
    });
    const codex = install(pool);
    const run = await codex.exec(WORDS);
    await (await restarted).stop("test over");
    expectDone(codex, run);
    expect(pool.sim.acceptedGenerations.length).toBe(5);
    expect(pool.sim.violations).toEqual([]);
  });
});

test("upgrades that are refused upstream are not asked for again: the task goes over HTTP", async () => {
  const pool = await startPair("socket");
  const refusal: Fault = httpAnswer(426, { detail: "Upgrade not offered" });
  pool.sim.script.fail(refusal, { endpoint: "socket", times: "always" });
  const codex = install(pool);
  expectDone(codex, await codex.exec(WORDS));
  expect(waysOf(pool)).toBe("hhhhh");
  expect(pool.sim.callsTo("socket").length).toBe(1);
});
