import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../../src/limits.ts";
import { type Connection, connect } from "../../../src/store/connection.ts";

const BUSY_MS = 4_321;

function aConnection(): { readonly connection: Connection; patienceMs(): number | undefined } {
  const database = new Database(":memory:");
  database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
  const connection = connect(database, BUSY_MS);
  return {
    connection,
    patienceMs: () => database.query<{ timeout: number }, []>("PRAGMA busy_timeout").get()?.timeout,
  };
}

describe("briefly()", () => {
  test("waits a little for a file that is held, also within another such call, and as long as ever afterwards", () => {
    const { connection, patienceMs } = aConnection();
    const seen = [patienceMs()];
    const answer = connection.briefly(() => {
      seen.push(patienceMs());
      connection.commitBriefly(() => void seen.push(patienceMs()));
      seen.push(patienceMs());
      return "done";
    });
    seen.push(patienceMs());
    const { gatherBusyMs } = LIMITS;
    expect([answer, ...seen]).toEqual(["done", BUSY_MS, gatherBusyMs, gatherBusyMs, gatherBusyMs, BUSY_MS]);
    connection.close();
  });

  test("has its old patience back also when the work failed", () => {
    const { connection, patienceMs } = aConnection();
    const fail = () => {
      throw new Error("failed");
    };
    expect(() => connection.briefly(fail)).toThrow("failed");
    expect(patienceMs()).toBe(BUSY_MS);
    connection.close();
  });
});
