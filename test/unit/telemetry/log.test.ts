import { describe, expect, test } from "bun:test";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";
import { logLineOf, readableLogLine, renderLogLine } from "../../../src/telemetry/log.ts";
import { aTurn } from "../../support/records.ts";

const TURN = "turn_0123";

/** One of each kind. */
const EVENTS: readonly TelemetryEvent[] = [
  { kind: "runtime-started", runtime: "daemon", port: 3773, version: "1.2.3" },
  { kind: "runtime-stopping", runtime: "daemon", reason: "SIGTERM" },
  { kind: "turn-settled", turn: aTurn({ id: TURN }), firstOutputMs: 120 },
  { kind: "session-moved", turnId: TURN, sessionId: "ses_1", from: "a", to: "b", reason: "usage-limit" },
  { kind: "account-paused", turnId: TURN, profile: "a", reason: "rate-limit", untilMs: 1_000, model: null },
  { kind: "account-back", turnId: TURN, profile: "a" },
  { kind: "sign-in-needed", turnId: TURN, profile: "a", reason: "sign-in-refused" },
  { kind: "sign-in-refreshed", profile: "a", outcome: "unavailable", reason: "refresh-silent" },
  { kind: "remote-control", level: "info", text: "listens" },
  { kind: "internal-error", id: "bug_1", turnId: TURN, text: "Error: odd\n    at line 1" },
];

describe("a line of the log", () => {
  test("is one line of JSON for every event, whatever stands in it", () => {
    for (const event of EVENTS) {
      const text = renderLogLine(logLineOf(event), 0, "json");
      expect(text).not.toContain("\n");
      expect(JSON.parse(text)).toMatchObject({ at: "1970-01-01T00:00:00.000Z", event: event.kind });
    }
  });

  test("carries the turn's id wherever a turn is behind it, in both forms", () => {
    for (const event of EVENTS.filter((one) => "turn" in one || "turnId" in one)) {
      const line = logLineOf(event);
      expect(JSON.parse(renderLogLine(line, 0, "json"))).toMatchObject({ turn: TURN });
      expect(renderLogLine(line, 0, "text")).toContain(TURN);
    }
  });

  test("reads the same for a person, whether it was written as text or as JSON", () => {
    for (const event of EVENTS) {
      const line = logLineOf(event);
      expect(readableLogLine(renderLogLine(line, 5, "json"))).toBe(renderLogLine(line, 5, "text"));
    }
  });

  test("that is not ours is shown as it stands", () => {
    for (const text of ["", "plain", "{", '{"at":1}', '{"a":"b"}', "[1]", '{"at":"x","level":"info"}']) {
      expect(readableLogLine(text)).toBe(text);
    }
  });
});
