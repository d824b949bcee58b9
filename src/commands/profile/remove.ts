/** `codexuse profile remove`. */
import { removeProfile } from "../../operations/remove-profile.ts";
import { answer, defineLeaf } from "../command.ts";
import { confirmChange, YES_ARGUMENT } from "../confirm-change.ts";
import { plainText } from "../terminal-text.ts";

export const remove = defineLeaf({
  name: "remove",
  description: removeProfile.summary,
  examples: ["codexuse profile remove work --yes"],
  args: { name: { type: "positional", required: true, description: "Name of the profile" }, yes: YES_ARGUMENT },
  async run(args, io) {
    await confirmChange(io, `Delete profile "${plainText(args.name)}" and its credentials?`, args);
    const done = await removeProfile.run(await io.doors.openDesk(io.env), { name: args.name });
    return answer(done, `Profile ${plainText(done.name)}: saved → removed`, [done.untouched]);
  },
});
