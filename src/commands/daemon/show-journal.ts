/** Shows what a service of the machine said: `daemon logs` where the log is not a file of the home. */
import { followJournal, JOURNAL, readJournal } from "../../daemon/journal.ts";
import { UNIT_NAME } from "../../daemon/systemd-unit.ts";
import { OperationError } from "../../operations/operation.ts";
import { readableLogLine } from "../../telemetry/log.ts";
import { type Answer, answer } from "../command.ts";
import type { CommandIo } from "../command-io.ts";

function missing(): OperationError {
  return new OperationError(
    "failed",
    "The daemon is a service of the machine and logs to its journal, but there is no journalctl here.",
    "Look where the machine keeps its journal.",
  );
}

function silent(): OperationError {
  const hint = "Only members of the groups adm and systemd-journal may read it: sudo codexuse daemon logs";
  return new OperationError("not-found", `The journal shows nothing of ${UNIT_NAME}.`, hint);
}

async function follow(io: CommandIo, count: number): Promise<null> {
  const ending = new AbortController();
  const ignore = io.onStopSignal(() => ending.abort());
  try {
    const ended = await followJournal(
      io.env,
      count,
      (line) => io.stdout.write(`${readableLogLine(line)}\n`),
      ending.signal,
    );
    if (ended === "missing") throw missing();
    return null;
  } finally {
    ignore();
  }
}

/** Throws `not-found` when nothing is shown, and `failed` when the journal cannot be read. */
export async function showJournal(io: CommandIo, count: number, follows: boolean): Promise<Answer | null> {
  if (follows) return await follow(io, count);
  const read = readJournal(io.env, count);
  if (read.kind === "missing") throw missing();
  if (read.kind === "refused") throw new OperationError("failed", `journalctl refused: ${read.text}`);
  if (read.lines.length === 0 && count > 0) throw silent();
  return answer({ log: JOURNAL, lines: read.lines }, read.lines.map(readableLogLine).join("\n"));
}
