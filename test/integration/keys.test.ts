/** Which keys open the door, and what the others are told. */
import { describe, expect, test } from "bun:test";
import { createKey } from "../../src/operations/create-key.ts";
import { createPoolKey } from "../../src/operations/pool-key.ts";
import { revokeKey } from "../../src/operations/revoke-key.ts";
import { type Pool, startPool } from "../support/start-pool.ts";

function ask(pool: Pool, authorization: string | null): Promise<Response> {
  const headers = authorization === null ? {} : { authorization };
  return fetch(`${pool.origin}/v1/models`, { headers });
}

async function codeOf(response: Response): Promise<string> {
  const body = (await response.json()) as { error: { code: string } };
  return body.error.code;
}

describe("requireKey()", () => {
  test("tells missing, malformed, mistyped and unknown keys apart", async () => {
    const pool = await startPool();
    const typo = `${pool.key.slice(0, -1)}${pool.key.endsWith("a") ? "b" : "a"}`;
    const unknown = createPoolKey((count) => crypto.getRandomValues(new Uint8Array(count)));
    const rows: readonly (readonly [string | null, string])[] = [
      [null, "missing_key"],
      ["Bearer ", "missing_key"],
      ["Basic Zm9vOmJhcg==", "missing_key"],
      ["Bearer sk-something-else", "invalid_key"],
      [`Bearer ${typo}`, "invalid_key"],
      [`Bearer ${unknown}`, "invalid_key"],
    ];
    for (const [authorization, code] of rows) {
      const response = await ask(pool, authorization);
      expect([authorization, response.status, await codeOf(response)]).toEqual([authorization, 401, code]);
    }
    expect((await ask(pool, `Bearer ${pool.key}`)).status).toBe(200);
  });

  test("takes no key from the URL, where it would end up in histories", async () => {
    const pool = await startPool();
    const response = await fetch(`${pool.origin}/v1/models?access_token=${pool.key}`);
    expect([response.status, await codeOf(response)]).toEqual([401, "missing_key"]);
  });

  test("refuses the other runtime's key and names the command that makes the right one", async () => {
    for (const runtime of ["daemon", "desktop"] as const) {
      const other = runtime === "daemon" ? "desktop" : "daemon";
      const pool = await startPool({ runtime });
      const { key } = await createKey.run(pool.desk, { runtime: other, name: "elsewhere" });
      const response = await ask(pool, `Bearer ${key}`);
      const text = await response.text();
      expect(response.status).toBe(401);
      expect(text).toContain('"wrong_runtime"');
      expect(text).toContain(`keys create --runtime=${runtime}`);
    }
  });

  test("a revoked key stops working on the next request, while the runtime runs on", async () => {
    const pool = await startPool();
    expect((await ask(pool, `Bearer ${pool.key}`)).status).toBe(200);
    const [record] = pool.desk.runtime("daemon").keys();
    await revokeKey.run(pool.desk, { runtime: "daemon", id: record?.id ?? "" });
    const response = await ask(pool, `Bearer ${pool.key}`);
    expect([response.status, await codeOf(response)]).toEqual([401, "revoked_key"]);
  });
});
