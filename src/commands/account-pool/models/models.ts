/** `codexuse account-pool models`. */
import { defineGroup } from "../../command.ts";

export const models = defineGroup({
  name: "models",
  description: "Choose which model names clients see",
  examples: ["codexuse account-pool models list", "codexuse account-pool models hide gpt-5.6-luna"],
  subCommands: {
    list: () => import("./list.ts").then((module) => module.list),
    expose: () => import("./expose.ts").then((module) => module.expose),
    hide: () => import("./hide.ts").then((module) => module.hide),
    refresh: () => import("./refresh.ts").then((module) => module.refresh),
  },
});
