/** Every saved profile, by name. */
import { Type } from "typebox";
import { defineOperation } from "./operation.ts";
import { ProfileView } from "./profile-view.ts";
import { readProfiles } from "./read-profiles.ts";
import { NoInput } from "./shapes.ts";

export const listProfiles = defineOperation({
  name: "profile.list",
  summary: "List the saved profiles",
  input: NoInput,
  output: Type.Object({ profiles: Type.Array(ProfileView) }),
  changes: false,
  run(desk) {
    return { profiles: readProfiles(desk) };
  },
});
