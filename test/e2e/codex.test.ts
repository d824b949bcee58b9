/** The real Codex CLI against the compiled program: what matters is that its task gets done. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reasoning, text } from "../../src/simulator/content.ts";
import { connectionFault } from "../../src/simulator/fault.ts";
import type { SimTurn } from "../../src/simulator/script.ts";
import { shellCall } from "../../src/simulator/turn.ts";
import { startRelay } from "../support/record-requests.ts";
import { type Codex, installCodex, readStory } from "../support/run-codex.ts";
import { describeRun, expectExit, type ProcessRun } from "../support/run-process.ts";
import { type BinaryPool, startBinary } from "../support/start-binary.ts";

setDefaultTimeout(60_000);

/**
 * The model of these tasks: has the shell write one line for each word of the prompt, one call after another, and says
 * so when the tool has answered for all of them. It thinks in between, so that the history is tied to its account.
 */
function workOff(turn: SimTurn) {
  const words = turn.lastUserText.trim().split(/\s+/);
  const next = words[turn.toolOutputs.length];
  if (next !== undefined) return [reasoning(`Next is ${next}`), shellCall(turn, `echo ${next} | tee -a lines.txt`)];
  const seen = words.filter((word, index) => turn.toolOutputs[index]?.includes(word));
  return [reasoning("All done"), text(`Written: ${seen.join(" ")}`)];
}

function linesOf(codex: Codex): string[] {
  return readFileSync(join(codex.workspace, "lines.txt"), "utf8").trim().split("\n");
}

/** The task was finished: the words are in the file, once each, and the model saw what the shell answered. */
function expectDone(codex: Codex, run: ProcessRun, words: string): void {
  expectExit(run, 0);
  const { said, failure } = readStory(run);
  expect({ said, failure }, describeRun(run)).toEqual({ said: `Written: ${words}`, failure: null });
  expect(linesOf(codex).slice(-words.split(" ").length), describeRun(run)).toEqual(words.split(" "));
}

async function startPair(): Promise<BinaryPool> {
  const pool = await startBinary({ accounts: ["alpha", "beta"] });
  pool.sim.onTurn(workOff);
  return pool;
}

async function sessionsOf(pool: BinaryPool): Promise<unknown> {
  return (await pool.json("account-pool", "sessions", "list", "--runtime=daemon"))["sessions"];
}

describe("a task with a tool call, and a second one in the same conversation", () => {
  test.each(["gpt-5.5", "gpt-6-sol"])("%s: one session on one profile, every byte as Codex sent it", async (model) => {
    const pool = await startPair();
    const relay = startRelay(pool.origin);
    const codex = installCodex({ baseUrl: `${relay.origin}/v1`, key: pool.key }, { model });
    const first = await codex.exec("one");
    expectDone(codex, first, "one");
    const second = await codex.resumeLast("two");
    expectDone(codex, second, "two");
    expect(readStory(second).threadId).toBe(readStory(first).threadId);
    expect([...readStory(first).errors, ...readStory(second).errors]).toEqual([]);

    expect(relay.requests.map((request) => `${request.method} ${request.path}`)).toEqual(
      Array(4).fill("POST /v1/responses"),
    );
    const answers = relay.requests.map((request) => request.answer?.headers);
    expect(new Set(answers.map((headers) => headers?.get("x-codexuse-profile"))).size).toBe(1);
    expect(new Set(answers.map((headers) => headers?.get("x-codexuse-session"))).size).toBe(1);
    expect(await sessionsOf(pool)).toMatchObject([{ affinity: "thread-id", turns: 4, rollovers: 0, model }]);

    expect(pool.upstreamTurns.map((turn) => turn.text)).toEqual(relay.requests.map((request) => request.text));
    for (const [index, { headers }] of pool.upstreamTurns.entries()) {
      const sent = relay.requests[index]?.headers;
      for (const name of ["session-id", "thread-id", "x-codex-turn-metadata", "user-agent", "originator"]) {
        expect(headers.get(name), name).toBe(sent?.get(name) ?? "missing");
      }
      expect(headers.get("authorization")).not.toContain(pool.key);
    }
    expect(pool.sim.violations).toEqual([]);
  });
});

describe("an account that fails in the middle of a task (trap 1)", () => {
  test.each([
    ["refuses the next request", "usage-limit"],
    ["is found signed out", "token-revoked"],
    ["is cut off by its workspace", "deactivated-workspace"],
  ] as const)("%s: the task is finished elsewhere, unnoticed", async (_, failureName) => {
    const pool = await startPair();
    pool.sim.onTurn((turn) => {
      if (turn.overallCall === 2) pool.chatgpt(turn.account).script.fail(failureName, { times: "always" });
      return workOff(turn);
    });
    const codex = installCodex(pool);
    const run = await codex.exec("one two three four");
    expectDone(codex, run, "one two three four");
    expect(readStory(run).errors).toEqual([]);
    const servedBy = pool.sim.acceptedGenerations.map((generation) => generation.account);
    const [home, , other] = servedBy;
    expect(servedBy).toEqual([home, home, other, other, other].map(String));
    expect(other).not.toBe(String(home));
    expect(await sessionsOf(pool)).toMatchObject([{ profile: other, turns: 5, rollovers: 1 }]);
    expect(pool.sim.violations).toEqual([]);
  });

  test("has a token that upstream no longer takes: a new one is fetched and the task stays where it is", async () => {
    const pool = await startPair();
    pool.sim.onTurn((turn) => {
      if (turn.overallCall === 2) pool.chatgpt(turn.account).expireAccessTokens();
      return workOff(turn);
    });
    const codex = installCodex(pool);
    const run = await codex.exec("one two three");
    expectDone(codex, run, "one two three");
    expect(readStory(run).errors).toEqual([]);
    expect(new Set(pool.sim.acceptedGenerations.map((generation) => generation.account)).size).toBe(1);
    expect(pool.sim.callsTo("refresh").length).toBe(1);
    expect(pool.sim.violations).toEqual([]);
  });

  test("says in its own answers that it runs dry: the next request goes elsewhere at once", async () => {
    const pool = await startPair();
    for (const name of ["alpha", "beta"]) pool.chatgpt(name).percentPerTurn = 40;
    const codex = installCodex(pool);
    const run = await codex.exec("one two three");
    expectDone(codex, run, "one two three");
    expect(readStory(run).errors).toEqual([]);
    expect(pool.sim.requests.filter((request) => request.status === 429)).toEqual([]);
    expect(new Set(pool.sim.acceptedGenerations.map((generation) => generation.account)).size).toBe(2);
  });

  test("then runs dry for the rest of the pool too: Codex stops at once and says until when", async () => {
    const pool = await startPair();
    for (const name of ["alpha", "beta"]) pool.chatgpt(name).setUsed(100);
    const relay = startRelay(pool.origin);
    const codex = installCodex({ baseUrl: `${relay.origin}/v1`, key: pool.key });
    const run = expectExit(await codex.exec("one"), 1);
    expect(readStory(run).failure, describeRun(run)).toMatch(/usage limit.*try again/i);
    expect(relay.requests.map((request) => request.answer?.status)).toEqual([429]);
  });
});

describe("an upstream that dies in mid-stream", () => {
  /**
   * The first answer has 14 events: created, in progress, 3 to 8 its reasoning, 9 to 13 its tool call, completed. What
   * Codex has of it whole, it keeps: after event 13 it runs the call and does not ask for it again.
   */
  test.each([
    ["before any output, which nobody notices", 2, 0, 4],
    ["in the middle of the reasoning", 5, 1, 4],
    ["in the middle of the tool call", 10, 1, 4],
    ["after the tool call, which is not made twice (trap 18)", 13, 1, 3],
  ] as const)("%s: the task is finished", async (_, afterEvent, reconnects, generations) => {
    const pool = await startPair();
    pool.sim.script.fail(connectionFault("reset-mid-stream", { afterEvent }), { onCall: 1 });
    const codex = installCodex(pool);
    const run = await codex.exec("one two");
    expectDone(codex, run, "one two");
    expect(linesOf(codex)).toEqual(["one", "two"]);
    expect(readStory(run).errors.length, describeRun(run)).toBe(reconnects);
    expect(pool.sim.turnsOf().filter((turn) => turn.outcome === "cut").length).toBe(1);
    expect(pool.sim.acceptedGenerations.length).toBe(generations);
    expect(pool.sim.violations).toEqual([]);
  });
});

describe("a key that is not valid", () => {
  test("ends the task with one clear reason; upstream hears nothing of it", async () => {
    const pool = await startPair();
    const { id } = (
      (await pool.json("account-pool", "keys", "list", "--runtime=daemon"))["keys"] as { id: string }[]
    )[0] ?? { id: "" };
    await pool.json("account-pool", "keys", "revoke", id, "--runtime=daemon", "--yes");
    const relay = startRelay(pool.origin);
    const codex = installCodex({ baseUrl: `${relay.origin}/v1`, key: pool.key });
    const run = expectExit(await codex.exec("one"), 1);
    const { errors, failure } = readStory(run);
    expect(failure, describeRun(run)).toContain("The API key has been revoked.");
    expect(
      errors.filter((message) => !message.startsWith("Reconnecting")),
      describeRun(run),
    ).toEqual([String(failure)]);
    expect(relay.requests.length).toBeLessThanOrEqual(6);
    expect(new Set(relay.requests.map((request) => `${request.path} ${request.answer?.status}`))).toEqual(
      new Set(["/v1/responses 401"]),
    );
    expect(pool.upstreamTurns).toEqual([]);
    expect(pool.sim.callsTo("refresh")).toEqual([]);
  });
});
