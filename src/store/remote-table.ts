/** Which chats may control this runtime, and which bot do they talk to? Losing a chat or gaining one survives a power cut. */
import type { RemoteChat, RuntimeStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

interface ChatRow {
  readonly chat_id: string;
  readonly title: string;
  readonly paired_at_ms: number;
  readonly quiet_from_min: number | null;
  readonly quiet_to_min: number | null;
  readonly told: string;
}

type Doors = "remote" | "setRemote" | "remoteChats" | "saveRemoteChat" | "removeRemoteChat";

const COLUMNS = "chat_id, title, paired_at_ms, quiet_from_min, quiet_to_min, told";
const SAVE = `
  INSERT INTO remote_chats (${COLUMNS}) VALUES ($chatId, $title, $pairedAtMs, $fromMinute, $toMinute, $told)
  ON CONFLICT (chat_id) DO UPDATE SET
    title = excluded.title, quiet_from_min = excluded.quiet_from_min, quiet_to_min = excluded.quiet_to_min,
    told = excluded.told`;

export function remoteTable(connection: Connection): Pick<RuntimeStore, Doors> {
  const selectRemote = connection.prepare<{ bot: string | null; code: string | null }>(
    "SELECT bot, code FROM remote WHERE id = 1",
  );
  const updateRemote = connection.prepare("UPDATE remote SET bot = $bot, code = $code WHERE id = 1");
  const selectChats = connection.prepare<ChatRow>(`SELECT ${COLUMNS} FROM remote_chats ORDER BY paired_at_ms, chat_id`);
  const saveRow = connection.prepare(SAVE);
  const deleteRow = connection.prepare("DELETE FROM remote_chats WHERE chat_id = ?");

  return {
    remote: () => selectRemote.get() ?? { bot: null, code: null },
    setRemote: ({ bot, code }) => {
      connection.commitSynced(() => updateRemote.run({ bot, code }));
    },
    remoteChats: () => selectChats.all().map(chatOf),
    saveRemoteChat: ({ chatId, title, pairedAtMs, quiet, told }) => {
      const [fromMinute, toMinute] = [quiet?.fromMinute ?? null, quiet?.toMinute ?? null];
      connection.commitSynced(() => saveRow.run({ chatId, title, pairedAtMs, fromMinute, toMinute, told }));
    },
    removeRemoteChat: (chatId) => connection.commitSynced(() => deleteRow.run(chatId).changes === 1),
  };
}

function chatOf(row: ChatRow): RemoteChat {
  const { quiet_from_min: fromMinute, quiet_to_min: toMinute } = row;
  return {
    chatId: row.chat_id,
    title: row.title,
    pairedAtMs: row.paired_at_ms,
    quiet: fromMinute === null || toMinute === null ? null : { fromMinute, toMinute },
    told: row.told,
  };
}
