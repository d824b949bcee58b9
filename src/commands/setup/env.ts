/** `codexuse setup env`: lines for a shell. Nothing but lines goes to stdout, so that they can be evaluated. */
import { baseUrlOf } from "../../operations/runtime-address.ts";
import { answer, defineLeaf } from "../command.ts";
import { exportLine, hasUsableKey, KEY_VARIABLE, makeKey } from "./client-key.ts";
import { SETUP_ARGUMENTS } from "./set-up-client.ts";

const BASE_VARIABLE = "OPENAI_BASE_URL";
const OPENAI_KEY_VARIABLE = "OPENAI_API_KEY";
const ALL = [BASE_VARIABLE, OPENAI_KEY_VARIABLE, KEY_VARIABLE] as const;
/** Stands where a key would be that was not made. */
const NO_KEY = "cux_pool_KEY";

export const env = defineLeaf({
  name: "env",
  description: "Print the lines that let a shell's programs use the pool",
  examples: ["codexuse setup env --runtime=daemon", "codexuse setup env --undo"],
  args: {
    runtime: SETUP_ARGUMENTS.runtime,
    "dry-run": { ...SETUP_ARGUMENTS["dry-run"], description: "Print them without making a key" },
    undo: { ...SETUP_ARGUMENTS.undo, description: "Print the lines that take them back" },
  },
  async run(args, io) {
    if (args.undo) {
      const text = ALL.map((name) => `unset ${name}`).join("\n");
      return answer({ variables: Object.fromEntries(ALL.map((name) => [name, null])), key: null }, text);
    }
    const desk = await io.doors.openDesk(io.env);
    const { port } = await desk.presence(args.runtime, null);
    const own = hasUsableKey(io, desk, args.runtime) ? (io.env[KEY_VARIABLE] ?? null) : null;
    const made = own === null && args["dry-run"] !== true ? await makeKey(desk, args.runtime, "env") : null;
    const key = own ?? made?.key ?? NO_KEY;
    const variables = { [BASE_VARIABLE]: baseUrlOf(port), [OPENAI_KEY_VARIABLE]: key, [KEY_VARIABLE]: key };
    const text = Object.entries(variables)
      .map(([name, value]) => exportLine(name, value))
      .join("\n");
    return answer({ variables, key: made }, text, [
      made === null ? null : `A key was made (${made.id}) and is shown this once: keep these lines, or eval them.`,
      args["dry-run"] === true ? "No key was made; this one is a placeholder." : null,
    ]);
  },
});
