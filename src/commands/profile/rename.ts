/** `codexuse profile rename`. */
import { renameProfile } from "../../operations/rename-profile.ts";
import { changeAnswer } from "../change-text.ts";
import { defineLeaf } from "../command.ts";

export const rename = defineLeaf({
  name: "rename",
  description: renameProfile.summary,
  examples: ["codexuse profile rename work office"],
  args: {
    old: { type: "positional", required: true, description: "Its name now" },
    new: { type: "positional", required: true, description: "Its name from now on" },
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const change = await renameProfile.run(desk, { name: args.old, new_name: args.new });
    return changeAnswer(change, "Profile", (side) => side.name);
  },
});
