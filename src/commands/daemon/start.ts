/** `codexuse daemon start`. */
import { answer, defineLeaf } from "../command.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { readToken, TELEGRAM_TOKEN_ARGUMENT } from "../telegram-token.ts";
import { renderReport, reportOn } from "./daemon-report.ts";
import { startDaemon } from "./start-daemon.ts";

function tokenNote(isGiven: boolean, fresh: boolean): string | null {
  if (!isGiven) return null;
  if (!fresh) return "The bot was not changed. To change it: codexuse daemon restart --telegram-bot-token=…";
  return "Pair a chat with the bot by the code in: codexuse daemon status";
}

export const start = defineLeaf({
  name: "start",
  description: "Start the daemon in the background",
  examples: [
    "codexuse daemon start",
    "codexuse daemon start --port=4000",
    "codexuse daemon start --telegram-bot-token=file:bot.token",
  ],
  args: { port: PORT_ARGUMENT, "telegram-bot-token": TELEGRAM_TOKEN_ARGUMENT },
  async run(args, io) {
    const port = parsePort(args.port);
    const desk = await io.doors.openDesk(io.env);
    const token = await readToken(args["telegram-bot-token"], io);
    const { sighting, fresh } = await startDaemon(io, desk, port, token);
    const report = reportOn(sighting, desk, io.clock.now());
    const said = fresh ? "Daemon: stopped → running" : "The daemon was running already; nothing was changed.";
    return answer({ ...report, changed: fresh }, renderReport(report), [said, tokenNote(token !== null, fresh)]);
  },
});
