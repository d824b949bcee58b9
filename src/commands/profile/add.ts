/** `codexuse profile add`. */
import { addProfile } from "../../operations/add-profile.ts";
import { answer, defineLeaf } from "../command.ts";
import { PROXY_ARGUMENT, readProxy } from "./proxy-argument.ts";
import { savedNotes, savedText } from "./saved-text.ts";
import { readSignIn, SIGN_IN_ARGUMENTS, withPerson } from "./sign-in-arguments.ts";

export const add = defineLeaf({
  name: "add",
  description: addProfile.summary,
  examples: [
    "codexuse profile add work",
    "codexuse profile add work --device",
    "codexuse profile add platform --api-key=-",
    "codexuse profile add work --proxy=http://proxy.example:8080",
  ],
  args: {
    name: { type: "positional", required: true, description: "What to call the profile" },
    ...SIGN_IN_ARGUMENTS,
    proxy: PROXY_ARGUMENT,
  },
  async run(args, io) {
    const proxy = await readProxy(io, args.proxy);
    const input = { name: args.name, proxy, ...(await readSignIn(io, args)) };
    const desk = await io.doors.openDesk(io.env);
    const done = await withPerson(io, args.open, (person) => Promise.resolve(addProfile.run(desk, input, person)));
    return answer(done, savedText(done.profile), [...savedNotes([done.profile]), done.untouched, done.hint]);
  },
});
