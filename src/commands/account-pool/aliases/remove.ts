/** `codexuse account-pool aliases remove`. */
import { removeAlias } from "../../../operations/edit-aliases.ts";
import { changeAnswer, namesText } from "../../change-text.ts";
import { defineLeaf } from "../../command.ts";

export const remove = defineLeaf({
  name: "remove",
  description: removeAlias.summary,
  examples: ["codexuse account-pool aliases remove deep-thought"],
  args: { name: { type: "positional", required: true, description: "The public name" } },
  async run(args, io) {
    const change = await removeAlias.run(await io.doors.openDesk(io.env), { name: args.name });
    return changeAnswer(change, "Aliases", (side) => (side.aliases.length === 0 ? "none" : namesText(side.aliases)));
  },
});
