/** `codexuse account-pool sessions`. */
import { defineGroup } from "../../command.ts";

export const sessions = defineGroup({
  name: "sessions",
  description: "See which conversation lives on which profile",
  examples: ["codexuse account-pool sessions list --runtime=daemon"],
  subCommands: {
    list: () => import("./list.ts").then((module) => module.list),
    show: () => import("./show.ts").then((module) => module.show),
    end: () => import("./end.ts").then((module) => module.end),
  },
});
