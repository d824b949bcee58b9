/** What came of saving a sign-in, and what does its owner have to know about it? Pure but for reading the store. */
import type { Credential, Endpoints, ProfileRecord, Rng, SettingsStore } from "../ports.ts";
import type { Wire } from "./ask.ts";
import { isSameAccount, otherSeats } from "./identity.ts";
import { readableCredential } from "./readable-credential.ts";
import { judgeToken } from "./refresh-policy.ts";

export interface SaveDesk {
  readonly settings: SettingsStore;
  readonly wire: Wire;
  readonly endpoints: Endpoints;
  readonly rng: Rng;
}

/** A sign-in whose account is known. */
export interface Arrival {
  readonly kind: ProfileRecord["kind"];
  readonly accountKey: string;
  readonly workspaceId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly fedramp: boolean;
  readonly credential: Credential;
  /** Whether another program had it first, which then has to sign in for itself. */
  readonly isCopy: boolean;
  /** Also of a linked sign-in, whose credential goes without it: tells copies of one login apart from two logins. */
  readonly refreshToken: string | null;
}

export const SAVE_NOTES = [
  "now-ours",
  "shares-login",
  "same-account",
  "same-workspace",
  "older-than-saved",
  "already-saved",
  "expired",
  "cannot-be-refreshed",
  "readable-by-others",
] as const;
export interface SaveNote {
  readonly code: (typeof SAVE_NOTES)[number];
  /** One sentence for the owner. */
  readonly text: string;
}

export const SAVE_REFUSALS = [
  "not-found",
  "not-permitted",
  "not-a-file",
  "too-large",
  "unreadable",
  "empty-folder",
  "not-a-login",
  "unsupported-login",
  "name-invalid",
  "name-taken",
  "token-refused",
  "identity-unknown",
  "other-account",
  "other-kind",
  "linked",
] as const;
export type SaveRefusal = (typeof SAVE_REFUSALS)[number];

export type SaveResult =
  | {
      readonly kind: "added" | "updated" | "unchanged";
      readonly profile: ProfileRecord;
      /** Another, older profile of the same account; null when this is the only one. */
      readonly duplicateOf: string | null;
      readonly notes: readonly SaveNote[];
    }
  | { readonly kind: "refused"; readonly code: SaveRefusal; readonly reason: string; readonly hint: string };

export function refuse(code: SaveRefusal, reason: string, hint: string): Extract<SaveResult, { kind: "refused" }> {
  return { kind: "refused", code, reason, hint };
}

const NOTE_TEXTS: Readonly<Record<SaveNote["code"], string>> = {
  "now-ours": "Codexuse refreshes this sign-in from now on: the program it came from has to sign in for itself.",
  "shares-login": "is a copy of the same login: upstream sees one sign-in, and signing one out ends both.",
  "same-account": "is of the same account: the two share one headroom.",
  "same-workspace": "is another seat of the same workspace: a limit of the workspace strikes both.",
  "older-than-saved": "The saved sign-in is newer than this one and was kept.",
  "already-saved": "This very sign-in was saved before.",
  expired: "Its access token has expired.",
  "cannot-be-refreshed": "It has no refresh token: it ends when its access token expires.",
  "readable-by-others": "Other users of this machine can read the file. Set its mode to 0600.",
};

export function note(code: SaveNote["code"], about: string | null = null): SaveNote {
  return { code, text: about === null ? NOTE_TEXTS[code] : `Profile ${about} ${NOTE_TEXTS[code]}` };
}

/** Says what has become of the sign-in, and what that means for its neighbours. */
export function report(
  desk: SaveDesk,
  kind: "added" | "updated" | "unchanged",
  profileId: string,
  arrival: Arrival,
  notes: readonly SaveNote[],
): SaveResult {
  const profiles = desk.settings.profiles();
  const profile = profiles.find((candidate) => candidate.id === profileId);
  if (profile === undefined) return refuse("unreadable", "The profile was removed meanwhile.", "Try again.");
  const twins = profiles.filter((other) => other.id !== profileId && isSameAccount(other, profile));
  const older = twins.find((other) => other.createdAtMs <= profile.createdAtMs) ?? null;
  return {
    kind,
    profile,
    duplicateOf: older?.name ?? null,
    notes: [
      ...notes,
      ...twins.map((twin) =>
        note(sharesLogin(desk.settings, twin, arrival) ? "shares-login" : "same-account", twin.name),
      ),
      ...otherSeats(profile, profiles).map((seat) => note("same-workspace", seat.name)),
      ...credentialNotes(arrival, profile, kind, desk.wire.clock.now()),
    ],
  };
}

function sharesLogin(settings: SettingsStore, twin: ProfileRecord, arrival: Arrival): boolean {
  const credential = readableCredential(settings, twin.id)?.credential;
  if (credential?.kind !== "chatgpt" || arrival.credential.kind !== "chatgpt") return false;
  if (credential.accessToken === arrival.credential.accessToken) return true;
  return arrival.refreshToken !== null && credential.refreshToken === arrival.refreshToken;
}

function credentialNotes(
  arrival: Arrival,
  profile: ProfileRecord,
  kind: "added" | "updated" | "unchanged",
  nowMs: number,
): readonly SaveNote[] {
  const { credential } = arrival;
  if (credential.kind === "api-key" || kind === "unchanged") return [];
  const isExpired = judgeToken(credential, nowMs) === "expired";
  const isOurs = profile.ownership === "owned";
  return [
    ...(isOurs && arrival.isCopy && credential.refreshToken !== null ? [note("now-ours")] : []),
    ...(isOurs && credential.refreshToken === null && credential.expiresAtMs !== null
      ? [note("cannot-be-refreshed")]
      : []),
    ...(isExpired ? [note("expired")] : []),
  ];
}
