/** `codexuse daemon`. */
import { defineGroup } from "../command.ts";

export const daemon = defineGroup({
  name: "daemon",
  description: "Run the headless runtime, in the background or in front",
  examples: ["codexuse daemon start", "codexuse daemon status", "codexuse daemon logs -f"],
  subCommands: {
    start: () => import("./start.ts").then((module) => module.start),
    run: () => import("./run.ts").then((module) => module.run),
    stop: () => import("./stop.ts").then((module) => module.stop),
    restart: () => import("./restart.ts").then((module) => module.restart),
    status: () => import("./status.ts").then((module) => module.status),
    logs: () => import("./logs.ts").then((module) => module.logs),
    install: () => import("./install.ts").then((module) => module.install),
    uninstall: () => import("./uninstall.ts").then((module) => module.uninstall),
  },
});
