/**
 * How does a sign-in become a profile?
 *
 * Owns the decision between a new profile and an existing one. A sign-in of an account that is already saved:
 * - without a name: renews the saved profile if it is newer, and changes nothing if it is the same or older, because an
 *   older copy holds a refresh token that has been spent since;
 * - with the name of that profile: likewise;
 * - with a free name: becomes a second profile of the account, which adds no headroom, and says so.
 * Copies of one login share one chain of refresh tokens; `refresh-login.ts` renews all copies we hold together.
 */
import type { Credential, Endpoints, ProfileRecord, Rng, SettingsStore } from "../ports.ts";
import type { Wire } from "./ask.ts";
import type { SavedLogin } from "./auth-json.ts";
import { apiKeyAccountKey, chatgptAccountKey, isSameAccount, type LoginIdentity, otherSeats } from "./identity.ts";
import { borrowedCredential, personalCredential } from "./linked-login.ts";
import { isProfileName, makeUnique, nameFromEmail } from "./profile-name.ts";
import { judgeToken } from "./refresh-policy.ts";
import { askWhoami } from "./whoami.ts";

export interface SaveDesk {
  readonly settings: SettingsStore;
  readonly wire: Wire;
  readonly endpoints: Endpoints;
  readonly rng: Rng;
}

export interface SaveRequest {
  /** The owner's own choice; null to make one up. */
  readonly name: string | null;
  /** Used when there is neither a name nor an e-mail address. */
  readonly fallbackName: string;
  /** Path of another program's file that the profile only reads; null when the sign-in becomes ours. */
  readonly linkPath: string | null;
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

/** A sign-in whose account is known. */
interface Arrival {
  readonly kind: ProfileRecord["kind"];
  readonly accountKey: string;
  readonly workspaceId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly fedramp: boolean;
  readonly credential: Credential;
  /** Also of a linked sign-in, whose credential goes without it: tells copies of one login apart from two logins. */
  readonly refreshToken: string | null;
}

/** Saves a sign-in under the rules above. Every outcome is a value; nothing is written when it is refused. */
export async function saveLogin(desk: SaveDesk, saved: SavedLogin, request: SaveRequest): Promise<SaveResult> {
  if (request.name !== null && !isProfileName(request.name)) {
    return refuse(
      "name-invalid",
      "A profile's name has up to 64 letters, digits and . _ - @ +, and begins with a letter or digit.",
      "Choose another --name.",
    );
  }
  const arrival = await identify(desk, saved, request.linkPath !== null);
  if ("code" in arrival) return arrival;
  const known = desk.settings.profiles().filter((profile) => isSameAccount(profile, arrival));
  const target = chooseTarget(desk.settings, known, request);
  if (target === "taken") {
    return refuse(
      "name-taken",
      "Another profile has this name.",
      "Choose another --name, or remove that profile first.",
    );
  }
  const settled: Arrival = { ...arrival, accountKey: known[0]?.accountKey ?? arrival.accountKey };
  return target === null ? addProfile(desk, settled, request) : renewProfile(desk, settled, target);
}

function refuse(code: SaveRefusal, reason: string, hint: string): Extract<SaveResult, { kind: "refused" }> {
  return { kind: "refused", code, reason, hint };
}

async function identify(
  desk: SaveDesk,
  saved: SavedLogin,
  isLink: boolean,
): Promise<Arrival | Extract<SaveResult, { kind: "refused" }>> {
  switch (saved.kind) {
    case "api-key": {
      const nobody = { workspaceId: null, userId: null, email: null, plan: null, fedramp: false, refreshToken: null };
      const credential: Credential = { kind: "api-key", apiKey: saved.apiKey };
      return { kind: "api-key", accountKey: apiKeyAccountKey(saved.apiKey), credential, ...nobody };
    }
    case "chatgpt": {
      const { kind, identity, ...secrets } = saved;
      const credential: Credential = isLink ? borrowedCredential(saved) : { kind, ...secrets };
      return arrive(identity, credential, saved.refreshToken, saved.refreshToken ?? saved.accessToken);
    }
    case "personal-token": {
      const whoami = await askWhoami(desk.wire, desk.endpoints, saved.token);
      if (whoami.kind === "known") return arrive(whoami.identity, personalCredential(saved.token), null, saved.token);
      return whoami.kind === "refused"
        ? refuse("token-refused", "Upstream does not accept this personal access token.", "Make a new one.")
        : refuse("identity-unknown", "Upstream could not be asked whose token this is.", "Check the network.");
    }
  }
}

function arrive(identity: LoginIdentity, credential: Credential, refreshToken: string | null, secret: string): Arrival {
  return { kind: "chatgpt", accountKey: chatgptAccountKey(identity, secret), ...identity, credential, refreshToken };
}

/** The profile this sign-in renews; null for a new one; `taken` when the wished name is somebody else's. */
function chooseTarget(
  settings: SettingsStore,
  known: readonly ProfileRecord[],
  request: SaveRequest,
): ProfileRecord | null | "taken" {
  const { linkPath } = request;
  const fits = (profile: ProfileRecord): boolean =>
    linkPath === null ? profile.ownership === "owned" : profile.linkPath === linkPath;
  if (request.name === null) return known.find(fits) ?? null;
  const named = settings.profileNamed(request.name);
  if (named === null) return null;
  return known.some((profile) => profile.id === named.id) && fits(named) ? named : "taken";
}

function addProfile(desk: SaveDesk, arrival: Arrival, request: SaveRequest): SaveResult {
  const { settings, rng, wire } = desk;
  const { credential, refreshToken, ...account } = arrival;
  const isTaken = (name: string): boolean => settings.profileNamed(name) !== null;
  for (;;) {
    const made = makeUnique(nameFromEmail(arrival.email) ?? request.fallbackName, isTaken);
    const profile: ProfileRecord = {
      ...account,
      id: newProfileId(rng),
      name: request.name ?? made,
      ownership: request.linkPath === null ? "owned" : "linked",
      linkPath: request.linkPath,
      selected: false,
      reservePercent: 0,
      proxyUrl: null,
      signIn: { state: "ok" },
      createdAtMs: wire.clock.now(),
    };
    if (settings.addProfile(profile, credential)) return report(desk, "added", profile.id, arrival, []);
    // Another process took the name a moment ago: a made-up one is made up again.
    if (request.name !== null) {
      return refuse("name-taken", "Another profile has this name.", "Choose another --name.");
    }
  }
}

function newProfileId(rng: Rng): string {
  return `prof_${Array.from({ length: 16 }, () => Math.floor(rng() * 16).toString(16)).join("")}`;
}

function renewProfile(desk: SaveDesk, arrival: Arrival, target: ProfileRecord): SaveResult {
  const { settings } = desk;
  const stored = settings.credential(target.id);
  const isSame = stored !== null && isSameSecret(stored.credential, arrival.credential);
  if (isSame) return report(desk, "unchanged", target.id, arrival, [note("already-saved")]);
  if (stored === null || !isNewer(arrival.credential, stored.credential, target)) {
    return report(desk, "unchanged", target.id, arrival, [note("older-than-saved")]);
  }
  if (!settings.writeCredential(target.id, arrival.credential, stored.generation)) {
    // Renewed by another process in this very moment: compare with that.
    return renewProfile(desk, arrival, target);
  }
  const { workspaceId, userId, email, plan, fedramp } = arrival;
  settings.updateProfile(target.id, { workspaceId, userId, email, plan, fedramp });
  return report(desk, "updated", target.id, arrival, []);
}

function isSameSecret(one: Credential, other: Credential): boolean {
  if (one.kind === "api-key" || other.kind === "api-key") {
    return one.kind === "api-key" && other.kind === "api-key" && one.apiKey === other.apiKey;
  }
  return one.accessToken === other.accessToken && one.refreshToken === other.refreshToken;
}

/**
 * Anything is better than a sign-in that no longer works, and a linked file is always right about itself; else the later
 * refresh wins, or the later expiry.
 */
function isNewer(arrived: Credential, stored: Credential, target: ProfileRecord): boolean {
  if (target.signIn.state === "needed" || target.ownership === "linked") return true;
  if (arrived.kind === "api-key" || stored.kind === "api-key") return true;
  const { lastRefreshAtMs, expiresAtMs } = arrived;
  if (lastRefreshAtMs !== null && stored.lastRefreshAtMs !== null) return lastRefreshAtMs > stored.lastRefreshAtMs;
  if (expiresAtMs !== null && stored.expiresAtMs !== null) return expiresAtMs > stored.expiresAtMs;
  return true;
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

function report(
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
  const credential = settings.credential(twin.id)?.credential;
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
    ...(isOurs && credential.refreshToken !== null ? [note("now-ours")] : []),
    ...(isOurs && credential.refreshToken === null && credential.expiresAtMs !== null
      ? [note("cannot-be-refreshed")]
      : []),
    ...(isExpired ? [note("expired")] : []),
  ];
}
