/**
 * How was a client's file before we touched it? One small file a client in the home, written before the first change and
 * taken away after the last: whenever a process dies, it is known what to put back.
 */
import { join } from "node:path";
import type { SetupClient } from "./client-edit.ts";
import type { ConfigDisk } from "./config-disk.ts";

export interface JournalEntry {
  readonly path: string;
  /** Null when there was no file. */
  readonly before: Buffer | null;
  /** Hex SHA-256 of what was, or was about to be, written; several while one part replaces another. */
  readonly afterHashes: readonly string[];
  /** Topmost folder that was made for the file; null when all were there. */
  readonly madeFolder: string | null;
  /** Id of the key that was made for this client; null when none was. */
  readonly keyId: string | null;
}

const FOLDER = "setup";

function journalPath(home: string, client: SetupClient): string {
  return join(home, FOLDER, `${client}.json`);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Null for what is no entry of ours. */
function parseEntry(text: string): JournalEntry | null {
  try {
    const value: Record<string, unknown> = JSON.parse(text);
    const { path, before, after_hashes: afterHashes, made_folder: madeFolder, key_id: keyId } = value;
    if (!isText(path) || !Array.isArray(afterHashes)) return null;
    return {
      path,
      before: isText(before) ? Buffer.from(before, "base64") : null,
      afterHashes: afterHashes.filter(isText),
      madeFolder: isText(madeFolder) ? madeFolder : null,
      keyId: isText(keyId) ? keyId : null,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Null when nothing was changed, or all of it was put back. */
export function readJournal(disk: ConfigDisk, home: string, client: SetupClient): JournalEntry | null {
  const bytes = disk.read(journalPath(home, client));
  return bytes === null ? null : parseEntry(bytes.toString("utf8"));
}

/** On the disk when it answers. */
export function writeJournal(disk: ConfigDisk, home: string, client: SetupClient, entry: JournalEntry): void {
  disk.makeFolder(join(home, FOLDER));
  const document = {
    path: entry.path,
    before: entry.before?.toString("base64") ?? null,
    after_hashes: entry.afterHashes,
    made_folder: entry.madeFolder,
    key_id: entry.keyId,
  };
  disk.replace(journalPath(home, client), Buffer.from(`${JSON.stringify(document)}\n`), 0o600);
}

export function dropJournal(disk: ConfigDisk, home: string, client: SetupClient): void {
  disk.remove(journalPath(home, client));
  disk.removeEmptyFolder(join(home, FOLDER));
}
