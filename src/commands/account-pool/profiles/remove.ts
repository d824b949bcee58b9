/** `codexuse account-pool profiles remove`. */
import { removePoolProfiles } from "../../../operations/remove-pool-profiles.ts";
import { changeAnswer, namesText } from "../../change-text.ts";
import { defineLeaf } from "../../command.ts";

export const remove = defineLeaf({
  name: "remove",
  description: removePoolProfiles.summary,
  examples: ["codexuse account-pool profiles remove home"],
  args: { profile: { type: "positional", required: true, repeats: true, description: "Names of the profiles" } },
  async run(args, io) {
    const change = await removePoolProfiles.run(await io.doors.openDesk(io.env), { profiles: args._ });
    return changeAnswer(change, "In the pool", (side) => namesText(side.profiles));
  },
});
