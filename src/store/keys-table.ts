/** Which local API keys does this runtime know? Only their hashes; making and losing one survives a power cut. */
import type { KeyRecord, RuntimeStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly last4: string;
  readonly created_at_ms: number;
  readonly last_used_at_ms: number | null;
  readonly revoked_at_ms: number | null;
}

type Doors = "addKey" | "keyByHash" | "keys" | "revokeKey" | "touchKey";

const COLUMNS = "id, name, hash, last4, created_at_ms, last_used_at_ms, revoked_at_ms";
const INSERT = `
  INSERT INTO keys (${COLUMNS}) VALUES ($id, $name, $hash, $last4, $createdAtMs, $lastUsedAtMs, $revokedAtMs)`;
const TOUCH = `
  UPDATE keys SET last_used_at_ms = $atMs
  WHERE id = $id AND (last_used_at_ms IS NULL OR last_used_at_ms < $atMs)`;

export interface KeysTable extends Pick<RuntimeStore, Doors> {
  /** As `touchKey`, for callers that commit. */
  markUsed(id: string, atMs: number): void;
}

export function keysTable(connection: Connection): KeysTable {
  const insertRow = connection.prepare(INSERT);
  const selectByHash = connection.prepare<KeyRow>(`SELECT ${COLUMNS} FROM keys WHERE hash = ?`);
  const selectAll = connection.prepare<KeyRow>(`SELECT ${COLUMNS} FROM keys ORDER BY created_at_ms DESC, rowid DESC`);
  const revokeRow = connection.prepare("UPDATE keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL");
  const touchRow = connection.prepare(TOUCH);

  function markUsed(id: string, atMs: number): void {
    touchRow.run({ id, atMs });
  }

  return {
    markUsed,
    addKey: (key) => {
      connection.commitSynced(() => insertRow.run({ ...key }));
    },
    keyByHash: (hash) => {
      const row = selectByHash.get(hash);
      return row === null ? null : keyOf(row);
    },
    keys: () => selectAll.all().map(keyOf),
    revokeKey: (id, atMs) => connection.commitSynced(() => revokeRow.run(atMs, id).changes === 1),
    touchKey: (id, atMs) => {
      connection.commit(() => markUsed(id, atMs));
    },
  };
}

function keyOf(row: KeyRow): KeyRecord {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    last4: row.last4,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    revokedAtMs: row.revoked_at_ms,
  };
}
