/** Which one-time tokens may still let a browser in? Hashes only; a few at a time, each for minutes. */
import type { RuntimeStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

type Doors = "addPageToken" | "spendPageToken";

const DELETE_SURPLUS = `
  DELETE FROM page_tokens WHERE hash NOT IN (SELECT hash FROM page_tokens ORDER BY expires_at_ms DESC LIMIT ?)`;

export function pageTokensTable(connection: Connection): Pick<RuntimeStore, Doors> {
  const insertRow = connection.prepare("INSERT OR REPLACE INTO page_tokens (hash, expires_at_ms) VALUES (?, ?)");
  const deleteOver = connection.prepare("DELETE FROM page_tokens WHERE expires_at_ms <= ?");
  const deleteSurplus = connection.prepare(DELETE_SURPLUS);
  const selectRow = connection.prepare<{ hash: string }>("SELECT hash FROM page_tokens WHERE hash = ?");
  const takeRow = connection.prepare<{ expires_at_ms: number }>(
    "DELETE FROM page_tokens WHERE hash = ? RETURNING expires_at_ms",
  );

  return {
    addPageToken: ({ hash, expiresAtMs }, nowMs, countMax) => {
      connection.commit(() => {
        deleteOver.run(nowMs);
        insertRow.run(hash, expiresAtMs);
        deleteSurplus.run(countMax);
      });
    },
    spendPageToken: (hash, nowMs) => {
      // Any page can have a browser try tokens: those that are made up must not hold up who writes.
      if (selectRow.get(hash) === null) return false;
      return connection.commit(() => (takeRow.get(hash)?.expires_at_ms ?? 0) > nowMs);
    },
  };
}
