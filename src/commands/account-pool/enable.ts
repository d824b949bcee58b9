/** `codexuse account-pool enable`. */
import { enablePool } from "../../operations/enable-pool.ts";
import { changeAnswer } from "../change-text.ts";
import { defineLeaf } from "../command.ts";

export const enable = defineLeaf({
  name: "enable",
  description: enablePool.summary,
  examples: ["codexuse account-pool enable"],
  args: {},
  async run(_args, io) {
    const change = await enablePool.run(await io.doors.openDesk(io.env), {});
    return changeAnswer(change, "Pool", ({ enabled }) => (enabled ? "on" : "off"));
  },
});
