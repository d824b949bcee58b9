/** `codexuse profile refresh`. */
import { refreshProfile } from "../../operations/refresh-profile.ts";
import { answer, defineLeaf } from "../command.ts";
import { savedNotes, savedText } from "./saved-text.ts";
import { readSignIn, SIGN_IN_ARGUMENTS, withPerson } from "./sign-in-arguments.ts";

export const refresh = defineLeaf({
  name: "refresh",
  description: refreshProfile.summary,
  examples: ["codexuse profile refresh work", "codexuse profile refresh work --device"],
  args: {
    name: { type: "positional", required: true, description: "Name of the profile" },
    ...SIGN_IN_ARGUMENTS,
  },
  async run(args, io) {
    const input = { name: args.name, ...(await readSignIn(io, args)) };
    const desk = await io.doors.openDesk(io.env);
    const done = await withPerson(io, args.open, (person) => Promise.resolve(refreshProfile.run(desk, input, person)));
    return answer(done, savedText(done.profile), [...savedNotes([done.profile]), done.untouched]);
  },
});
