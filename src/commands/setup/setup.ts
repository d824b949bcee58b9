/** `codexuse setup`. */
import { defineGroup } from "../command.ts";

export const setup = defineGroup({
  name: "setup",
  description: "Write the configuration of a client, or take it back",
  examples: ["codexuse setup codex --runtime=daemon --dry-run", "codexuse setup codex --undo"],
  subCommands: {
    codex: () => import("./codex.ts").then((module) => module.codex),
    opencode: () => import("./opencode.ts").then((module) => module.opencode),
    env: () => import("./env.ts").then((module) => module.env),
  },
});
