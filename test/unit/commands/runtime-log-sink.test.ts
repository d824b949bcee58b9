import { describe, expect, test } from "bun:test";
import { isJournal } from "../../../src/commands/process-io.ts";
import { chooseLogFormat, openLogSink } from "../../../src/commands/runtime-log-sink.ts";
import { createVirtualClock } from "../../../src/simulator/clock.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";
import { aTurn } from "../../support/records.ts";
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
    openLogSink(io, null).hear(PAUSED);
    expect(io.err.join("")).toBe("info: 1970-01-01T00:00:00.000Z warn  work needs to sign in: token\n");
  });

  test("reaches a file or a pipe as one JSON object a line", () => {
    const io = aCommandIo();
    openLogSink(io, null).hear(PAUSED);
    expect(io.err.join("")).toEndWith("}\n");
    expect(JSON.parse(io.err.join(""))).toMatchObject({ level: "warn", event: "sign-in-needed", profile: "work" });
  });

  test("tells the journal its level, in the form that the journal takes off", () => {
    const io = aCommandIo({ journal: true });
    openLogSink(io, null).hear(PAUSED);
    const [line = ""] = io.err;
    expect(line).toStartWith("<4>{");
    expect(JSON.parse(line.slice(3))).toMatchObject({ level: "warn" });
  });
});

describe("lines of turns that went well", () => {
  const served = (id: string): TelemetryEvent => ({ kind: "turn-settled", turn: aTurn({ id }), firstOutputMs: 5 });
  const turnsIn = (err: readonly string[]): unknown[] =>
    err.flatMap((text) => text.trimEnd().split("\n")).map((line) => JSON.parse(line).turn ?? JSON.parse(line).event);

  test("are written together when their time has come", async () => {
    const clock = createVirtualClock(0);
    const io = { ...aCommandIo(), clock };
    const { hear } = openLogSink(io, null);
    for (const id of ["turn_1", "turn_2"]) hear(served(id));
    expect(io.err).toEqual([]);
    await clock.advance(50);
    expect(io.err).toHaveLength(1);
    expect(turnsIn(io.err)).toEqual(["turn_1", "turn_2"]);
  });

  test("never wait behind what is said after them, nor for the end", () => {
    const io = aCommandIo();
    const { hear, end } = openLogSink(io, null);
    hear(served("turn_1"));
    hear(PAUSED);
    hear(served("turn_2"));
    end();
    hear(served("turn_3"));
    end();
    expect(turnsIn(io.err)).toEqual(["turn_1", "sign-in-needed", "turn_2", "turn_3"]);
  });

  test("are written at once when there are many", () => {
    const io = aCommandIo();
    const { hear } = openLogSink(io, null);
    for (let count = 0; count < 100; count += 1) hear(served(`turn_${count}`));
    expect(turnsIn(io.err)).toHaveLength(100);
  });

  test("reach a person one by one", () => {
    const io = aCommandIo({ terminal: { columns: 80, colours: false } });
    openLogSink(io, null).hear(served("turn_1"));
    expect(io.err).toHaveLength(1);
  });
});

test("the journal is recognised by the very stream that systemd names", () => {
  const stream = { dev: 9, ino: 4711 };
  expect(isJournal({ JOURNAL_STREAM: "9:4711" }, stream)).toBe(true);
  for (const named of [undefined, "", "9:4712", "9:47110"]) {
    expect(isJournal({ JOURNAL_STREAM: named }, stream)).toBe(false);
  }
});
