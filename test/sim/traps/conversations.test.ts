/** Traps 11 to 17: what a conversation loses when it moves, and what it must never lose. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { functionCall, type JsonObject, rawItem, reasoning, text } from "../../../src/simulator/content.ts";
import { connectionFault } from "../../../src/simulator/fault.ts";
import type { SealedRefusal } from "../../../src/simulator/sealed.ts";
import { aPool, type TestPool } from "../a-pool.ts";
import type { Outcome } from "../ask.ts";
import { MINUTE_MS, SECOND_MS } from "../clock-units.ts";
import { readObject } from "../read-sse.ts";

function said(words: string): JsonObject {
  return { type: "message", role: "user", content: [{ type: "input_text", text: words }] };
}

/** The items a client keeps of an answer. */
function itemsOf(outcome: Outcome): JsonObject[] {
  return outcome.events
    .filter((event) => event.type === "response.output_item.done")
    .map((event) => ({ ...(readObject(event.text)["item"] as JsonObject) }));
}

function sentTo(pool: TestPool, account: string): JsonObject {
  return { ...(pool.sim.turnsOf(account).at(-1)?.body as JsonObject) };
}

function errorOf(outcome: Outcome): JsonObject {
  return { ...(readObject(outcome.text)["error"] as JsonObject) };
}

describe("trap 11: a short detour does not move the session", () => {
  test("a thread of twenty turns with one detour comes home, its cache key unchanged", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    const profiles: (string | null)[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const home = profiles[0] ?? "";
      if (turn === 7) pool.chatgpt(home).script.fail("rate-limit-try-again-in");
      profiles.push((await pool.turn({ thread: "thread-1" })).profile);
      await pool.clock.advance(10 * SECOND_MS);
    }
    const [home] = profiles;
    expect(profiles.filter((profile) => profile !== home)).toHaveLength(1);
    expect(profiles[7]).not.toBe(home);
    const cacheKeys = new Set(pool.sim.turnsOf().map((turn) => (turn.body as JsonObject)["prompt_cache_key"]));
    expect([...cacheKeys]).toEqual(["thread-1"]);
    expect(pool.runtime.sessions()[0]?.rollovers).toBe(0);
  });
});

describe("trap 12: a session is not tied to a dead account", () => {
  test("the owner paused for ever: the next turn with full context succeeds elsewhere in one round trip", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    const first = await pool.turn({ thread: "t" });
    pool.chatgpt(first.profile ?? "").state = "deactivated";
    const moved = await pool.turn({ thread: "t" });
    const next = await pool.turn({ thread: "t" });
    expect(moved.status).toBe(200);
    expect(moved.profile).not.toBe(first.profile);
    expect(next.profile).toBe(moved.profile);
    expect(pool.attemptsOf(next.turnId)).toHaveLength(1);
    expect(pool.runtime.sessions()[0]?.lastRollover?.reason).toBe("account-deactivated");
  });

  test("a turn that brings only what is new succeeds elsewhere too, with the whole conversation", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.reply("answer");
    const first = await pool.turn({ thread: "t", body: { input: [said("begin")] } });
    pool.chatgpt(first.profile ?? "").state = "deactivated";
    const responseId = pool.runtime.turn(first.turnId)?.responseId ?? "";
    const delta = await pool.turn({ thread: "t", body: { previous_response_id: responseId, input: [said("go on")] } });
    expect([delta.status, delta.profile === first.profile, delta.sessionId]).toEqual([200, false, first.sessionId]);
    expect(sentTo(pool, delta.profile ?? "")["input"]).toEqual([said("begin"), ...itemsOf(first), said("go on")]);
  });

  test("a turn that goes on from what nobody was to keep gets the error that makes the client send everything", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    const first = await pool.turn({ thread: "t", body: { store: false } });
    const responseId = pool.runtime.turn(first.turnId)?.responseId ?? "";
    const delta = await pool.turn({ thread: "t", body: { previous_response_id: responseId, input: [said("go on")] } });
    expect(delta.status).toBe(400);
    expect(errorOf(delta)["code"]).toBe("previous_response_not_found");
  });

  test("a turn that goes on from a response of the day before gets the same error (trap 44)", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    const first = await pool.turn({ thread: "t" });
    const responseId = pool.runtime.turn(first.turnId)?.responseId ?? "";
    const goOn = () => pool.turn({ thread: "t", body: { previous_response_id: responseId, input: [said("go on")] } });
    await pool.clock.advance(LIMITS.storedResponsesMs - MINUTE_MS);
    expect((await goOn()).status).toBe(200);
    await pool.clock.advance(2 * MINUTE_MS);
    expect(errorOf(await goOn())["code"]).toBe("previous_response_not_found");
  });
});

describe("trap 13: bindings do not starve an account", () => {
  for (const routing of ["least-used", "round-robin"] as const) {
    for (const order of ["at once", "one after another"] as const) {
      test(`fifty sub-agents ${order}, ${routing}: neither of two accounts gets more than 60 %`, async () => {
        const pool = await aPool({ accounts: ["alpha", "beta"], routing });
        pool.sim.script.pace({ headDelayMs: SECOND_MS });
        const outcomes: Outcome[] = [];
        const asked = [];
        for (let agent = 0; agent < 50; agent += 1) {
          const headers = { "session-id": "main", "x-openai-subagent": "worker" };
          const asking = pool.ask({ thread: `agent-${agent}`, headers });
          if (order === "at once") asked.push(asking.done);
          else outcomes.push(await pool.clock.runUntil(asking.done));
        }
        outcomes.push(...(await pool.clock.runUntil(Promise.all(asked))));
        const onAlpha = outcomes.filter((outcome) => outcome.profile === "alpha").length;
        expect(outcomes).toHaveLength(50);
        expect(onAlpha).toBeGreaterThanOrEqual(20);
        expect(onAlpha).toBeLessThanOrEqual(30);
      });
    }
  }
});

describe("trap 14: reasoning sealed for another account", () => {
  const shapes: readonly SealedRefusal[] = ["http-400", "null-code", "stream-failed", "stream-error"];
  for (const encryptedRefusal of shapes) {
    test(`told as ${encryptedRefusal}: recovers once, on the same account, with untouched items`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"], simulator: { encryptedRefusal } });
      pool.sim.reply([reasoning("thought"), text("answer")]);
      const first = await pool.turn({ thread: "t" });
      const home = first.profile ?? "";
      pool.settings.updateProfile(pool.profile(home).id, { selected: false });
      const [sealed, message] = itemsOf(first);
      const input = [said("one"), sealed, message, said("two")];
      const second = await pool.turn({ thread: "t", body: { input } });
      const other = home === "alpha" ? "beta" : "alpha";
      expect([second.status, second.profile]).toEqual([200, other]);
      expect(pool.sim.turnsOf(other)).toHaveLength(2);
      expect(sentTo(pool, other)["input"]).toEqual([said("one"), message, said("two")]);
    });
  }

  test("a bare 'Request blocked.' recovers once as well", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    pool.sim.script.fail("request-blocked");
    const outcome = await pool.turn();
    expect(outcome.status).toBe(200);
    expect(pool.attemptsOf(outcome.turnId)).toHaveLength(2);
  });

  test("the second refusal is handed on as upstream wrote it, and no account is blamed", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.script.fail("invalid-encrypted-content", { times: "always" });
    const outcome = await pool.turn();
    expect(outcome.status).toBe(400);
    expect(errorOf(outcome)["code"]).toBe("invalid_encrypted_content");
    expect(pool.attemptsOf(outcome.turnId)).toHaveLength(2);
    for (const name of ["alpha", "beta"]) {
      expect(pool.settings.accountState(pool.profile(name).accountKey).cooldowns).toEqual([]);
    }
  });

  test("the account that made it is asked first when it can be", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.reply([reasoning("thought"), text("answer")]);
    const first = await pool.turn({ thread: "t" });
    const home = first.profile ?? "";
    pool.chatgpt(home).script.fail("codex-workspace-access-denied");
    await pool.turn({ thread: "t" });
    pool.settings.clearCooldown(pool.profile(home).accountKey, "all");
    const input = [said("one"), ...itemsOf(first), said("two")];
    const third = await pool.turn({ thread: "t", body: { input } });
    expect([third.status, third.profile]).toEqual([200, home]);
    expect(JSON.stringify(sentTo(pool, home)["input"])).toContain("encrypted_content");
  });
});

describe("trap 15: other content that is sealed for an account", () => {
  const kinds = [
    ["an agent's message", (blob: unknown) => ({ type: "agent_message", content: [{ encrypted_content: blob }] })],
    [
      "a tool's output",
      (blob: unknown) => ({ type: "function_call_output", call_id: "call_1", output: [{ encrypted_content: blob }] }),
    ],
    ["a compaction", (blob: unknown) => ({ type: "compaction", id: "cmp_1", encrypted_content: blob })],
  ] as const;
  for (const [kind, item] of kinds) {
    test(`${kind}: a clear error of its own when the account that made it cannot serve`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      pool.sim.reply([reasoning("thought"), text("answer")]);
      const first = await pool.turn({ thread: "t" });
      const home = first.profile ?? "";
      pool.chatgpt(home).setUsed(100);
      const blob = itemsOf(first)[0]?.["encrypted_content"];
      const input = [said("one"), item(blob), said("two")];
      const moved = await pool.turn({ thread: "t", body: { input } });
      const error = errorOf(moved);
      expect(moved.status).toBe(400);
      expect(error["code"]).toBe("invalid_encrypted_content");
      expect(String(error["message"])).toContain("new thread");
      expect(pool.attemptsOf(moved.turnId).length).toBeLessThanOrEqual(3);
    });

    test(`${kind}: the account that made it serves when it can`, async () => {
      const pool = await aPool({ accounts: ["alpha", "beta"] });
      pool.sim.reply([reasoning("thought"), text("answer")]);
      const first = await pool.turn({ thread: "t" });
      const home = first.profile ?? "";
      const blob = itemsOf(first)[0]?.["encrypted_content"];
      const input = [said("one"), item(blob), said("two")];
      pool.chatgpt(home).script.fail("codex-workspace-access-denied");
      await pool.turn({ thread: "t" });
      pool.settings.clearCooldown(pool.profile(home).accountKey, "all");
      const back = await pool.turn({ thread: "t", body: { input } });
      expect([back.status, back.profile]).toEqual([200, home]);
    });
  }
});

describe("trap 16: an id of another account's response", () => {
  test("an unknown id is refused with the code that makes the client send everything", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    const outcome = await pool.turn({ body: { previous_response_id: "resp_unknown" } });
    expect(outcome.status).toBe(400);
    expect(errorOf(outcome)).toMatchObject({
      type: "invalid_request_error",
      code: "previous_response_not_found",
      param: "previous_response_id",
    });
    expect(pool.sim.turnsOf()).toHaveLength(0);
  });

  test("an id is gone on from where the session lives, and told in the answer", async () => {
    const pool = await aPool();
    await pool.addApiKey({ name: "one" });
    await pool.addApiKey({ name: "two" });
    await pool.addChatgpt({ name: "alpha" }, { selected: false });
    const first = await pool.turn({ body: { stream: false } });
    pool.settings.updateProfile(pool.profile("alpha").id, { selected: true });
    const previous_response_id = String(readObject(first.text)["id"]);
    const second = await pool.turn({ body: { stream: false, previous_response_id, input: "go on" } });
    expect([second.status, second.profile]).toEqual([200, first.profile]);
    expect(readObject(second.text)["previous_response_id"]).toBe(previous_response_id);
  });

  test("another account than that which made it gets the conversation, and never the id", async () => {
    const pool = await aPool();
    await pool.addApiKey({ name: "one" });
    await pool.addChatgpt({ name: "alpha" }, { selected: false });
    const first = await pool.turn({ body: { stream: false } });
    pool.settings.updateProfile(pool.profile("alpha").id, { selected: true });
    const previous_response_id = String(readObject(first.text)["id"]);
    pool.sim.script.fail("insufficient-quota", { matching: (call) => call.account === "one", times: "always" });
    const second = await pool.turn({ body: { stream: false, previous_response_id, input: "go on" } });
    expect([second.status, second.profile]).toEqual([200, "alpha"]);
    expect(sentTo(pool, "alpha")).not.toHaveProperty("previous_response_id");
    expect(JSON.stringify(sentTo(pool, "alpha")["input"])).toContain("go on");
    expect(readObject(second.text)["previous_response_id"]).toBe(previous_response_id);
  });

  test("no id is ever put in by us", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    for (let turn = 0; turn < 3; turn += 1) await pool.turn({ thread: "t" });
    const bodies = pool.sim.turnsOf().map((turn) => turn.body as JsonObject);
    expect(bodies.filter((body) => "previous_response_id" in body)).toEqual([]);
  });
});

describe("trap 17: a tool call that was cut off", () => {
  test("cut after the call: the turn that brings its output succeeds on a healthy account", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.onTurn((turn) => (turn.toolOutputs.length > 0 ? "done" : functionCall("shell", { command: ["ls"] })));
    pool.sim.script.fail(connectionFault("reset-mid-stream", { afterEvent: 6 }));
    const cut = await pool.turn({ thread: "t" });
    const [call] = itemsOf(cut);
    const output = { type: "function_call_output", call_id: call?.["call_id"], output: "README.md" };
    const next = await pool.turn({ thread: "t", body: { input: [said("list"), call, output] } });
    expect(cut.events.at(-1)?.type).toBe("error");
    expect(call?.["type"]).toBe("function_call");
    expect([next.status, next.events.at(-1)?.type]).toEqual([200, "response.completed"]);
    expect(next.profile).not.toBe(cut.profile);
  });

  test("the call of a kept response that never got its output is answered before the next turn", async () => {
    const pool = await aPool({ accounts: ["alpha", "beta"] });
    pool.sim.onTurn((turn) => (turn.lastUserText === "list" ? functionCall("shell", { command: ["ls"] }) : "done"));
    const first = await pool.turn({ thread: "t", body: { input: [said("list")] } });
    const responseId = pool.runtime.turn(first.turnId)?.responseId ?? "";
    const next = await pool.turn({
      thread: "t",
      body: { previous_response_id: responseId, input: [said("never mind")] },
    });
    const [call] = itemsOf(first);
    expect(next.status).toBe(200);
    expect(sentTo(pool, next.profile ?? "")["input"]).toEqual([
      said("list"),
      call,
      { type: "function_call_output", call_id: call?.["call_id"], output: expect.stringContaining("interrupted") },
      said("never mind"),
    ]);
  });

  test("a call without its output passes through as the client wrote it", async () => {
    const pool = await aPool({ accounts: ["alpha"] });
    const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "shell", arguments: "{}" };
    pool.sim.reply(rawItem({ id: "msg_1", type: "message", role: "assistant", content: [] }));
    await pool.turn({ body: { input: [said("list"), call, said("never mind")] } });
    await pool.clock.advance(MINUTE_MS);
    expect(sentTo(pool, "alpha")["input"]).toEqual([said("list"), call, said("never mind")]);
  });
});
