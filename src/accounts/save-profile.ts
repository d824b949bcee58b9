/**
 * How does an auth.json on disk become a profile?
 *
 * Owns the way from a path to saved sign-ins: one file, a Codex home, or a folder of many. Files are only read. The
 * decision what a sign-in becomes is `save-login.ts`.
 */
import { resolve } from "node:path";
import { DISK_LOGIN_FILES, type FileTrouble, findLoginFiles, type LoginFiles } from "./auth-file.ts";
import { type AuthJsonRefusal, parseAuthJson } from "./auth-json.ts";
import { nameFromPath } from "./profile-name.ts";
import { saveLogin } from "./save-login.ts";
import { note, type SaveDesk, type SaveRefusal, type SaveResult } from "./save-result.ts";

export interface ImportDesk extends SaveDesk {
  /** The disk's own unless a test says otherwise. */
  readonly files?: LoginFiles;
}

export interface ImportRequest {
  readonly path: string;
  /** The owner's choice; null to make one up. */
  readonly name: string | null;
  /** Where every call of the profile goes through; left as it is, and none for a new profile, when not given. */
  readonly proxyUrl?: string | null;
}

export interface ImportedFile {
  readonly path: string;
  readonly result: SaveResult;
}

/** Copies the sign-in of one auth.json and becomes its owner. Rejects only when the store fails. */
export function importAuthFile(desk: ImportDesk, request: ImportRequest): Promise<SaveResult> {
  return saveFile(desk, resolve(request.path), request, null);
}

/**
 * The same for whatever stands at the path: a file, a Codex home (its auth.json alone), or a folder of sign-in files and
 * Codex homes, each reported by itself, in order of their paths. A name fits one sign-in only.
 */
export async function importAuthFolder(desk: ImportDesk, request: ImportRequest): Promise<readonly ImportedFile[]> {
  const path = resolve(request.path);
  const found = findLoginFiles(path);
  if (found.kind === "trouble") return [{ path, result: refuseTrouble(found.trouble) }];
  if (found.paths.length === 0) {
    const reason = "The folder holds no sign-in file.";
    const hint = "Give an auth.json, a Codex home, or a folder of such files.";
    return [{ path, result: { kind: "refused", code: "empty-folder", reason, hint } }];
  }
  if (request.name !== null && found.paths.length > 1) {
    const reason = "One name cannot be given to several sign-ins.";
    return [{ path, result: { kind: "refused", code: "name-invalid", reason, hint: "Leave --name out." } }];
  }
  const imported: ImportedFile[] = [];
  for (const file of found.paths) {
    imported.push({ path: file, result: await saveFile(desk, file, request, null) });
  }
  return imported;
}

/**
 * Makes a profile that reads another program's auth.json (or the one in its Codex home) and never refreshes it. A link is
 * known by its path: linking it again changes nothing.
 */
export async function linkAuthFile(desk: ImportDesk, request: ImportRequest): Promise<SaveResult> {
  const path = resolve(request.path);
  const found = findLoginFiles(path);
  if (found.kind === "trouble") return refuseTrouble(found.trouble);
  const file = found.paths[0];
  if (file === undefined || found.paths.length > 1) {
    const reason = "The folder is not a Codex home with an auth.json.";
    return { kind: "refused", code: "empty-folder", reason, hint: "Give the auth.json itself." };
  }
  return saveFile(desk, file, request, file);
}

async function saveFile(
  desk: ImportDesk,
  path: string,
  { name, proxyUrl = null }: ImportRequest,
  linkPath: string | null,
): Promise<SaveResult> {
  const content = (desk.files ?? DISK_LOGIN_FILES).read(path);
  if (content.kind === "trouble") return refuseTrouble(content.trouble);
  const parsed = parseAuthJson(content.bytes);
  if (parsed.kind === "refused") {
    return { kind: "refused", code: REFUSAL_OF[parsed.code], reason: parsed.reason, hint: parsed.hint };
  }
  const place = { name, fallbackName: nameFromPath(path), linkPath, isCopy: true, proxyUrl };
  const result = await saveLogin(desk, parsed.saved, place);
  if (result.kind === "refused" || content.isPrivate) return result;
  return { ...result, notes: [...result.notes, note("readable-by-others")] };
}

const REFUSAL_OF: Readonly<Record<AuthJsonRefusal, SaveRefusal>> = {
  "too-large": "too-large",
  "not-text": "not-a-login",
  "not-json": "not-a-login",
  "not-a-login": "not-a-login",
  empty: "not-a-login",
  malformed: "not-a-login",
  "agent-identity": "unsupported-login",
  "external-tokens": "unsupported-login",
  "unknown-kind": "unsupported-login",
};

const TROUBLES: Readonly<Record<FileTrouble, { readonly reason: string; readonly hint: string }>> = {
  "not-found": { reason: "There is no such file.", hint: "Codex keeps its sign-in in ~/.codex/auth.json." },
  "not-permitted": { reason: "The file may not be read by this user.", hint: "Check its owner and mode." },
  "not-a-file": { reason: "This is neither a regular file nor a folder.", hint: "Give an auth.json or a folder." },
  "too-large": { reason: "The file is too large to be a saved sign-in.", hint: "Give an auth.json." },
  unreadable: { reason: "The file could not be read.", hint: "Check the disk, and for loops of symbolic links." },
};

function refuseTrouble(trouble: FileTrouble): SaveResult {
  return { kind: "refused", code: trouble, ...TROUBLES[trouble] };
}
