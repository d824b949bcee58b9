/** `codexuse account-pool`. */
import { defineGroup } from "../command.ts";

export const accountPool = defineGroup({
  name: "account-pool",
  description: "Show and change who serves, and for whom",
  examples: [
    "codexuse account-pool status --runtime=daemon",
    "codexuse account-pool profiles add work home",
    "codexuse account-pool enable",
  ],
  subCommands: {
    status: () => import("./status.ts").then((module) => module.status),
    enable: () => import("./enable.ts").then((module) => module.enable),
    disable: () => import("./disable.ts").then((module) => module.disable),
    profiles: () => import("./profiles/profiles.ts").then((module) => module.profiles),
    routing: () => import("./routing.ts").then((module) => module.routing),
    models: () => import("./models/models.ts").then((module) => module.models),
    aliases: () => import("./aliases/aliases.ts").then((module) => module.aliases),
    fast: () => import("./fast.ts").then((module) => module.fast),
    keys: () => import("./keys/keys.ts").then((module) => module.keys),
    explain: () => import("./explain.ts").then((module) => module.explain),
    sessions: () => import("./sessions/sessions.ts").then((module) => module.sessions),
  },
});
