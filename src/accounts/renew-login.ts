/**
 * How does a profile get a new sign-in in place?
 *
 * The profile stays what it is, with its id, name, place in the pool and sessions; only a sign-in of the same account may
 * take its place. An API key does not tell whose it is, so a new key is taken at the owner's word.
 */
import type { ProfileRecord, SettingsStore } from "../ports.ts";
import { identify } from "./arrival.ts";
import type { SavedLogin } from "./auth-json.ts";
import { isSameAccount } from "./identity.ts";
import { type Arrival, refuse, report, type SaveDesk, type SaveResult } from "./save-result.ts";

/** How often another process may write in between before it stops being chance. */
const WRITES_MAX = 20;

/** Every outcome is a value; nothing is written when it is refused. */
export async function renewLogin(desk: SaveDesk, profile: ProfileRecord, saved: SavedLogin): Promise<SaveResult> {
  const refusal = refuseRenewal(profile, saved.kind === "api-key" ? "api-key" : "chatgpt");
  if (refusal !== null) return refusal;
  const { proxyUrl } = profile;
  const arrival = await identify(desk, saved, { isLink: false, isCopy: false, proxyUrl });
  if ("code" in arrival) return arrival;
  if (!mayBeSame(profile, arrival)) {
    return refuse(
      "other-account",
      `This is a sign-in of another account than that of profile ${profile.name}. Nothing was changed.`,
      "Sign in as the same account, or save it as a profile of its own: codexuse profile add <name>",
    );
  }
  if (!writeInPlace(desk.settings, profile.id, arrival)) {
    return refuse("unreadable", "The profile was removed meanwhile.", "Save it anew: codexuse profile add <name>");
  }
  const { workspaceId, userId, email, plan, fedramp } = arrival;
  const accountKey = isSameAccount(profile, arrival) ? profile.accountKey : arrival.accountKey;
  desk.settings.updateProfile(profile.id, { accountKey, workspaceId, userId, email, plan, fedramp });
  return report(desk, "updated", profile.id, arrival, []);
}

/** Why no sign-in of this kind can take the profile's place, asked before anybody is bothered; null when one can. */
export function refuseRenewal(
  profile: ProfileRecord,
  kind: ProfileRecord["kind"],
): Extract<SaveResult, { kind: "refused" }> | null {
  if (profile.ownership === "linked") {
    const hint =
      "Sign in with the program that owns the file, or save a sign-in of your own: codexuse profile add <name>";
    return refuse("linked", `Profile ${profile.name} only reads another program's sign-in.`, hint);
  }
  if (profile.kind === kind) return null;
  const what = profile.kind === "api-key" ? "an API key" : "a ChatGPT sign-in";
  const hint =
    profile.kind === "api-key"
      ? "Give the new key with --api-key=- or save the sign-in as a profile of its own: codexuse profile add <name>"
      : "Leave --api-key out, or save the key as a profile of its own: codexuse profile add <name> --api-key=-";
  return refuse("other-kind", `Profile ${profile.name} holds ${what}. Nothing was changed.`, hint);
}

/** Old sign-ins of which nothing is known but their tokens cannot be compared: the owner's word counts there, too. */
function mayBeSame(profile: ProfileRecord, arrival: Arrival): boolean {
  if (profile.kind === "api-key" || isSameAccount(profile, arrival)) return true;
  const isNobody = profile.userId === null && profile.email === null;
  return isNobody && (profile.workspaceId === null || profile.workspaceId === arrival.workspaceId);
}

/** False when the profile is gone. A refresh that runs meanwhile loses: its pair belongs to the sign-in before. */
function writeInPlace(settings: SettingsStore, profileId: string, arrival: Arrival): boolean {
  for (let writes = 0; writes < WRITES_MAX; writes += 1) {
    const generation = settings.generation(profileId);
    if (generation === null) return false;
    if (settings.writeCredential(profileId, arrival.credential, generation)) return true;
  }
  throw new Error("a credential changes faster than it can be written");
}
