/** Which responses may a client read again or go on from? Bounded by age and size; a key sees its own only. */
import type { RuntimeStore, StoredResponse, StoredResponses } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { packText, unpackColumn } from "./row-values.ts";

interface Packed {
  readonly packed: Uint8Array;
}

/** Numbers, ids and index entries: of a response, and of each item it put out. */
const ROW_BYTES = 300;
const ITEM_BYTES = 200;

const INSERT = `
  INSERT INTO responses (key_id, id, saved_at_ms, bytes, response, input)
  VALUES ($keyId, $id, $savedAtMs, $bytes, $response, $input) RETURNING number`;
const INSERT_ITEM = "INSERT OR REPLACE INTO response_items (key_id, item_id, response) VALUES (?, ?, ?)";
const SELECT = (column: "response" | "input"): string =>
  `SELECT ${column} AS packed FROM responses WHERE key_id = ? AND id = ? AND saved_at_ms >= ?`;
const SELECT_HOLDER = `
  SELECT responses.id FROM response_items JOIN responses ON responses.number = response_items.response
  WHERE response_items.key_id = ? AND item_id = ? AND saved_at_ms >= ?`;
const DELETE_OLDEST = `
  DELETE FROM responses WHERE number = (SELECT number FROM responses ORDER BY saved_at_ms, number LIMIT 1)`;

/** A response that is saved again replaces itself. */
export function responsesTable(connection: Connection): Pick<RuntimeStore, keyof StoredResponses> {
  const insertRow = connection.prepare<{ number: number }>(INSERT);
  const insertItem = connection.prepare(INSERT_ITEM);
  const selectResponse = connection.prepare<Packed>(SELECT("response"));
  const selectInput = connection.prepare<Packed>(SELECT("input"));
  const selectHolder = connection.prepare<{ id: string }>(SELECT_HOLDER);
  const selectBytes = connection.prepare<{ bytes: number }>("SELECT bytes FROM responses_size");
  const deleteRow = connection.prepare<{ number: number }>(
    "DELETE FROM responses WHERE key_id = ? AND id = ? RETURNING number",
  );
  const deleteOld = connection.prepare<{ number: number }>(
    "DELETE FROM responses WHERE saved_at_ms < ? RETURNING number",
  );
  const deleteOldest = connection.prepare<{ number: number }>(`${DELETE_OLDEST} RETURNING number`);

  function dropOldestUntil(bytesMax: number): number {
    let dropped = 0;
    while ((selectBytes.get()?.bytes ?? 0) > bytesMax && deleteOldest.get() !== null) dropped += 1;
    return dropped;
  }

  function save(stored: StoredResponse, bytesMax: number): void {
    const { keyId, id, savedAtMs, itemIds } = stored;
    const [response, input] = [packText(stored.response), packText(stored.input)];
    const bytes = ROW_BYTES + response.length + input.length + itemIds.length * ITEM_BYTES;
    connection.commit(() => {
      deleteRow.all(keyId, id);
      if (bytes > bytesMax) return;
      dropOldestUntil(bytesMax - bytes);
      const row = insertRow.get({ keyId, id, savedAtMs, bytes, response, input });
      for (const itemId of itemIds) insertItem.run(keyId, itemId, row?.number ?? null);
    });
  }

  return {
    saveResponse: save,
    responseText: (keyId, id, sinceMs) => textOrNull(selectResponse.get(keyId, id, sinceMs), "responses.response"),
    inputText: (keyId, id, sinceMs) => textOrNull(selectInput.get(keyId, id, sinceMs), "responses.input"),
    responseOfItem: (keyId, itemId, sinceMs) => selectHolder.get(keyId, itemId, sinceMs)?.id ?? null,
    removeResponse: (keyId, id) => connection.commit(() => deleteRow.all(keyId, id).length === 1),
    pruneResponses: (beforeMs, bytesMax) =>
      connection.commit(() => deleteOld.all(beforeMs).length + dropOldestUntil(bytesMax)),
  };
}

function textOrNull(row: Packed | null, column: string): string | null {
  return row === null ? null : unpackColumn(row.packed, column);
}
