import { describe, expect, test } from "bun:test";
import { parseHealth } from "../../../src/daemon/ask-health.ts";
import { describeHolder, parseListeners } from "../../../src/daemon/port-holder.ts";
import { isAlive, isSameProcess, parseElapsed, parseLinuxStart } from "../../../src/daemon/process-age.ts";

describe("the start of a process", () => {
  const systemStat = "cpu  1 2 3\nintr 5\nbtime 1700000000\nprocesses 9\n";
  const fields = (name: string) => `4711 (${name}) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 12345 99 88`;

  test("is read from Linux's two files", () => {
    expect(parseLinuxStart(fields("bun"), systemStat)).toBe(1_700_000_000_000 + 123_450);
  });

  test("is read whatever the program is called", () => {
    expect(parseLinuxStart(fields("a) S (b) c 1 2"), systemStat)).toBe(1_700_000_123_450);
  });

  test("is unknown when the files say something else", () => {
    expect([parseLinuxStart("", systemStat), parseLinuxStart(fields("bun"), "cpu 1\n")]).toEqual([null, null]);
  });

  const elapsed: readonly (readonly [text: string, ms: number | null])[] = [
    ["00:05\n", 5_000],
    ["   12:34", 754_000],
    ["01:00:00", 3_600_000],
    ["2-03:04:05", 183_845_000],
    ["", null],
    ["soon", null],
  ];
  for (const [text, ms] of elapsed) {
    test(`follows from an age of "${text.trim()}"`, () => {
      expect(parseElapsed(text)).toBe(ms);
    });
  }
});

describe("a process id", () => {
  const nowMs = Date.now();

  test("is the process it was while that lives and is older than the note of it (trap 46)", () => {
    expect(isSameProcess(process.pid, nowMs, nowMs)).toBe(true);
  });

  test("is another process when that began after the note was written (trap 46)", () => {
    const longAgoMs = nowMs - 40 * 365 * 24 * 3_600_000;
    expect(isSameProcess(process.pid, longAgoMs, nowMs)).toBe(process.platform === "win32");
  });

  test("is nobody's when its process has ended, collected or not", async () => {
    const child = Bun.spawn([process.execPath, "-e", ""], { stdio: ["ignore", "ignore", "ignore"] });
    await child.exited;
    expect(isAlive(child.pid)).toBe(false);
  });
});

describe("an answer to /healthz", () => {
  const rows: readonly (readonly [text: string, kind: string])[] = [
    ['{"status":"ok","version":"1.2.3","runtime":"daemon"}', "codexuse"],
    ['{"status":"ok","version":"1.2.3","runtime":"desktop","more":1}', "codexuse"],
    ['{"status":"ok","version":"1.2.3","runtime":"toaster"}', "other"],
    ['{"status":"ok","version":1,"runtime":"daemon"}', "other"],
    ['{"status":"ok"}', "other"],
    ["[]", "other"],
    ["null", "other"],
    ["OK", "other"],
    ["", "other"],
  ];
  for (const [text, kind] of rows) {
    test(`${text === "" ? "of nothing" : text} is ${kind}`, () => {
      expect(parseHealth(text).kind).toBe(kind as "codexuse" | "other");
    });
  }
});

describe("the sockets that listen", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:0EBD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0",
    "   1: 0100007F:0EBD 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0",
    "   2: 0100007F:10EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4244 1 0",
    "   3: 00000000000000000000000001000000:0EBD 00000000000000000000000000000000:0000 0A 0:0 00:0 0 1000 0 4245 1",
  ].join("\n");

  test("are found by their port, whatever else uses it", () => {
    expect(parseListeners(table, 3773)).toEqual(["4242", "4245"]);
    expect(parseListeners(table, 4331)).toEqual(["4244"]);
    expect(parseListeners(table, 1)).toEqual([]);
    expect(parseListeners("", 3773)).toEqual([]);
  });

  test("are named as well as it can be done", () => {
    expect(describeHolder({ pid: 7, program: "node" })).toBe("node (pid 7)");
    expect(describeHolder({ pid: 7, program: "" })).toBe("a program (pid 7)");
    expect(describeHolder(null)).toBe("another program");
  });
});
