/** Gives a profile another name. */
import { Type } from "typebox";
import { isProfileName } from "../accounts/profile-name.ts";
import { findProfile } from "./find-profile.ts";
import { defineOperation, OperationError } from "./operation.ts";
import { changeOf } from "./shapes.ts";

export const renameProfile = defineOperation({
  name: "profile.rename",
  summary: "Give a profile another name",
  input: Type.Object({ name: Type.String({ minLength: 1 }), new_name: Type.String({ minLength: 1 }) }),
  output: changeOf(Type.Object({ name: Type.String() })),
  changes: true,
  run(desk, input) {
    const settings = desk.settings();
    const { id, name } = findProfile(settings, input.name);
    if (!isProfileName(input.new_name)) {
      throw new OperationError(
        "usage",
        `"${input.new_name}" cannot be a profile's name.`,
        "Up to 64 letters, digits and . _ - @ + are fine, a letter or digit first.",
      );
    }
    if (!settings.updateProfile(id, { name: input.new_name })) {
      throw new OperationError("conflict", `There is a profile "${input.new_name}" already.`, "Choose another name.");
    }
    return {
      changed: name !== input.new_name,
      before: { name },
      after: { name: input.new_name },
      untouched: "Its credentials, place in the pool and sessions stay as they are.",
      hint: null,
    };
  },
});
