/** `codexuse account-pool profiles add`. */
import { addPoolProfiles } from "../../../operations/add-pool-profiles.ts";
import { changeAnswer, namesText } from "../../change-text.ts";
import { defineLeaf } from "../../command.ts";

export const add = defineLeaf({
  name: "add",
  description: addPoolProfiles.summary,
  examples: ["codexuse account-pool profiles add work home"],
  args: { profile: { type: "positional", required: true, repeats: true, description: "Names of the profiles" } },
  async run(args, io) {
    const change = await addPoolProfiles.run(await io.doors.openDesk(io.env), { profiles: args._ });
    return changeAnswer(change, "In the pool", (side) => namesText(side.profiles));
  },
});
