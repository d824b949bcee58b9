/** `codexuse profile remove`. */
import { removeProfile } from "../../operations/remove-profile.ts";
import { answer, defineLeaf } from "../command.ts";
import { confirmChange, YES_ARGUMENT } from "../confirm-change.ts";
import { plainText } from "../terminal-text.ts";

export const remove = defineLeaf({
  name: "remove",
  description: removeProfile.summary,
  examples: ["codexuse profile remove work --yes", "codexuse profile remove work --revoke --yes"],
  args: {
    name: { type: "positional", required: true, description: "Name of the profile" },
    revoke: { type: "boolean", description: "End the sign-in upstream too, for whoever else uses it" },
    yes: YES_ARGUMENT,
  },
  async run(args, io) {
    const revoke = args.revoke === true;
    const ending = revoke ? ", and sign it out upstream for every program that shares the sign-in" : "";
    await confirmChange(io, `Delete profile "${plainText(args.name)}" and its credentials${ending}?`, args);
    const done = await removeProfile.run(await io.doors.openDesk(io.env), { name: args.name, revoke });
    const others = done.also_signed_out.map(
      (name) => `${plainText(name)} was a copy of the same login and has to sign in again.`,
    );
    const how = done.revoked ? "removed and revoked" : "removed";
    return answer(done, `Profile ${plainText(done.name)}: saved → ${how}`, [...others, done.untouched]);
  },
});
