/** Every profile and whether it is in the pool, those in it first. */
import { Type } from "typebox";
import { defineOperation } from "./operation.ts";
import { ProfileView } from "./profile-view.ts";
import { readProfiles } from "./read-profiles.ts";
import { NoInput } from "./shapes.ts";

export const listPoolProfiles = defineOperation({
  name: "account-pool.profiles.list",
  summary: "List the profiles and whether they are in the pool",
  input: NoInput,
  output: Type.Object({ profiles: Type.Array(ProfileView) }),
  changes: false,
  run(desk) {
    return { profiles: readProfiles(desk).sort((a, b) => Number(b.selected) - Number(a.selected)) };
  },
});
