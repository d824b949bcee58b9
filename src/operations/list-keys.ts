/** The keys of one runtime that still work, newest first. */
import { Type } from "typebox";
import { defineOperation } from "./operation.ts";
import { nullable, RuntimeInput, RuntimeName, WireTime, wireTime, wireTimeOrNull } from "./shapes.ts";

export const listKeys = defineOperation({
  name: "account-pool.keys.list",
  summary: "List the API keys of one runtime",
  input: RuntimeInput,
  output: Type.Object({
    keys: Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        runtime: RuntimeName,
        last4: Type.String(),
        created_at: WireTime,
        last_used_at: nullable(WireTime),
      }),
    ),
  }),
  changes: false,
  run(desk, input) {
    const working = desk
      .runtime(input.runtime)
      .keys()
      .filter((key) => key.revokedAtMs === null);
    return {
      keys: working.map((key) => ({
        id: key.id,
        name: key.name,
        runtime: input.runtime,
        last4: key.last4,
        created_at: wireTime(key.createdAtMs),
        last_used_at: wireTimeOrNull(key.lastUsedAtMs),
      })),
    };
  },
});
