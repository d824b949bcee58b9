/** Puts profiles into the pool. */
import { duplicateOf } from "../accounts/identity.ts";
import { findProfile } from "./find-profile.ts";
import { type Desk, defineOperation } from "./operation.ts";
import { ProfileNames, SelectionChange, selectProfiles } from "./select-profiles.ts";

/** Two profiles of one account add no headroom, which surprises people; then what is still missing to serve. */
function hintFor(desk: Desk, names: readonly string[]): string | null {
  const settings = desk.settings();
  const profiles = settings.profiles();
  for (const name of names) {
    const twin = duplicateOf(findProfile(settings, name), profiles);
    if (twin !== null) return `"${name}" is the same account as "${twin.name}": they share one headroom.`;
  }
  return settings.pool().enabled ? null : "The pool is off: codexuse account-pool enable";
}

export const addPoolProfiles = defineOperation({
  name: "account-pool.profiles.add",
  summary: "Put profiles into the pool",
  input: ProfileNames,
  output: SelectionChange,
  changes: true,
  run(desk, input) {
    const change = selectProfiles(desk.settings(), input.profiles, true);
    return {
      ...change,
      untouched: "Running sessions stay on the profile they are on.",
      hint: hintFor(desk, input.profiles),
    };
  },
});
