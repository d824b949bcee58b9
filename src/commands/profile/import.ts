/** `codexuse profile import`. */
import { importProfiles as operation } from "../../operations/import-profiles.ts";
import { answer, defineLeaf } from "../command.ts";
import { plainText } from "../terminal-text.ts";
import { PROXY_ARGUMENT, readProxy } from "./proxy-argument.ts";
import { savedNotes, savedText } from "./saved-text.ts";

export const importProfiles = defineLeaf({
  name: "import",
  description: operation.summary,
  examples: ["codexuse profile import ~/.codex/auth.json --name=work", "codexuse profile import ~/sign-ins"],
  args: {
    path: { type: "positional", required: true, description: "An auth.json, a Codex home, or a folder of either" },
    name: { type: "string", valueHint: "NAME", description: "What to call the profile; made up when left out" },
    proxy: PROXY_ARGUMENT,
  },
  async run(args, io) {
    const proxy = await readProxy(io, args.proxy);
    const desk = await io.doors.openDesk(io.env);
    const done = await operation.run(desk, { path: args.path, name: args.name ?? null, proxy });
    for (const { path, reason } of done.refused) {
      if (!args.json) io.tell("warning", plainText(`${path}: ${reason}`));
    }
    const text = done.profiles.map(savedText).join("\n");
    return answer(done, text, [...savedNotes(done.profiles), done.untouched, done.hint]);
  },
});
