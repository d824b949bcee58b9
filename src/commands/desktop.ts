/** `codexuse desktop`. */
import { baseUrlOf } from "../operations/runtime-address.ts";
import { defineLeaf } from "./command.ts";
import { PORT_ARGUMENT, parsePort } from "./port-argument.ts";
import { serveInFront } from "./serve-in-front.ts";
import { documentText } from "./terminal-text.ts";

export const desktop = defineLeaf({
  name: "desktop",
  description: "Run the desktop runtime in this terminal until it is stopped",
  examples: ["codexuse desktop", "codexuse desktop --port=4100"],
  args: { port: PORT_ARGUMENT },
  async run(args, io) {
    const port = parsePort(args.port);
    const desk = await io.doors.openDesk(io.env);
    await serveInFront(io, desk, {
      runtime: "desktop",
      port,
      async onServing(running) {
        const { runtime, port: at } = running;
        const document = { runtime, running: true, pid: io.pid, port: at, base_url: baseUrlOf(at) };
        if (args.json) await io.stdout.write(documentText(document));
        else io.tell("done", `Serving at ${baseUrlOf(at)}. Stop with Ctrl-C.`);
      },
    });
    return null;
  },
});
