/** The log as a reading of events: one line each, for a person or a machine. Holds names and figures, never content. */
import type { TelemetryEvent } from "./events.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: TelemetryEvent["kind"];
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

function turnLine({ turn, firstOutputMs }: Extract<TelemetryEvent, { kind: "turn-settled" }>): LogLine {
  const level = turn.end === "done" || turn.end === "incomplete" || turn.end === "client-left" ? "info" : "warn";
  const attempts = turn.attempts.map((attempt) => `${attempt.profile}:${attempt.outcome}`).join(" → ");
  const fields = {
    turn: turn.id,
    session: turn.sessionId,
    model: turn.model,
    end: turn.end,
    status: turn.status,
    profile: turn.profile,
    ms: turn.endedAtMs - turn.startedAtMs,
    first_output_ms: firstOutputMs,
    attempts,
  };
  return {
    level,
    event: "turn-settled",
    text: `turn ${turn.end}: ${attempts === "" ? "no attempt" : attempts}`,
    fields,
  };
}

function refreshLine(event: Extract<TelemetryEvent, { kind: "sign-in-refreshed" }>): LogLine {
  const { kind, profile, outcome, reason } = event;
  const isRenewed = outcome === "renewed";
  const text = isRenewed ? `${profile}: sign-in refreshed` : `${profile}: sign-in not refreshed: ${reason ?? outcome}`;
  return { level: isRenewed ? "info" : "warn", event: kind, text, fields: { profile, outcome, reason } };
}

/** What the log says of an event. */
export function logLineOf(event: TelemetryEvent): LogLine {
  switch (event.kind) {
    case "turn-settled":
      return turnLine(event);
    case "runtime-started": {
      const { runtime, port, version } = event;
      return {
        level: "info",
        event: event.kind,
        text: `${runtime} serves on port ${port}`,
        fields: { runtime, port, version },
      };
    }
    case "runtime-stopping": {
      const { runtime, reason } = event;
      return { level: "info", event: event.kind, text: `${runtime} stops: ${reason}`, fields: { runtime, reason } };
    }
    case "session-moved": {
      const { turnId, sessionId, from, to, reason } = event;
      const fields = { turn: turnId, session: sessionId, from, to, reason };
      return { level: "info", event: event.kind, text: `session moved from ${from} to ${to}: ${reason}`, fields };
    }
    case "account-paused": {
      const { turnId, profile, reason, model } = event;
      const until = new Date(event.untilMs).toISOString();
      const text = `${profile} pauses until ${until}: ${reason}`;
      return { level: "warn", event: event.kind, text, fields: { turn: turnId, profile, reason, until, model } };
    }
    case "account-back": {
      const { turnId, profile } = event;
      return { level: "info", event: event.kind, text: `${profile} is back`, fields: { turn: turnId, profile } };
    }
    case "sign-in-needed": {
      const { turnId, profile, reason } = event;
      const fields = { turn: turnId, profile, reason };
      return { level: "warn", event: event.kind, text: `${profile} needs to sign in: ${reason}`, fields };
    }
    case "sign-in-refreshed":
      return refreshLine(event);
    case "page-opened":
      return { level: "info", event: event.kind, text: "a browser was let in to the Settings page", fields: {} };
    case "wrong-keys": {
      const text = `${event.count} requests with wrong keys beyond those that are looked into`;
      return { level: "warn", event: event.kind, text, fields: { count: event.count } };
    }
    case "remote-control":
    case "alerts":
      return { level: event.level, event: event.kind, text: event.text, fields: {} };
    case "internal-error":
      return { level: "error", event: event.kind, text: event.text, fields: { turn: event.turnId, id: event.id } };
  }
}

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** One line of text for a person, or of JSON for a machine. */
export function renderLogLine(line: LogLine, atMs: number, format: LogFormat): string {
  const at = new Date(atMs).toISOString();
  if (format === "json")
    return JSON.stringify({ at, level: line.level, event: line.event, text: line.text, ...line.fields });
  return textLine(at, line.level, line.text, line.fields);
}

function textLine(at: string, level: string, text: string, fields: Readonly<Record<string, unknown>>): string {
  const ids = [fields["turn"], fields["id"]].filter((id) => typeof id === "string");
  return `${at} ${level.padEnd(5)} ${text}${ids.length === 0 ? "" : ` [${ids.join(" ")}]`}`;
}

/** A line of the log as a person reads it; a line that is not one of ours in JSON stays as it is. */
export function readableLogLine(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    const fields: Record<string, unknown> = JSON.parse(text);
    const { at, level, text: said } = fields;
    if (typeof at !== "string" || typeof level !== "string" || typeof said !== "string") return text;
    return textLine(at, level, said, fields);
  } catch {
    // Cut in the middle, or another program's.
    return text;
  }
}
