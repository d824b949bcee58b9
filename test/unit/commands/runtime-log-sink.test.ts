import { describe, expect, test } from "bun:test";
import { isJournal } from "../../../src/commands/process-io.ts";
import { chooseLogFormat, openLogSink } from "../../../src/commands/runtime-log-sink.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";
import { aCommandIo } from "../../support/run-cli.ts";

const PAUSED: TelemetryEvent = { kind: "sign-in-needed", turnId: null, profile: "work", reason: "token" };

describe("the log of a runtime", () => {
  test("is text on a terminal, JSON elsewhere, and what the owner says in any case", () => {
    const cases = [
      [null, true, "text"],
      [null, false, "json"],
      ["json", true, "json"],
      ["text", false, "text"],
    ] as const;
    for (const [wanted, isTty, format] of cases) expect(chooseLogFormat(wanted, isTty)).toBe(format);
  });

  test("reaches a terminal as text", () => {
    const io = aCommandIo({ terminal: { columns: 80, colours: false } });
    openLogSink(io, null)(PAUSED);
    expect(io.err.join("")).toBe("info: 1970-01-01T00:00:00.000Z warn  work needs to sign in: token\n");
  });

  test("reaches a file or a pipe as one JSON object a line", () => {
    const io = aCommandIo();
    openLogSink(io, null)(PAUSED);
    expect(io.err.join("")).toEndWith("}\n");
    expect(JSON.parse(io.err.join(""))).toMatchObject({ level: "warn", event: "sign-in-needed", profile: "work" });
  });

  test("tells the journal its level, in the form that the journal takes off", () => {
    const io = aCommandIo({ journal: true });
    openLogSink(io, null)(PAUSED);
    const [line = ""] = io.err;
    expect(line).toStartWith("<4>{");
    expect(JSON.parse(line.slice(3))).toMatchObject({ level: "warn" });
  });
});

test("the journal is recognised by the very stream that systemd names", () => {
  const stream = { dev: 9, ino: 4711 };
  expect(isJournal({ JOURNAL_STREAM: "9:4711" }, stream)).toBe(true);
  for (const named of [undefined, "", "9:4712", "9:47110"]) {
    expect(isJournal({ JOURNAL_STREAM: named }, stream)).toBe(false);
  }
});
