/**
 * What does another program's auth.json say now?
 *
 * Owns linked sign-ins: read again whenever the file changes, never refreshed, and never in possession of the refresh
 * token, so that the chain of the program that owns it cannot be spent from here. Trouble is of the moment: nothing that
 * happens to a linked sign-in is stored as "sign-in needed", because the owner mends it elsewhere.
 */
import type { Clock, Credential, ProfileRecord, SettingsStore, StoredCredential } from "../ports.ts";
import type { LoginFiles } from "./auth-file.ts";
import { parseAuthJson, type SavedLogin } from "./auth-json.ts";
import { apiKeyAccountKey, chatgptAccountKey, fingerprint, isSameAccount } from "./identity.ts";
import type { UnavailableReason } from "./reasons.ts";
import { judgeToken } from "./refresh-policy.ts";

export type LinkedState =
  | { readonly kind: "usable"; readonly stored: StoredCredential }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason };

export interface LinkedLogins {
  /** The credential as the file has it now. */
  read(profile: ProfileRecord): LinkedState;
  /** Upstream answered 401: a newer credential if the file has one, else not usable for a while. */
  renew(profile: ProfileRecord, refusedGeneration: number): LinkedState;
  /** Not usable until the file changes. */
  condemn(profile: ProfileRecord): void;
}

export interface LinkedLoginsOptions {
  readonly settings: SettingsStore;
  readonly clock: Clock;
  readonly files: LoginFiles;
}

/** What is remembered of a link; leaves with the process. */
interface LinkMemory {
  /** Of the content that was last understood; null before. */
  stamp: string | null;
  /** A refused generation is not offered before this instant, or at all while the file stays as it is. */
  refused: { readonly generation: number; readonly untilMs: number } | null;
}

/** One 401 may be a passing fault of upstream, so a refused file is offered again after this pause. */
const REFUSED_PAUSE_MS = 5 * 60_000;

export function createLinkedLogins(options: LinkedLoginsOptions): LinkedLogins {
  const memories = new Map<string, LinkMemory>();
  const memoryOf = (profile: ProfileRecord): LinkMemory => {
    const memory = memories.get(profile.id) ?? { stamp: null, refused: null };
    memories.set(profile.id, memory);
    return memory;
  };
  return {
    read: (profile) => readLinked(options, memoryOf(profile), profile),
    renew(profile, refusedGeneration) {
      const memory = memoryOf(profile);
      memory.refused = { generation: refusedGeneration, untilMs: options.clock.now() + REFUSED_PAUSE_MS };
      return readLinked(options, memory, profile);
    },
    condemn(profile) {
      const generation = options.settings.credential(profile.id)?.generation ?? 0;
      memoryOf(profile).refused = { generation, untilMs: Number.POSITIVE_INFINITY };
    },
  };
}

function readLinked(options: LinkedLoginsOptions, memory: LinkMemory, profile: ProfileRecord): LinkedState {
  const trouble = takeOver(options, memory, profile);
  if (trouble === "link-missing" || trouble === "link-other-account") return { kind: "unavailable", reason: trouble };
  const stored = options.settings.credential(profile.id);
  if (stored === null) return { kind: "unavailable", reason: trouble ?? "credential-missing" };
  const nowMs = options.clock.now();
  const { refused } = memory;
  if (refused !== null && stored.generation <= refused.generation && nowMs < refused.untilMs) {
    return { kind: "unavailable", reason: "link-refused" };
  }
  if (stored.credential.kind === "chatgpt" && judgeToken(stored.credential, nowMs) === "expired") {
    return { kind: "unavailable", reason: trouble ?? "link-expired" };
  }
  // A file that is being rewritten in place may be cut off for a moment: what was read before still serves.
  return { kind: "usable", stored };
}

/** Brings the store up to the file. Answers what is wrong with the file, or null. */
function takeOver(options: LinkedLoginsOptions, memory: LinkMemory, profile: ProfileRecord): UnavailableReason | null {
  if (profile.linkPath === null) return "link-missing";
  const look = options.files.stampOf(profile.linkPath);
  if (look.kind === "trouble") return look.trouble === "not-found" ? "link-missing" : "link-unreadable";
  if (look.stamp === memory.stamp) return null;
  const content = options.files.read(profile.linkPath);
  if (content.kind === "trouble") return content.trouble === "not-found" ? "link-missing" : "link-unreadable";
  const parsed = parseAuthJson(content.bytes);
  if (parsed.kind === "refused") {
    // Signed out for good, unlike a file without a byte, which is being rewritten at this moment.
    return parsed.code === "empty" && content.bytes.length > 0 ? "link-missing" : "link-unreadable";
  }
  if (!isOf(profile, options.settings.credential(profile.id), parsed.saved)) return "link-other-account";
  storeBorrowed(options.settings, profile.id, borrowedCredential(parsed.saved));
  memory.stamp = content.stamp;
  return null;
}

/** Whether the file still holds the account that was linked. A personal token names nobody, so it has to be the same one. */
function isOf(profile: ProfileRecord, stored: StoredCredential | null, saved: SavedLogin): boolean {
  switch (saved.kind) {
    case "api-key":
      return profile.kind === "api-key" && profile.accountKey === apiKeyAccountKey(saved.apiKey);
    case "personal-token":
      return stored !== null && secretOf(stored.credential) === secretOf(borrowedCredential(saved));
    case "chatgpt": {
      const accountKey = chatgptAccountKey(saved.identity, saved.refreshToken ?? saved.accessToken);
      return isSameAccount(profile, { kind: "chatgpt", accountKey, ...saved.identity });
    }
  }
}

/** A saved sign-in without its refresh token: what is not held cannot be spent. */
export function borrowedCredential(saved: SavedLogin): Credential {
  switch (saved.kind) {
    case "api-key":
      return { kind: "api-key", apiKey: saved.apiKey };
    case "personal-token":
      return personalCredential(saved.token);
    case "chatgpt":
      return {
        kind: "chatgpt",
        accessToken: saved.accessToken,
        refreshToken: null,
        idToken: saved.idToken,
        expiresAtMs: saved.expiresAtMs,
        lastRefreshAtMs: saved.lastRefreshAtMs,
      };
  }
}

/** A personal access token travels like an access token, and lasts until it is revoked. */
export function personalCredential(token: string): Credential {
  return {
    kind: "chatgpt",
    accessToken: token,
    refreshToken: null,
    idToken: null,
    expiresAtMs: null,
    lastRefreshAtMs: null,
  };
}

/** Writes only what is news, so that the generation moves with the file alone. */
function storeBorrowed(settings: SettingsStore, profileId: string, credential: Credential): void {
  const stored = settings.credential(profileId);
  if (stored === null || secretOf(stored.credential) === secretOf(credential)) return;
  settings.writeCredential(profileId, credential, stored.generation);
}

function secretOf(credential: Credential): string {
  return fingerprint(credential.kind === "api-key" ? credential.apiKey : credential.accessToken);
}
