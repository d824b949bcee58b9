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

export interface LogSink {
  readonly hear: Emit;
  /** Writes what waits, and from then on everything at once. */
  end(): void;
}

interface Waiting {
  readonly line: LogLine;
  readonly atMs: number;
}

/** Turns that went well are written together, this long after the first was heard of, and before anything that is said after them. */
const TOGETHER_MS = 40;
/** And at once when there are more: nothing else moves while they are written. */
const TOGETHER_MAX = 100;

/** A person sees each line as it comes; machines get those of turns that went well a little later, many in one write. */
export function openLogSink(io: CommandIo, wanted: LogFormat | null): LogSink {
  const format = chooseLogFormat(wanted, io.stderr.isTty);
  if (format === "text") {
    const hear: Emit = (event) => io.tell("info", renderLogLine(logLineOf(event), io.clock.now(), format));
    return { hear, end: () => undefined };
  }
  let waiting: Waiting[] = [];
  let stop: (() => void) | null = null;
  let hasEnded = false;
  const render = ({ line, atMs }: Waiting) =>
    `${io.stderrIsJournal ? JOURNAL_LEVELS[line.level] : ""}${renderLogLine(line, atMs, format)}`;
  const flush = () => {
    stop?.();
    stop = null;
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) io.log(lines.map(render).join("\n"));
  };
  const hear: Emit = (event) => {
    const line = logLineOf(event);
    waiting.push({ line, atMs: io.clock.now() });
    const isUsual = event.kind === "turn-settled" && line.level === "info";
    if (isUsual && !hasEnded && waiting.length < TOGETHER_MAX) stop ??= io.clock.after(TOGETHER_MS, flush);
    else flush();
  };
  const end = () => {
    hasEnded = true;
    flush();
  };
  return { hear, end };
}
