/** The tree of commands. Each branch is loaded when it is typed, which keeps short commands quick. */
import { defineGroup } from "./command.ts";

export const root = defineGroup({
  name: "codexuse",
  description: "One local, OpenAI-compatible API over the Codex accounts that are yours",
  examples: [
    "codexuse profile import ~/.codex/auth.json --name=work",
    "codexuse account-pool profiles add work",
    "codexuse account-pool enable",
    "codexuse daemon start",
    "codexuse account-pool keys create --runtime=daemon",
  ],
  subCommands: {
    "account-pool": () => import("./account-pool/account-pool.ts").then((module) => module.accountPool),
    profile: () => import("./profile/profile.ts").then((module) => module.profile),
    desktop: () => import("./desktop.ts").then((module) => module.desktop),
    daemon: () => import("./daemon/daemon.ts").then((module) => module.daemon),
    setup: () => import("./setup/setup.ts").then((module) => module.setup),
    backup: () => import("./backup.ts").then((module) => module.backup),
    restore: () => import("./restore.ts").then((module) => module.restore),
    doctor: () => import("./doctor.ts").then((module) => module.doctor),
    bench: () => import("./bench.ts").then((module) => module.bench),
    completion: () => import("./completion/completion.ts").then((module) => module.defineCompletion(() => root)),
    demo: () => import("./demo/demo.ts").then((module) => module.demo),
  },
});
