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
import type { Credential, ProfileRecord, Rng, SettingsStore } from "../ports.ts";
import { identify } from "./arrival.ts";
import type { SavedLogin } from "./auth-json.ts";
import { isSameAccount } from "./identity.ts";
import { isProfileName, makeUnique, nameFromEmail } from "./profile-name.ts";
import { readableCredential } from "./readable-credential.ts";
import { type Arrival, note, refuse, report, type SaveDesk, type SaveResult } from "./save-result.ts";

export interface SaveRequest {
  /** The owner's own choice; null to make one up. */
  readonly name: string | null;
  /** Used when there is neither a name nor an e-mail address. */
  readonly fallbackName: string;
  /** Path of another program's file that the profile only reads; null when the sign-in becomes ours. */
  readonly linkPath: string | null;
  /** Whether it comes from another program's file, as opposed to a sign-in made for us. */
  readonly isCopy: boolean;
  /** Where every call of the profile goes through from now on; null leaves it as it is, and none for a new profile. */
  readonly proxyUrl: string | null;
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
  // Asked through the proxy that the profile has already, when it is known which profile that is.
  const named = request.name === null ? null : desk.settings.profileNamed(request.name);
  const proxyUrl = request.proxyUrl ?? named?.proxyUrl ?? null;
  const arrival = await identify(desk, saved, { isCopy: request.isCopy, isLink: request.linkPath !== null, proxyUrl });
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
  if (target === null) return addProfile(desk, settled, request);
  if (request.proxyUrl !== null) desk.settings.updateProfile(target.id, { proxyUrl: request.proxyUrl });
  return renewProfile(desk, settled, target);
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
  const { credential, refreshToken, isCopy, ...account } = arrival;
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
      proxyUrl: request.proxyUrl,
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
  const stored = readableCredential(settings, target.id);
  const isSame = stored !== null && isSameSecret(stored.credential, arrival.credential);
  if (isSame) return report(desk, "unchanged", target.id, arrival, [note("already-saved")]);
  if (stored !== null && !isNewer(arrival.credential, stored.credential, target)) {
    return report(desk, "unchanged", target.id, arrival, [note("older-than-saved")]);
  }
  const generation = stored?.generation ?? settings.generation(target.id);
  if (generation === null) return refuse("unreadable", "The profile was removed meanwhile.", "Try again.");
  if (!settings.writeCredential(target.id, arrival.credential, generation)) {
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
