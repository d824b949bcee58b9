/** `codexuse account-pool disable`. */
import { disablePool } from "../../operations/disable-pool.ts";
import { changeAnswer } from "../change-text.ts";
import { defineLeaf } from "../command.ts";

export const disable = defineLeaf({
  name: "disable",
  description: disablePool.summary,
  examples: ["codexuse account-pool disable"],
  args: {},
  async run(_args, io) {
    const change = await disablePool.run(await io.doors.openDesk(io.env), {});
    return changeAnswer(change, "Pool", ({ enabled }) => (enabled ? "on" : "off"));
  },
});
