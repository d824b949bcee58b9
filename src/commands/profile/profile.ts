/** `codexuse profile`. */
import { defineGroup } from "../command.ts";

export const profile = defineGroup({
  name: "profile",
  description: "Save sign-ins as profiles and look after them",
  examples: ["codexuse profile import ~/.codex/auth.json --name=work", "codexuse profile list"],
  subCommands: {
    list: () => import("./list.ts").then((module) => module.list),
    import: () => import("./import.ts").then((module) => module.importProfiles),
    link: () => import("./link.ts").then((module) => module.link),
    rename: () => import("./rename.ts").then((module) => module.rename),
    remove: () => import("./remove.ts").then((module) => module.remove),
    reserve: () => import("./reserve.ts").then((module) => module.reserve),
  },
});
