/**
 * Which upstream account is behind a sign-in, and which sign-ins are of the same one? Pure.
 *
 * Headroom and cooldowns hang on the account key, so two sign-ins of one account must get one key, and two seats of one
 * workspace must not. Keys are digests: they appear in output, where neither an e-mail address nor a key may.
 */
import { createHash } from "node:crypto";
import type { ProfileRecord } from "../ports.ts";

/** What upstream tells about the person and workspace of a ChatGPT sign-in. */
export interface LoginIdentity {
  /** Upstream's `account_id`: names a workspace, which several people may share. */
  readonly workspaceId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly fedramp: boolean;
}

type Holder = Pick<ProfileRecord, "kind" | "accountKey" | "workspaceId" | "userId" | "email">;

/** Short digest of a secret or of personal data: safe to show, the same on every machine. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, 16);
}

/** Key of a ChatGPT account: workspace and user, else workspace and e-mail; `secret` stands in when neither is known. */
export function chatgptAccountKey(identity: LoginIdentity, secret: string): string {
  const { workspaceId, userId } = identity;
  const email = normalEmail(identity.email);
  if (userId !== null) return `chatgpt-${fingerprint("user", workspaceId ?? "", userId)}`;
  if (email !== null) return `chatgpt-${fingerprint("email", workspaceId ?? "", email)}`;
  return `chatgpt-${fingerprint("token", workspaceId ?? "", secret)}`;
}

export function apiKeyAccountKey(apiKey: string): string {
  return `api-key-${fingerprint(apiKey)}`;
}

function normalEmail(email: string | null): string | null {
  return email === null ? null : email.trim().toLowerCase();
}

/**
 * Whether two sign-ins are of one account. Also true when one of them was saved without a user id and the rest agrees,
 * which is how sign-ins of old files look.
 */
export function isSameAccount(one: Holder, other: Holder): boolean {
  if (one.accountKey === other.accountKey) return true;
  if (one.kind !== "chatgpt" || other.kind !== "chatgpt" || one.workspaceId !== other.workspaceId) return false;
  if (one.userId !== null && other.userId !== null) return one.userId === other.userId;
  return one.email !== null && normalEmail(one.email) === normalEmail(other.email);
}

/** The oldest other profile of the same account; null when this profile is itself the oldest. */
export function duplicateOf(profile: ProfileRecord, profiles: readonly ProfileRecord[]): ProfileRecord | null {
  const oldest = profiles
    .filter((other) => isSameAccount(other, profile))
    .toSorted((one, other) => one.createdAtMs - other.createdAtMs || one.id.localeCompare(other.id))[0];
  return oldest === undefined || oldest.id === profile.id ? null : oldest;
}

/** Profiles of the same workspace that are other people's seats: a workspace's limits strike them all. */
export function otherSeats(profile: ProfileRecord, profiles: readonly ProfileRecord[]): readonly ProfileRecord[] {
  if (profile.workspaceId === null) return [];
  return profiles.filter((other) => other.workspaceId === profile.workspaceId && !isSameAccount(other, profile));
}
