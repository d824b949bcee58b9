/** Switches the pool on. */
import { Type } from "typebox";
import { defineOperation } from "./operation.ts";
import { changeOf, NoInput } from "./shapes.ts";

export const enablePool = defineOperation({
  name: "account-pool.enable",
  summary: "Let the pool serve requests",
  input: NoInput,
  output: changeOf(Type.Object({ enabled: Type.Boolean() })),
  changes: true,
  run(desk) {
    const settings = desk.settings();
    const { enabled } = settings.pool();
    settings.updatePool({ enabled: true });
    const isEmpty = !settings.profiles().some((profile) => profile.selected);
    return {
      changed: !enabled,
      before: { enabled },
      after: { enabled: true },
      untouched: "Profiles, routing, keys and sessions stay as they are.",
      hint: isEmpty ? "No profile is in the pool yet: codexuse account-pool profiles add <profile>" : null,
    };
  },
});
