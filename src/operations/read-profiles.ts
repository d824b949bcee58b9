/** The views of all profiles as they stand now, by name. */
import { duplicateOf, otherSeats } from "../accounts/identity.ts";
import { readableCredential } from "../accounts/readable-credential.ts";
import type { ProfileRecord } from "../ports.ts";
import { believableState } from "../router/rules/believable.ts";
import type { Desk } from "./operation.ts";
import { type ProfileView, profileView } from "./profile-view.ts";

function byName(a: ProfileRecord, b: ProfileRecord): number {
  return a.name.localeCompare(b.name);
}

export function readProfiles(desk: Desk): ProfileView[] {
  const settings = desk.settings();
  const profiles = settings.profiles();
  const nowMs = desk.clock.now();
  return profiles.toSorted(byName).map((profile) =>
    profileView(
      {
        profile,
        duplicateOf: duplicateOf(profile, profiles)?.name ?? null,
        otherSeats: otherSeats(profile, profiles).map((seat) => seat.name),
        isLocked: readableCredential(settings, profile.id) === null && settings.generation(profile.id) !== null,
        account: believableState(settings.accountState(profile.accountKey), nowMs),
        inFlight: desk.inFlight(profile.accountKey),
      },
      nowMs,
    ),
  );
}
