/** `codexuse profile link`. */
import { linkProfile } from "../../operations/link-profile.ts";
import { answer, defineLeaf } from "../command.ts";
import { PROXY_ARGUMENT, readProxy } from "./proxy-argument.ts";
import { savedNotes, savedText } from "./saved-text.ts";

export const link = defineLeaf({
  name: "link",
  description: linkProfile.summary,
  examples: ["codexuse profile link ~/.codex/auth.json --name=codex"],
  args: {
    path: { type: "positional", required: true, description: "The auth.json, or the Codex home that has it" },
    name: { type: "string", valueHint: "NAME", description: "What to call the profile; made up when left out" },
    proxy: PROXY_ARGUMENT,
  },
  async run(args, io) {
    const proxy = await readProxy(io, args.proxy);
    const desk = await io.doors.openDesk(io.env);
    const done = await linkProfile.run(desk, { path: args.path, name: args.name ?? null, proxy });
    return answer(done, savedText(done.profile), [...savedNotes([done.profile]), done.untouched, done.hint]);
  },
});
