/** `codexuse daemon stop`. */
import { answer, defineLeaf } from "../command.ts";
import { findDaemon, reportOn } from "./daemon-report.ts";
import { stopDaemon } from "./stop-daemon.ts";

export const stop = defineLeaf({
  name: "stop",
  description: "Stop the daemon, letting running turns finish",
  examples: ["codexuse daemon stop"],
  args: {},
  async run(_args, io) {
    const desk = await io.doors.openDesk(io.env);
    const { before, ending } = await stopDaemon(io, desk);
    const report = reportOn(await findDaemon(io, desk, null), desk, io.clock.now());
    const document = { ...report, hint: null, changed: ending !== null, forced: ending === "killed" };
    if (!("pid" in before)) return answer(document, "The daemon was not running; nothing was changed.");
    return answer(document, `Daemon: pid ${before.pid} → stopped`, [
      ending === "killed" ? "It did not end by itself and was taken down; its running turns were cut." : null,
      "Keys, sessions and settings stay as they are.",
    ]);
  },
});
