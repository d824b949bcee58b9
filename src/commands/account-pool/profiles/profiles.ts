/** `codexuse account-pool profiles`. */
import { defineGroup } from "../../command.ts";

export const profiles = defineGroup({
  name: "profiles",
  description: "Choose which profiles are in the pool",
  examples: ["codexuse account-pool profiles list", "codexuse account-pool profiles add work home"],
  subCommands: {
    list: () => import("./list.ts").then((module) => module.list),
    add: () => import("./add.ts").then((module) => module.add),
    remove: () => import("./remove.ts").then((module) => module.remove),
  },
});
