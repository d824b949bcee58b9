/** `codexuse account-pool models expose`. */
import { exposeModels } from "../../../operations/expose-models.ts";
import { defineLeaf } from "../../command.ts";
import { exposureAnswer } from "./exposure-text.ts";

export const expose = defineLeaf({
  name: "expose",
  description: exposeModels.summary,
  examples: ["codexuse account-pool models expose gpt-5.6-luna gpt-5.5"],
  args: { id: { type: "positional", required: true, repeats: true, description: "Ids of base models" } },
  async run(args, io) {
    const change = await exposeModels.run(await io.doors.openDesk(io.env), { models: args._ });
    return exposureAnswer(change, args._);
  },
});
