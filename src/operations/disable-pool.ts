/** Switches the pool off. */
import { Type } from "typebox";
import { defineOperation } from "./operation.ts";
import { changeOf, NoInput } from "./shapes.ts";

export const disablePool = defineOperation({
  name: "account-pool.disable",
  summary: "Refuse requests until the pool is enabled again",
  input: NoInput,
  output: changeOf(Type.Object({ enabled: Type.Boolean() })),
  changes: true,
  run(desk) {
    const settings = desk.settings();
    const { enabled } = settings.pool();
    settings.updatePool({ enabled: false });
    return {
      changed: enabled,
      before: { enabled },
      after: { enabled: false },
      untouched: "Turns that run now are finished. Profiles, routing, keys and sessions stay as they are.",
      hint: null,
    };
  },
});
