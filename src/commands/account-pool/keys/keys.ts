/** `codexuse account-pool keys`. */
import { defineGroup } from "../../command.ts";

export const keys = defineGroup({
  name: "keys",
  description: "Create, list and revoke the API keys of a runtime",
  examples: ["codexuse account-pool keys create --name=laptop --runtime=daemon"],
  subCommands: {
    create: () => import("./create.ts").then((module) => module.create),
    list: () => import("./list.ts").then((module) => module.list),
    revoke: () => import("./revoke.ts").then((module) => module.revoke),
  },
});
