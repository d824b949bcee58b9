/** Takes profiles out of the pool; they stay saved. */
import { defineOperation } from "./operation.ts";
import { ProfileNames, SelectionChange, selectProfiles } from "./select-profiles.ts";

export const removePoolProfiles = defineOperation({
  name: "account-pool.profiles.remove",
  summary: "Take profiles out of the pool",
  input: ProfileNames,
  output: SelectionChange,
  changes: true,
  run(desk, input) {
    const change = selectProfiles(desk.settings(), input.profiles, false);
    const isEmpty = change.after.profiles.length === 0;
    return {
      ...change,
      untouched:
        "The profiles stay saved, with their credentials. Turns that run now are finished; their sessions move with the next turn.",
      hint: isEmpty ? "The pool is empty now: requests are refused until a profile is added." : null,
    };
  },
});
