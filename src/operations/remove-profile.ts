/** Deletes a saved profile with its credentials. */
import { Type } from "typebox";
import type { ProfileRecord } from "../ports.ts";
import { findProfile } from "./find-profile.ts";
import { defineOperation } from "./operation.ts";

function untouchedBy(profile: ProfileRecord): string {
  if (profile.ownership === "linked") return `The file ${profile.linkPath ?? "it was linked to"} stays as it is.`;
  return "The account itself and its sign-ins elsewhere stay as they are. Its sessions move with their next turn.";
}

export const removeProfile = defineOperation({
  name: "profile.remove",
  summary: "Delete a profile and its credentials",
  input: Type.Object({ name: Type.String({ minLength: 1 }) }),
  output: Type.Object({ changed: Type.Boolean(), name: Type.String(), untouched: Type.String() }),
  changes: true,
  run(desk, input) {
    const settings = desk.settings();
    const profile = findProfile(settings, input.name);
    settings.removeProfile(profile.id);
    return { changed: true, name: profile.name, untouched: untouchedBy(profile) };
  },
});
