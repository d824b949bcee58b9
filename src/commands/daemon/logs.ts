/** `codexuse daemon logs`. */
import { logPath, readAdded, readTail } from "../../daemon/runtime-log.ts";
import { OperationError } from "../../operations/operation.ts";
import { readableLogLine } from "../../telemetry/log.ts";
import { answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { isMachineService } from "./own-service.ts";
import { showJournal } from "./show-journal.ts";

const LINES_DEFAULT = "50";
const LOOK_EVERY_MS = 250;

function parseCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 0) return count;
  throw new OperationError("usage", "--lines is a number.");
}

/** Prints what is added to the log until a signal comes. */
async function follow(path: string, fromBytes: number, io: CommandIo): Promise<void> {
  const stopped = Promise.withResolvers<"stopped">();
  const ignore = io.onStopSignal(() => stopped.resolve("stopped"));
  let sizeBytes = fromBytes;
  try {
    for (;;) {
      const added = readAdded(path, sizeBytes);
      sizeBytes = added.sizeBytes;
      if (added.text !== "") await io.stdout.write(readable(added.text));
      if ((await Promise.race([stopped.promise, Bun.sleep(LOOK_EVERY_MS)])) === "stopped") return;
    }
  } finally {
    ignore();
  }
}

/** The file is for machines; who follows it on a terminal or greps it gets text. */
function readable(text: string): string {
  return text.split("\n").map(readableLogLine).join("\n");
}

export const logs = defineLeaf({
  name: "logs",
  description: "Show what the daemon said last",
  examples: ["codexuse daemon logs", "codexuse daemon logs -f", "codexuse daemon logs -n 200"],
  args: {
    follow: { type: "boolean", alias: "f", description: "Go on printing until Ctrl-C" },
    lines: { type: "string", alias: "n", valueHint: "N", default: LINES_DEFAULT, description: "How many lines" },
  },
  async run(args, io) {
    const count = parseCount(args.lines);
    if (args.follow && args.json) {
      throw new OperationError("usage", "--follow never ends, so it cannot be one JSON document.");
    }
    const desk = await io.doors.openDesk(io.env);
    if (isMachineService(desk)) return await showJournal(io, count, args.follow === true);
    const log = logPath(desk.home, "daemon");
    const tail = readTail(log, count);
    if (tail === null) {
      throw new OperationError("not-found", `There is no log yet (${log}).`, "Start the daemon: codexuse daemon start");
    }
    const text = readable(tail.lines.join("\n"));
    if (!args.follow) return answer({ log, lines: tail.lines }, text);
    if (text !== "") await io.stdout.write(`${text}\n`);
    await follow(log, tail.sizeBytes, io);
    return null;
  },
});
