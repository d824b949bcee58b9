/** Can every profile be used, and is each the only owner of its refresh token? Shows no secret. */
import { DISK_LOGIN_FILES } from "../accounts/auth-file.ts";
import { parseAuthJson } from "../accounts/auth-json.ts";
import { readableCredential } from "../accounts/readable-credential.ts";
import { describeReason } from "../accounts/reasons.ts";
import type { Desk } from "../operations/operation.ts";
import type { ProfileView } from "../operations/profile-view.ts";
import { readProfiles } from "../operations/read-profiles.ts";
import type { ProfileRecord } from "../ports.ts";
import { type Finding, finding } from "./finding.ts";

function stateFindings(view: ProfileView): Finding[] {
  const { name, state, state_reason: reason, selected } = view;
  if (state !== "needs-sign-in" && state !== "disabled") return [];
  const { text, hint } = describeReason(reason ?? "");
  const remedy = hint.replaceAll("<name>", name).replaceAll("`", "");
  return [finding(selected ? "error" : "warning", state, `Profile ${name} cannot be used. ${text}`, remedy)];
}

function duplicateFindings(view: ProfileView): Finding[] {
  if (view.duplicate_of === null) return [];
  const text = `Profiles ${view.duplicate_of} and ${view.name} are of one account: together they have one headroom.`;
  return [finding("note", "duplicate", text, `One is enough: codexuse profile remove ${view.name}`)];
}

function linkFindings(profile: ProfileRecord): Finding[] {
  if (profile.linkPath === null) return [];
  const content = DISK_LOGIN_FILES.read(profile.linkPath);
  if (content.kind === "read") {
    const parsed = parseAuthJson(content.bytes);
    if (parsed.kind === "ok") return [];
    const text = `Profile ${profile.name} is linked to ${profile.linkPath}. ${parsed.reason}`;
    return [finding("warning", "link-unusable", text, parsed.hint)];
  }
  const text = `Profile ${profile.name} is linked to ${profile.linkPath}, which cannot be read (${content.trouble}).`;
  return [finding("warning", "link-missing", text, "Sign in with the program that owns the file.")];
}

/** Somebody who would spend a refresh token. */
interface Owner {
  readonly who: string;
  readonly refreshToken: string;
  /** Null for another program's file. */
  readonly profile: string | null;
}

function profileOwners(desk: Desk, profiles: readonly ProfileRecord[]): Owner[] {
  return profiles.flatMap((profile) => {
    const credential = readableCredential(desk.settings(), profile.id)?.credential;
    const refreshToken = credential?.kind === "chatgpt" ? credential.refreshToken : null;
    if (profile.ownership !== "owned" || refreshToken === null) return [];
    return [{ who: `profile ${profile.name}`, refreshToken, profile: profile.name }];
  });
}

function fileOwner(path: string): Owner[] {
  const content = DISK_LOGIN_FILES.read(path);
  const parsed = content.kind === "read" ? parseAuthJson(content.bytes) : null;
  const saved = parsed?.kind === "ok" ? parsed.saved : null;
  if (saved?.kind !== "chatgpt" || saved.refreshToken === null) return [];
  return [{ who: path, refreshToken: saved.refreshToken, profile: null }];
}

/** A refresh token is spent by its first use: of two owners, one will be signed out. */
function sharedFindings(owners: readonly Owner[]): Finding[] {
  return owners.flatMap((owner, index) => {
    const first = owners.slice(0, index).find((other) => other.refreshToken === owner.refreshToken);
    if (first === undefined) return [];
    const text = `The same refresh token is in ${first.who} and ${owner.who}: the first to use it signs the other out.`;
    const name = first.profile ?? owner.profile;
    const remedy = name === null ? null : `Give one a sign-in of its own: codexuse profile refresh ${name}`;
    return [finding("error", "refresh-token-shared", text, remedy)];
  });
}

/** `files` are sign-in files of other programs that refresh by themselves. */
export function checkSignIns(desk: Desk, files: readonly string[]): Finding[] {
  const views = readProfiles(desk);
  const profiles = desk.settings().profiles();
  const links = profiles.flatMap((profile) => (profile.linkPath === null ? [] : [profile.linkPath]));
  const owners = [...profileOwners(desk, profiles), ...[...new Set([...files, ...links])].flatMap(fileOwner)];
  return [
    ...views.flatMap(stateFindings),
    ...sharedFindings(owners),
    ...profiles.flatMap(linkFindings),
    ...views.flatMap(duplicateFindings),
  ];
}
