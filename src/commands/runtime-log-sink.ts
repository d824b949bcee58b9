/**
 * How does a runtime say what happens? As text to a person at a terminal, as one JSON object a line to everything else:
 * the journal of systemd, the daemon's log file, a pipe. Owns the choice and the form; what is said is `telemetry/log.ts`.
 */
import type { Emit } from "../telemetry/events.ts";
import { LOG_FORMATS, type LogFormat, type LogLine, logLineOf, renderLogLine } from "../telemetry/log.ts";
import type { CommandIo } from "./command-io.ts";

export const LOG_FORMAT_ARGUMENT = {
  type: "enum" as const,
  options: [...LOG_FORMATS],
  description: "Form of the log; text on a terminal and JSON lines elsewhere when left out",
};

/** What the journal takes off the beginning of a line and files the line by. */
const JOURNAL_LEVELS: Readonly<Record<LogLine["level"], string>> = { info: "<6>", warn: "<4>", error: "<3>" };

/** `wanted` is what the owner asked for; null leaves it to where stderr goes. */
export function chooseLogFormat(wanted: LogFormat | null, stderrIsTty: boolean): LogFormat {
  return wanted ?? (stderrIsTty ? "text" : "json");
}

export function openLogSink(io: CommandIo, wanted: LogFormat | null): Emit {
  const format = chooseLogFormat(wanted, io.stderr.isTty);
  return (event) => {
    const line = logLineOf(event);
    const text = renderLogLine(line, io.clock.now(), format);
    if (format === "text") io.tell("info", text);
    else io.log(`${io.stderrIsJournal ? JOURNAL_LEVELS[line.level] : ""}${text}`);
  };
}
