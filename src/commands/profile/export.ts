/** `codexuse profile export`. */
import { exportLogin, exportProfile } from "../../operations/export-profile.ts";
import { OperationError } from "../../operations/operation.ts";
import { answer, defineLeaf } from "../command.ts";
import { plainText } from "../terminal-text.ts";

export const exporting = defineLeaf({
  name: "export",
  description: exportProfile.summary,
  examples: ["codexuse profile export work --to=auth.json"],
  args: {
    name: { type: "positional", required: true, description: "Name of the profile" },
    to: {
      type: "string",
      valueHint: "FILE",
      description: "The file to make; stdout when left out, but never a terminal",
    },
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    if (args.to !== undefined) {
      const done = await exportProfile.run(desk, { name: args.name, to: args.to });
      for (const warning of done.warnings) if (!args.json) io.tell("warning", warning);
      return answer(done, plainText(`Profile ${done.name}: written to ${done.path}`), [done.untouched]);
    }
    if (io.stdout.isTty) {
      throw new OperationError("usage", "A sign-in is not shown on a terminal.", "Name a file for it: --to=auth.json");
    }
    const { text, warnings } = exportLogin(desk, args.name);
    for (const warning of warnings) io.tell("warning", warning);
    // With --json or without it, this is the one document there is.
    return answer(JSON.parse(text), text.trimEnd());
  },
});
