import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { logPath, openLog, readAdded, readTail, trimOwnLog } from "../../../src/daemon/runtime-log.ts";
import { useTempHome } from "../../support/temp-home.ts";

function aLog(text: string): string {
  const path = logPath(useTempHome(), "daemon");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe("the end of a log", () => {
  const rows: readonly (readonly [text: string, count: number, lines: string[]])[] = [
    ["a\nb\nc\n", 2, ["b", "c"]],
    ["a\nb\nc", 2, ["b", "c"]],
    ["a\nb\nc\n", 9, ["a", "b", "c"]],
    ["a\n\n\n", 2, ["", ""]],
    ["a\n", 0, []],
    ["", 5, []],
    ["\n", 5, []],
    ["é\nü\n", 1, ["ü"]],
  ];
  for (const [text, count, lines] of rows) {
    test(`of ${JSON.stringify(text)} is ${JSON.stringify(lines)} for ${count} lines`, () => {
      expect(readTail(aLog(text), count)?.lines).toEqual(lines);
    });
  }

  test("is found across the pieces it is read in", () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${"é".repeat(index % 7)}`);
    const path = aLog(`${lines.join("\n")}\n`);
    for (const count of [1, 3_000, 19_999, 20_000, 50_000])
      expect(readTail(path, count)?.lines).toEqual(lines.slice(-count));
  });

  test("is null for a log that is not there", () => {
    expect(readTail(logPath(useTempHome(), "daemon"), 5)).toBeNull();
  });
});

describe("what is added to a log", () => {
  test("is read in whole lines", () => {
    const path = aLog("a\n");
    appendFileSync(path, "b\nc");
    const first = readAdded(path, 2);
    expect(first).toEqual({ text: "b\n", sizeBytes: 4 });
    expect(readAdded(path, first.sizeBytes).text).toBe("");
    appendFileSync(path, "d\n");
    expect(readAdded(path, first.sizeBytes)).toEqual({ text: "cd\n", sizeBytes: 7 });
  });

  test("is read from the beginning when the log was cut", () => {
    const path = aLog("new\n");
    expect(readAdded(path, 1_000)).toEqual({ text: "new\n", sizeBytes: 4 });
  });

  test("is nothing when the log is gone", () => {
    expect(readAdded(logPath(useTempHome(), "daemon"), 7)).toEqual({ text: "", sizeBytes: 0 });
  });
});

describe("a log that has grown", () => {
  test("is put aside when it is opened, and only its owner may read either", () => {
    const path = aLog("x".repeat(100));
    closeSync(openLog(path, 50));
    expect([readFileSync(path, "utf8"), readFileSync(`${path}.1`, "utf8").length]).toEqual(["", 100]);
    expect([statSync(path).mode & 0o777, statSync(`${path}.1`).mode & 0o777]).toEqual([0o600, 0o600]);
  });

  test("is appended to while it is within its bound", () => {
    const path = aLog("x");
    const log = openLog(path, 50);
    writeSync(log, "y");
    closeSync(log);
    expect(readFileSync(path, "utf8")).toBe("xy");
  });

  test("is cut while it is written to, and writing goes on at its new end", () => {
    const path = aLog("");
    const log = openLog(path, 50);
    writeSync(log, "x".repeat(100));
    trimOwnLog(path, log, 50);
    writeSync(log, "y");
    closeSync(log);
    expect([readFileSync(path, "utf8"), readFileSync(`${path}.1`, "utf8").length]).toEqual(["y", 100]);
    expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600);
  });

  test("is left alone by a process that writes elsewhere", () => {
    const path = aLog("x".repeat(100));
    const elsewhere = openSync(aLog(""), "a");
    trimOwnLog(path, elsewhere, 50);
    closeSync(elsewhere);
    expect([readFileSync(path, "utf8").length, existsSync(`${path}.1`)]).toEqual([100, false]);
  });
});
