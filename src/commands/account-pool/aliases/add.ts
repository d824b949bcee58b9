/** `codexuse account-pool aliases add`. */
import { addAlias } from "../../../operations/edit-aliases.ts";
import { changeAnswer, namesText } from "../../change-text.ts";
import { defineLeaf } from "../../command.ts";

export const add = defineLeaf({
  name: "add",
  description: addAlias.summary,
  examples: [
    "codexuse account-pool aliases add deep-thought --model=gpt-6-sol --effort=max",
    "codexuse account-pool aliases add quick --model=gpt-6-luna --effort=low --fast",
  ],
  args: {
    name: { type: "positional", required: true, description: "The public name" },
    model: { type: "string", required: true, valueHint: "ID", description: "Base model behind the name" },
    effort: { type: "string", valueHint: "LEVEL", description: "Reasoning effort held whatever the client sends" },
    fast: { type: "boolean", description: "Hold the faster tier too" },
  },
  async run(args, io) {
    const alias = { name: args.name, model: args.model, effort: args.effort ?? null, fast: args.fast === true };
    const change = await addAlias.run(await io.doors.openDesk(io.env), alias);
    return changeAnswer(change, "Aliases", (side) => (side.aliases.length === 0 ? "none" : namesText(side.aliases)));
  },
});
