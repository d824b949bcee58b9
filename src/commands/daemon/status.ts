/** `codexuse daemon status`. */
import { answer, defineLeaf } from "../command.ts";
import { EXIT_DONE, EXIT_NOT_RUNNING } from "../exit-codes.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { findDaemon, renderReport, reportOn } from "./daemon-report.ts";

export const status = defineLeaf({
  name: "status",
  description: "Show whether the daemon runs, and where (exit code 3 when it does not)",
  examples: ["codexuse daemon status", "codexuse daemon status --json"],
  args: { port: { ...PORT_ARGUMENT, description: "Port to look at, instead of the remembered one" } },
  async run(args, io) {
    const port = parsePort(args.port);
    const desk = await io.doors.openDesk(io.env);
    const report = reportOn(await findDaemon(io, desk, port), desk, io.clock.now());
    const exitCode = report.running ? EXIT_DONE : EXIT_NOT_RUNNING;
    return { ...answer(report, renderReport(report), [report.hint]), exitCode };
  },
});
