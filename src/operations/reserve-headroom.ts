/** Keeps a share of an account's headroom out of the pool, for the owner's own use. */
import { Type } from "typebox";
import { findProfile } from "./find-profile.ts";
import { defineOperation } from "./operation.ts";
import { changeOf } from "./shapes.ts";

export const reserveHeadroom = defineOperation({
  name: "profile.reserve",
  summary: "Keep a share of a profile's headroom out of the pool",
  input: Type.Object({ name: Type.String({ minLength: 1 }), percent: Type.Number({ minimum: 0, maximum: 100 }) }),
  output: changeOf(Type.Object({ name: Type.String(), reserve_percent: Type.Number() })),
  changes: true,
  run(desk, input) {
    const settings = desk.settings();
    const { id, name, reservePercent } = findProfile(settings, input.name);
    settings.updateProfile(id, { reservePercent: input.percent });
    return {
      changed: reservePercent !== input.percent,
      before: { name, reserve_percent: reservePercent },
      after: { name, reserve_percent: input.percent },
      untouched: "Turns that run now are finished. Other profiles keep their own reserve.",
      hint: input.percent === 100 ? "With 100 percent reserved this profile never serves the pool." : null,
    };
  },
});
