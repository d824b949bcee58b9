/** Which conversations does this runtime know, and where is each bound? One row a (key, affinity). */
import type { RuntimeStore, SessionRecord } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { parseColumn } from "./row-values.ts";

interface SessionRow {
  readonly id: string;
  readonly key_id: string;
  readonly affinity: string;
  readonly affinity_hash: string;
  readonly profile_id: string | null;
  readonly model: string;
  readonly turns: number;
  readonly rollovers: number;
  readonly last_rollover: string | null;
  readonly created_at_ms: number;
  readonly last_used_at_ms: number;
}

type Doors =
  | "sessions"
  | "latestSessions"
  | "sessionCount"
  | "session"
  | "sessionByAffinity"
  | "saveSession"
  | "updateSession"
  | "removeSession"
  | "dropSessionsIdleSince";

export interface SessionsTable extends Pick<RuntimeStore, Doors> {
  /** Both only within a transaction. */
  insertSession(session: SessionRecord): void;
  changeSession(session: SessionRecord): void;
}

const COLUMNS = `id, key_id, affinity, affinity_hash, profile_id, model, turns, rollovers, last_rollover,
  created_at_ms, last_used_at_ms`;

// Replaces the row of the same id and any other row of the same affinity: what was saved last owns the name.
const SAVE = `
  INSERT OR REPLACE INTO sessions (${COLUMNS})
  VALUES ($id, $keyId, $affinity, $affinityHash, $profileId, $model, $turns, $rollovers, $lastRollover,
    $createdAtMs, $lastUsedAtMs)`;

const CHANGE = `
  UPDATE sessions
  SET profile_id = $profileId, turns = $turns, rollovers = $rollovers, last_rollover = $lastRollover,
    last_used_at_ms = $lastUsedAtMs
  WHERE id = $id`;

/** Lists the session used last first. */
export function sessionsTable(connection: Connection): SessionsTable {
  const selectAll = connection.prepare<SessionRow>(
    `SELECT ${COLUMNS} FROM sessions ORDER BY last_used_at_ms DESC, rowid DESC`,
  );
  const selectLatest = connection.prepare<SessionRow>(
    `SELECT ${COLUMNS} FROM sessions ORDER BY last_used_at_ms DESC, rowid DESC LIMIT ?`,
  );
  const countAll = connection.prepare<{ count: number }>("SELECT count(*) AS count FROM sessions");
  const selectById = connection.prepare<SessionRow>(`SELECT ${COLUMNS} FROM sessions WHERE id = ?`);
  const selectByAffinity = connection.prepare<SessionRow>(
    `SELECT ${COLUMNS} FROM sessions WHERE key_id = ? AND affinity_hash = ?`,
  );
  const saveRow = connection.prepare(SAVE);
  const changeRow = connection.prepare(CHANGE);
  const deleteRow = connection.prepare("DELETE FROM sessions WHERE id = ?");
  const deleteIdle = connection.prepare("DELETE FROM sessions WHERE last_used_at_ms < ?");

  function insertSession(session: SessionRecord): void {
    saveRow.run({ ...session, lastRollover: rolloverText(session) });
  }

  function changeSession(session: SessionRecord): void {
    const { id, profileId, turns, rollovers, lastUsedAtMs } = session;
    changeRow.run({ id, profileId, turns, rollovers, lastUsedAtMs, lastRollover: rolloverText(session) });
  }

  return {
    insertSession,
    changeSession,
    sessions: () => selectAll.all().map(sessionOf),
    latestSessions: (countMax) => selectLatest.all(countMax).map(sessionOf),
    sessionCount: () => countAll.get()?.count ?? 0,
    session: (id) => sessionOrNull(selectById.get(id)),
    sessionByAffinity: (keyId, affinityHash) => sessionOrNull(selectByAffinity.get(keyId, affinityHash)),
    saveSession: (session) => connection.commit(() => insertSession(session)),
    updateSession: (session) => connection.commit(() => changeSession(session)),
    removeSession: (id) => connection.commit(() => deleteRow.run(id).changes === 1),
    dropSessionsIdleSince: (beforeMs) => connection.commit(() => deleteIdle.run(beforeMs).changes),
  };
}

function rolloverText({ lastRollover }: SessionRecord): string | null {
  return lastRollover === null ? null : JSON.stringify(lastRollover);
}

function sessionOrNull(row: SessionRow | null): SessionRecord | null {
  return row === null ? null : sessionOf(row);
}

function sessionOf(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    keyId: row.key_id,
    affinity: row.affinity,
    affinityHash: row.affinity_hash,
    profileId: row.profile_id,
    model: row.model,
    turns: row.turns,
    rollovers: row.rollovers,
    lastRollover:
      row.last_rollover === null
        ? null
        : (parseColumn(row.last_rollover, "sessions.last_rollover") as SessionRecord["lastRollover"]),
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  };
}
