/** `codexuse daemon run`. */
import { baseUrlOf } from "../../operations/runtime-address.ts";
import { VERSION } from "../../version.ts";
import { defineLeaf } from "../command.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { LOG_FORMAT_ARGUMENT } from "../runtime-log-sink.ts";
import { serveInFront } from "../serve-in-front.ts";
import { readServiceToken, readToken, TELEGRAM_TOKEN_ARGUMENT } from "../telegram-token.ts";
import { documentText } from "../terminal-text.ts";
import { reportOn } from "./daemon-report.ts";

export const run = defineLeaf({
  name: "run",
  description: "Run the daemon in this terminal until it is stopped",
  examples: ["codexuse daemon run", "codexuse daemon run --port=4000 --telegram-bot-token=file:bot.token"],
  args: { port: PORT_ARGUMENT, "telegram-bot-token": TELEGRAM_TOKEN_ARGUMENT, "log-format": LOG_FORMAT_ARGUMENT },
  async run(args, io) {
    const port = parsePort(args.port);
    const desk = await io.doors.openDesk(io.env);
    await serveInFront(io, desk, {
      runtime: "daemon",
      port,
      logFormat: args["log-format"] ?? null,
      readTelegramToken: async () => (await readToken(args["telegram-bot-token"], io)) ?? readServiceToken(io),
      async onServing(running) {
        const { port: at, startedAtMs } = running;
        const sighting = { kind: "running", pid: io.pid, port: at, version: VERSION, startedAtMs } as const;
        if (args.json) await io.stdout.write(documentText(reportOn(sighting, desk, startedAtMs)));
        else if (io.stderr.isTty) io.tell("done", `Serving at ${baseUrlOf(at)}. Stop with Ctrl-C.`);
      },
    });
    return null;
  },
});
