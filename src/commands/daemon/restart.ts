/** `codexuse daemon restart`. */
import type { Sighting } from "../../daemon/find-runtime.ts";
import type { Desk } from "../../operations/operation.ts";
import { answer, defineLeaf } from "../command.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { readToken, TELEGRAM_TOKEN_ARGUMENT } from "../telegram-token.ts";
import { renderReport, reportOn } from "./daemon-report.ts";
import { findOwnService, refuseBesideService } from "./own-service.ts";
import { startDaemon } from "./start-daemon.ts";
import { stopDaemon } from "./stop-daemon.ts";

/** Clients know where it served: a free port of the moment is asked for again, and goes on not being remembered. */
function keptPort(before: Sighting, desk: Desk): number | null {
  const servedAtFreePort = before.kind === "running" && before.port === desk.runtime("daemon").freePort();
  return servedAtFreePort ? 0 : null;
}

export const restart = defineLeaf({
  name: "restart",
  description: "Stop the daemon if it runs, and start it in the background",
  examples: ["codexuse daemon restart", "codexuse daemon restart --port=4000"],
  args: { port: PORT_ARGUMENT, "telegram-bot-token": TELEGRAM_TOKEN_ARGUMENT },
  async run(args, io) {
    const port = parsePort(args.port);
    const desk = await io.doors.openDesk(io.env);
    const token = await readToken(args["telegram-bot-token"], io);
    const service = findOwnService(io, desk);
    refuseBesideService(service, port, token);
    const { bot } = desk.runtime("daemon").remote();
    const { before, ending } = await stopDaemon(io, desk);
    const kept = service === null ? keptPort(before, desk) : null;
    const { sighting } = await startDaemon(io, desk, port ?? kept, token);
    const report = reportOn(sighting, desk, io.clock.now());
    const was = "pid" in before ? `pid ${before.pid}` : "stopped";
    return answer({ ...report, changed: true, forced: ending === "killed" }, renderReport(report), [
      `Daemon: ${was} → pid ${sighting.pid}`,
      "Keys, sessions and settings stay as they are.",
      bot !== null && token === null && service === null
        ? `@${bot} listens no more: its token was not given again.`
        : null,
    ]);
  },
});
