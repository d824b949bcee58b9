/** The log as a reading of events: one line each, for a person or a machine. Holds names and figures, never content. */
import type { TelemetryEvent } from "./events.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: TelemetryEvent["kind"];
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

function turnLine(turn: Extract<TelemetryEvent, { kind: "turn-settled" }>["turn"]): LogLine {
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
    attempts,
  };
  return {
    level,
    event: "turn-settled",
    text: `turn ${turn.end}: ${attempts === "" ? "no attempt" : attempts}`,
    fields,
  };
}

/** What the log says of an event. */
export function logLineOf(event: TelemetryEvent): LogLine {
  switch (event.kind) {
    case "turn-settled":
      return turnLine(event.turn);
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
      const { sessionId, from, to, reason } = event;
      const fields = { session: sessionId, from, to, reason };
      return { level: "info", event: event.kind, text: `session moved from ${from} to ${to}: ${reason}`, fields };
    }
    case "account-paused": {
      const { profile, reason, model } = event;
      const until = new Date(event.untilMs).toISOString();
      const text = `${profile} pauses until ${until}: ${reason}`;
      return { level: "warn", event: event.kind, text, fields: { profile, reason, until, model } };
    }
    case "account-back":
      return { level: "info", event: event.kind, text: `${event.profile} is back`, fields: { profile: event.profile } };
    case "sign-in-needed": {
      const { profile, reason } = event;
      return {
        level: "warn",
        event: event.kind,
        text: `${profile} needs to sign in: ${reason}`,
        fields: { profile, reason },
      };
    }
    case "wrong-keys": {
      const text = `${event.count} requests with wrong keys beyond those that are looked into`;
      return { level: "warn", event: event.kind, text, fields: { count: event.count } };
    }
    case "remote-control":
      return { level: event.level, event: event.kind, text: event.text, fields: {} };
    case "internal-error":
      return { level: "error", event: event.kind, text: event.text, fields: { id: event.id } };
  }
}

/** One line of text for a person, or of JSON for a machine. */
export function renderLogLine(line: LogLine, atMs: number, format: "text" | "json"): string {
  const at = new Date(atMs).toISOString();
  if (format === "json")
    return JSON.stringify({ at, level: line.level, event: line.event, text: line.text, ...line.fields });
  const id = line.fields["turn"] ?? line.fields["id"] ?? null;
  return `${at} ${line.level.padEnd(5)} ${line.text}${id === null ? "" : ` [${id}]`}`;
}
