/** What the owner can find out about a turn that nobody served. */
import { describe, expect, test } from "bun:test";
import { describeTurn } from "../../src/commands/account-pool/explain.ts";
import { explainTurn } from "../../src/operations/explain-turn.ts";
import type { TurnView } from "../../src/operations/turn-view.ts";
import { type Pool, startPool } from "../support/start-pool.ts";
import { waitUntil } from "../support/wait-until.ts";

interface Refused {
  readonly code: string;
  readonly model?: string;
  prepare(pool: Pool): void;
}

type Profile = Parameters<ReturnType<Pool["desk"]["settings"]>["updateProfile"]>[1];

function changeAll(pool: Pool, change: Profile): void {
  const settings = pool.desk.settings();
  for (const { id } of settings.profiles()) settings.updateProfile(id, change);
}

const STATES: Readonly<Record<string, Refused>> = {
  "while the pool is off": {
    code: "pool_disabled",
    prepare: (pool) => pool.desk.settings().updatePool({ enabled: false }),
  },
  "while nobody is in the pool": { code: "pool_empty", prepare: (pool) => changeAll(pool, { selected: false }) },
  "while everybody has to sign in": {
    code: "sign_in_needed",
    prepare: (pool) => changeAll(pool, { signIn: { state: "needed", reason: "sign-in-refused", sinceMs: 1 } }),
  },
  "while all quota is used": {
    code: "usage_limit_reached",
    prepare: (pool) => ["alpha", "beta"].forEach((name) => void pool.chatgpt(name).setUsed(100)),
  },
  "for a model that is not published": { code: "model_not_found", model: "gpt-nine", prepare: () => undefined },
};

/** Turns are written down a moment after their answer. */
async function explain(pool: Pool, id: string): Promise<TurnView> {
  await waitUntil("the turn is in the log", () => pool.desk.runtime("daemon").turn(id) !== null, 5_000);
  const { turn } = await explainTurn.run(pool.desk, { id, runtime: "daemon" });
  return turn;
}

describe("a turn that is refused", () => {
  for (const [state, { code, model = "gpt-5.5", prepare }] of Object.entries(STATES)) {
    test(`${state} names itself, and can be explained`, async () => {
      const pool = await startPool({ accounts: ["alpha", "beta"] });
      prepare(pool);
      for (const stream of [true, false]) {
        const response = await pool.post("/v1/responses", { model, input: "x", stream });
        expect(await response.json()).toMatchObject({ error: { code } });
        const id = response.headers.get("x-codexuse-turn") ?? "";
        const turn = await explain(pool, id);
        expect(turn).toMatchObject({ id, ended: "refused", model, status: response.status });
        expect(describeTurn(turn, pool.desk.clock.now())).toContain("by nobody");
      }
      expect(pool.events.filter((event) => event.kind === "turn-settled")).toHaveLength(2);
    });
  }

  test("keeps no more of a made-up name than a name is long, and opens no session for it", async () => {
    const pool = await startPool();
    const response = await pool.post("/v1/responses", { model: "x".repeat(100_000), input: "x" });
    await response.text();
    const id = response.headers.get("x-codexuse-turn") ?? "";
    const turn = await explain(pool, id);
    expect(turn.model.length).toBeLessThanOrEqual(200);
    expect(pool.desk.runtime("daemon").sessions()).toEqual([]);
    expect(describeTurn(turn, pool.desk.clock.now())).toContain("a name that means nothing here");
  });
});
