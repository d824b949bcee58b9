/** `codexuse setup opencode`. */
import { defineLeaf } from "../command.ts";
import { SETUP_ARGUMENTS, setUpClient } from "./set-up-client.ts";

const NOTES = ["Choose a model of it in opencode by its name: codexuse/MODEL. New names: run this again."];

export const opencode = defineLeaf({
  name: "opencode",
  description: "Let opencode use the pool: adds a provider to its configuration",
  examples: [
    "codexuse setup opencode --runtime=daemon --dry-run",
    "codexuse setup opencode --runtime=daemon",
    "codexuse setup opencode --undo",
  ],
  args: SETUP_ARGUMENTS,
  run: (args, io) => setUpClient(io, "opencode", args, NOTES),
});
