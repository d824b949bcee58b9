/**
 * Writes our part into a client's file and takes it out again. Owns the order of the steps: the journal first, then the
 * file, so that `undo` puts back every byte whenever the process died in between. What others wrote meanwhile stays.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { ClientEditor, PoolAddress, SetupClient } from "./client-edit.ts";
import { type ConfigDisk, unfinishedPath } from "./config-disk.ts";
import { dropJournal, type JournalEntry, readJournal, writeJournal } from "./setup-journal.ts";

export interface ConfigPlace {
  readonly disk: ConfigDisk;
  readonly home: string;
  readonly client: SetupClient;
  readonly editor: ClientEditor;
  /** As the client itself would look for it. */
  readonly path: string;
}

export type Planned =
  | {
      readonly kind: "planned";
      /** Where symbolic links lead. */
      readonly path: string;
      /** What is there now. */
      readonly current: Buffer | null;
      /** What was there before us. */
      readonly before: Buffer | null;
      /** What is to be there; null for no file. */
      readonly after: Buffer | null;
      readonly entry: JournalEntry | null;
    }
  | { readonly kind: "refused"; readonly path: string; readonly reason: string; readonly lines: string };

const FILE_MODE = 0o600;
/** Of earlier parts, any of which a crash may have left in place. */
const HASHES_MAX = 7;

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Null when the bytes are no text. */
function textOf(bytes: Buffer): string | null {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : null;
}

/** The file without our part: what the journal kept while the file is as we left it, else what others have made of it. */
function withoutOurs(
  place: ConfigPlace,
  current: Buffer | null,
  entry: JournalEntry | null,
): Buffer | null | "unclear" {
  if (entry !== null && (current === null || entry.afterHashes.includes(hashOf(current)))) return entry.before;
  if (current === null || (entry?.before?.equals(current) ?? false)) return current;
  const text = textOf(current);
  const rest = text === null ? null : place.editor.remove(text);
  return rest === null ? "unclear" : Buffer.from(rest);
}

function refused(path: string, reason: string, lines = ""): Planned {
  return { kind: "refused", path, reason, lines };
}

function entryOf(place: ConfigPlace, path: string): JournalEntry | null {
  const entry = readJournal(place.disk, place.home, place.client);
  return entry?.path === path ? entry : null;
}

/** What `setup` would write. Reads only. */
export function planSetup(place: ConfigPlace, pool: PoolAddress): Planned {
  const path = place.disk.resolve(place.path);
  const current = place.disk.read(path);
  const entry = entryOf(place, path);
  // A file that was taken away since is begun anew.
  const before = current === null ? null : withoutOurs(place, current, entry);
  if (before === "unclear") return refused(path, "our part in it was changed by hand");
  const text = before === null ? null : textOf(before);
  if (before !== null && text === null) return refused(path, "the file is not UTF-8 text");
  const edit = place.editor.add(text, pool);
  if (edit.kind === "refused") return refused(path, edit.reason, edit.lines);
  return { kind: "planned", path, current, before, after: Buffer.from(edit.text), entry };
}

/** What `--undo` would write. Reads only; `before` and `after` are the same. */
export function planUndo(place: ConfigPlace): Planned {
  const entry = readJournal(place.disk, place.home, place.client);
  const path = entry?.path ?? place.disk.resolve(place.path);
  const current = place.disk.read(path);
  const before = current === null && entry === null ? null : withoutOurs(place, current, entry);
  if (before === "unclear") return refused(path, "our part in it was changed by hand: take it out by hand");
  return { kind: "planned", path, current, before, after: before, entry };
}

function isSame(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}

export function isChange(plan: Extract<Planned, { kind: "planned" }>): boolean {
  return !isSame(plan.current, plan.after);
}

/** The client may have written in between: then nothing is done, and the next try sees what it wrote. */
function refuseMeanwhile(disk: ConfigDisk, plan: Extract<Planned, { kind: "planned" }>): boolean {
  return !isSame(disk.read(plan.path), plan.current);
}

/** False, and nothing written, when the file changed since it was planned. `keyId` is that of a key made for it. */
export function carryOut(
  place: ConfigPlace,
  plan: Extract<Planned, { kind: "planned" }>,
  keyId: string | null,
): boolean {
  const { disk, home, client } = place;
  const { path, after, before, entry } = plan;
  if (after === null || refuseMeanwhile(disk, plan)) return false;
  const folder = dirname(path);
  const madeFolder = entry?.madeFolder ?? disk.missingFolder(folder);
  const afterHashes = [...(entry?.afterHashes ?? []).slice(-HASHES_MAX), hashOf(after)];
  const kept = keyId ?? entry?.keyId ?? null;
  writeJournal(disk, home, client, { path, before, afterHashes, madeFolder, keyId: kept });
  disk.makeFolder(folder);
  disk.replace(path, after, disk.modeOf(path) ?? FILE_MODE);
  return true;
}

/** False, and nothing written, when the file changed since it was planned. */
export function putBack(place: ConfigPlace, plan: Extract<Planned, { kind: "planned" }>): boolean {
  const { disk, home, client } = place;
  const { path, after, entry } = plan;
  if (refuseMeanwhile(disk, plan)) return false;
  if (after === null) disk.remove(path);
  else if (isChange(plan)) disk.replace(path, after, disk.modeOf(path) ?? FILE_MODE);
  disk.remove(unfinishedPath(path));
  if (after === null && entry?.madeFolder) removeMadeFolders(disk, dirname(path), entry.madeFolder);
  dropJournal(disk, home, client);
  return true;
}

/** From the innermost folder up to the topmost one that was made, as far as they are empty. */
function removeMadeFolders(disk: ConfigDisk, innermost: string, topmost: string): void {
  for (let folder = innermost; folder.startsWith(topmost); folder = dirname(folder)) disk.removeEmptyFolder(folder);
}
