/** `codexuse profile`. */
import { defineGroup } from "../command.ts";

export const profile = defineGroup({
  name: "profile",
  description: "Save sign-ins as profiles and look after them",
  examples: [
    "codexuse profile add work",
    "codexuse profile import ~/.codex/auth.json --name=work",
    "codexuse profile list",
  ],
  subCommands: {
    list: () => import("./list.ts").then((module) => module.list),
    add: () => import("./add.ts").then((module) => module.add),
    refresh: () => import("./refresh.ts").then((module) => module.refresh),
    import: () => import("./import.ts").then((module) => module.importProfiles),
    link: () => import("./link.ts").then((module) => module.link),
    rename: () => import("./rename.ts").then((module) => module.rename),
    remove: () => import("./remove.ts").then((module) => module.remove),
    reserve: () => import("./reserve.ts").then((module) => module.reserve),
    proxy: () => import("./proxy.ts").then((module) => module.proxy),
    export: () => import("./export.ts").then((module) => module.exporting),
    rekey: () => import("./rekey.ts").then((module) => module.rekey),
  },
});
