/** `codexuse daemon start`. */
import { answer, defineLeaf } from "../command.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { renderReport, reportOn } from "./daemon-report.ts";
import { startDaemon } from "./start-daemon.ts";

export const start = defineLeaf({
  name: "start",
  description: "Start the daemon in the background",
  examples: ["codexuse daemon start", "codexuse daemon start --port=4000"],
  args: { port: PORT_ARGUMENT },
  async run(args, io) {
    const port = parsePort(args.port);
    const desk = await io.doors.openDesk(io.env);
    const { sighting, fresh } = await startDaemon(io, desk, port);
    const report = reportOn(sighting, desk, io.clock.now());
    const said = fresh ? "Daemon: stopped → running" : "The daemon was running already; nothing was changed.";
    return answer({ ...report, changed: fresh }, renderReport(report), [said]);
  },
});
