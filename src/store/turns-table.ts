/** What happened to a turn, and why that account? A log bounded by age and size; holds no body, key or token. */
import type { RuntimeStore } from "../ports.ts";
import {
  type AttemptRecord,
  type ConsideredRecord,
  type TokenUsage,
  TURN_ENDS,
  type TurnRecord,
} from "../router/rules/turn-record.ts";
import type { Connection } from "./connection.ts";
import { listOf, memberOf, parseColumn } from "./row-values.ts";

interface TurnRow {
  readonly id: string;
  readonly session_id: string;
  readonly key_id: string;
  readonly model: string;
  readonly upstream_model: string;
  readonly started_at_ms: number;
  readonly ended_at_ms: number;
  readonly ended_as: string;
  readonly status: number;
  readonly profile: string | null;
  readonly response_id: string | null;
  readonly attempts: string;
  readonly considered: string;
  readonly usage: string | null;
}

interface HourRow {
  readonly profile: string;
  readonly hour: number;
  readonly turns: number;
}

type Doors = "recordTurn" | "turn" | "latestTurnOf" | "sessionOfResponse" | "turnsSince" | "turnsByHour" | "pruneTurns";

export interface TurnsTable extends Pick<RuntimeStore, Doors> {
  /** Only within a transaction. */
  insertTurn(turn: TurnRecord): void;
}

/** Numbers, short names and index entries of one row, on top of its lists. */
const ROW_BYTES = 400;

const COLUMNS = `id, session_id, key_id, model, upstream_model, started_at_ms, ended_at_ms, ended_as, status, profile,
  response_id, attempts, considered, usage`;

const INSERT = `
  INSERT INTO turns (${COLUMNS}, bytes)
  VALUES ($id, $sessionId, $keyId, $model, $upstreamModel, $startedAtMs, $endedAtMs, $end, $status, $profile,
    $responseId, $attempts, $considered, $usage, $bytes)`;

const SELECT_LATEST = `
  SELECT ${COLUMNS} FROM turns WHERE session_id = ? ORDER BY started_at_ms DESC, rowid DESC LIMIT 1`;

/** The newest by when it was written, which the index has at its end: nothing is sorted, however often upstream says an id. */
const SELECT_SESSION = `
  SELECT session_id FROM turns WHERE key_id = ? AND response_id = ? ORDER BY rowid DESC LIMIT 1`;

const SELECT_SINCE = `
  SELECT ${COLUMNS} FROM turns WHERE started_at_ms >= ? ORDER BY started_at_ms DESC, rowid DESC LIMIT ?`;

const HOUR_MS = 3_600_000;
const SELECT_BY_HOUR = `
  SELECT profile, CAST(started_at_ms / ${HOUR_MS} AS INTEGER) AS hour, count(*) AS turns
  FROM turns INDEXED BY turns_by_start WHERE started_at_ms >= ? AND profile IS NOT NULL
  GROUP BY hour, profile ORDER BY hour, profile`;

const DELETE_OLDEST = `
  DELETE FROM turns WHERE rowid = (SELECT rowid FROM turns ORDER BY started_at_ms, rowid LIMIT 1) RETURNING bytes`;

/** `turnsSince` lists the newest first, so that a bound keeps what people look for. A turn is recorded only once. */
export function turnsTable(connection: Connection): TurnsTable {
  const insertRow = connection.prepare(INSERT);
  const selectById = connection.prepare<TurnRow>(`SELECT ${COLUMNS} FROM turns WHERE id = ?`);
  const selectLatest = connection.prepare<TurnRow>(SELECT_LATEST);
  const selectSession = connection.prepare<{ session_id: string }>(SELECT_SESSION);
  const selectSince = connection.prepare<TurnRow>(SELECT_SINCE);
  const selectByHour = connection.prepare<HourRow>(SELECT_BY_HOUR);
  const deleteOld = connection.prepare("DELETE FROM turns WHERE started_at_ms < ?");
  const selectBytes = connection.prepare<{ bytes: number }>("SELECT coalesce(sum(bytes), 0) AS bytes FROM turns");
  const deleteOldest = connection.prepare<{ bytes: number }>(DELETE_OLDEST);

  /** One by one: at the bound only the turns since the last time are surplus, and nothing else is read. */
  function dropOldestUntil(bytesMax: number): number {
    let bytes = selectBytes.get()?.bytes ?? 0;
    let dropped = 0;
    while (bytes > bytesMax) {
      const oldest = deleteOldest.get();
      if (oldest === null) break;
      bytes -= oldest.bytes;
      dropped += 1;
    }
    return dropped;
  }

  function insertTurn(turn: TurnRecord): void {
    insertRow.run(columnsOf(turn));
  }

  return {
    insertTurn,
    recordTurn: (turn) => connection.commit(() => insertTurn(turn)),
    turn: (id) => turnOrNull(selectById.get(id)),
    latestTurnOf: (sessionId) => turnOrNull(selectLatest.get(sessionId)),
    sessionOfResponse: (keyId, responseId) => selectSession.get(keyId, responseId)?.session_id ?? null,
    turnsSince: (sinceMs, countMax) => selectSince.all(sinceMs, countMax).map(turnOf),
    turnsByHour: (sinceMs) =>
      selectByHour.all(sinceMs).map(({ profile, hour, turns }) => ({ profile, hourStartMs: hour * HOUR_MS, turns })),
    pruneTurns: (beforeMs, bytesMax) =>
      connection.commit(() => deleteOld.run(beforeMs).changes + dropOldestUntil(bytesMax)),
  };
}

function columnsOf(turn: TurnRecord): Record<string, string | number | null> {
  const attempts = JSON.stringify(turn.attempts);
  const considered = JSON.stringify(turn.considered);
  const usage = turn.usage === null ? null : JSON.stringify(turn.usage);
  const bytes = ROW_BYTES + Buffer.byteLength(attempts) + Buffer.byteLength(considered);
  return { ...turn, attempts, considered, usage, bytes };
}

function turnOrNull(row: TurnRow | null): TurnRecord | null {
  return row === null ? null : turnOf(row);
}

function turnOf(row: TurnRow): TurnRecord {
  return {
    id: row.id,
    sessionId: row.session_id,
    keyId: row.key_id,
    model: row.model,
    upstreamModel: row.upstream_model,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    end: memberOf(TURN_ENDS, row.ended_as, "turns.ended_as"),
    status: row.status,
    profile: row.profile,
    responseId: row.response_id,
    attempts: listOf<AttemptRecord>(row.attempts, "turns.attempts"),
    considered: listOf<ConsideredRecord>(row.considered, "turns.considered"),
    usage: row.usage === null ? null : (parseColumn(row.usage, "turns.usage") as TokenUsage),
  };
}
