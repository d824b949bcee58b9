/** Upstream's turn state is one account's: it goes back to that account and to nobody else. */
import { expect, test } from "bun:test";
import { startPool } from "../support/start-pool.ts";

const ASK = { model: "gpt-5.5", input: "Say hello", stream: true };

test("a turn state stays with its account, although the client keeps it after a move", async () => {
  const pool = await startPool({ accounts: ["alpha", "beta"] });
  const ask = async (state: string | null): Promise<{ state: string; profile: string }> => {
    const headers = { "thread-id": "t1", ...(state === null ? {} : { "x-codex-turn-state": state }) };
    const response = await pool.post("/v1/responses", ASK, { headers });
    await response.text();
    expect(response.status).toBe(200);
    return {
      state: response.headers.get("x-codex-turn-state") ?? "",
      profile: response.headers.get("x-codexuse-profile") ?? "",
    };
  };
  const first = await ask(null);
  const again = await ask(first.state);
  expect(again).toEqual(first);
  pool.chatgpt(first.profile).script.fail("usage-limit");
  const moved = await ask(first.state);
  const after = await ask(first.state);
  expect(moved.profile).not.toBe(first.profile);
  expect(after.profile).toBe(moved.profile);
  expect(pool.sim.turnsOf(moved.profile).map((turn) => turn.headers["x-codex-turn-state"])).toEqual([
    undefined,
    undefined,
  ]);
  expect(pool.sim.violations).toEqual([]);
});

test("a turn state that nobody here was given is not passed on", async () => {
  const pool = await startPool();
  const response = await pool.post("/v1/responses", ASK, { headers: { "x-codex-turn-state": "ts_made_up" } });
  await response.text();
  expect(response.status).toBe(200);
  expect(pool.sim.violations).toEqual([]);
});
