/**
 * The program's entry: opens the command line with the real terminal and exits with its code. What the words mean is
 * `commands/`, what they set in motion is put together in `app.ts`.
 */
import { openProcessIo } from "./commands/process-io.ts";
import { runCommandLine } from "./commands/run-command-line.ts";

const io = openProcessIo({
  openDesk: async (env) => (await import("./app.ts")).openDesk(env),
  startRuntime: async (options) => await (await import("./app.ts")).startRuntime(options),
});

try {
  process.exit(await runCommandLine(process.argv.slice(2), io));
} catch (error) {
  // Everything that goes wrong is said in there; what is left is that it could not be said.
  io.tell("error", error instanceof Error ? error.message : String(error));
  process.exit(1);
}
