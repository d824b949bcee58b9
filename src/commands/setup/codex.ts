/** `codexuse setup codex`. */
import { defineLeaf } from "../command.ts";
import { SETUP_ARGUMENTS, setUpClient } from "./set-up-client.ts";

const NOTES = [
  "Codex lists sessions by provider: those from before are listed again after --undo.",
  "Codex then talks over a WebSocket and sends only what is new; supports_websockets = false turns that off.",
];

export const codex = defineLeaf({
  name: "codex",
  description: "Let Codex use the pool: adds a provider to its config.toml",
  examples: [
    "codexuse setup codex --runtime=daemon --dry-run",
    "codexuse setup codex --runtime=daemon",
    "codexuse setup codex --undo",
  ],
  args: SETUP_ARGUMENTS,
  run: (args, io) => setUpClient(io, "codex", args, NOTES),
});
