/** `codexuse account-pool aliases`. */
import { defineGroup } from "../../command.ts";

export const aliases = defineGroup({
  name: "aliases",
  description: "Publish names of your own for a model with an effort or speed behind it",
  examples: [
    "codexuse account-pool aliases add deep-thought --model=gpt-6-sol --effort=max",
    "codexuse account-pool aliases list",
  ],
  subCommands: {
    list: () => import("./list.ts").then((module) => module.list),
    add: () => import("./add.ts").then((module) => module.add),
    remove: () => import("./remove.ts").then((module) => module.remove),
  },
});
