import { describe, expect, test } from "bun:test";
import type { RunningRuntime } from "../../../src/app.ts";
import { runCommandLine } from "../../../src/commands/run-command-line.ts";
import { claimPidFile } from "../../../src/daemon/pid-file.ts";
import { LIMITS } from "../../../src/limits.ts";
import { spendPageToken } from "../../../src/operations/page-link.ts";
import { aDesk, DESK_NOW_MS } from "../../support/a-desk.ts";
import { aCommandIo, type CliOptions, runCli } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";

const SERVING = { running: true, pid: 42, port: 4100 } as const;

function tokenIn(text: string): string {
  return /\?token=([A-Za-z0-9_-]{43})/.exec(text)?.[1] ?? "";
}

/** `desktop` of a machine where it runs already, and what it showed in a browser. */
async function openAgain(line: string, options: CliOptions = {}, canOpen = true) {
  const desk = aDesk({ presence: SERVING });
  const io = aCommandIo({ desk, ...options });
  const opened: string[] = [];
  const openBrowser = (url: string) => {
    opened.push(url);
    return canOpen;
  };
  const code = await runCommandLine(["desktop", ...line.split(" ").filter(Boolean)], { ...io, openBrowser });
  return { desk, code, opened, stdout: io.out.join(""), stderr: io.err.join("") };
}

describe("desktop, where the runtime serves already", () => {
  test("opens a link to it that lets one browser in", async () => {
    const { desk, code, opened, stdout, stderr } = await openAgain("");
    expect([code, opened.length, stdout]).toEqual([0, 1, ""]);
    expect(opened[0]).toStartWith("http://127.0.0.1:4100/?token=");
    expect(stderr).toContain("serves already at http://127.0.0.1:4100/v1");
    expect(stderr).not.toContain("token=");
    const token = tokenIn(opened[0] ?? "");
    expect([spendPageToken(desk, token), spendPageToken(desk, token)]).toEqual([true, false]);
  });

  test("says the link where no browser is wished for, or none can be opened", async () => {
    for (const [line, canOpen] of [
      ["--no-open", true],
      ["", false],
    ] as const) {
      const { desk, code, opened, stderr } = await openAgain(line, {}, canOpen);
      expect([code, opened.length]).toEqual([0, line === "" ? 1 : 0]);
      expect(stderr).toContain("It works once");
      expect(spendPageToken(desk, tokenIn(stderr))).toBe(true);
      expect(stderr).not.toContain("ssh -L");
    }
  });

  test("says how to get to it from afar", async () => {
    const { stderr } = await openAgain("", { env: { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" } }, false);
    expect(stderr).toContain("ssh -L 4100:127.0.0.1:4100");
  });

  test("with --json is one document with the link in it", async () => {
    const { stdout, stderr } = await openAgain("--no-open --json");
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ runtime: "desktop", running: true, pid: 42, port: 4100, opened: false });
    expect([tokenIn(document.page_url).length, stderr]).toEqual([43, ""]);
  });
});

describe("a link of the page", () => {
  test("is over after five minutes", async () => {
    const { desk, stderr } = await openAgain("--no-open");
    const later = { ...desk.clock, now: () => DESK_NOW_MS + LIMITS.pageTokenMs };
    expect(spendPageToken({ ...desk, clock: later }, tokenIn(stderr))).toBe(false);
  });
});

describe("desktop, where nothing serves", () => {
  test("serves in front and opens Settings once it does", async () => {
    const desk = aDesk({ home: useTempHome() });
    const running: RunningRuntime = {
      runtime: "desktop",
      port: 4321,
      baseUrl: "http://127.0.0.1:4321/v1",
      startedAtMs: 0,
      inFlight: () => 0,
      stop: () => Promise.resolve(),
    };
    const io = aCommandIo({ desk, startRuntime: () => Promise.resolve(running) });
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const announceReady = async () => resolve();
    const ended = runCommandLine(["desktop"], { ...io, announceReady });
    await ready;
    expect(io.opened[0]).toStartWith("http://127.0.0.1:4321/?token=");
    io.signal("SIGINT");
    expect(await ended).toBe(0);
    expect(io.err.join("")).toContain("Settings opens in your browser.");
  });

  test("is a conflict where it serves at another port than is asked for", async () => {
    const desk = aDesk({ home: useTempHome(), presence: SERVING });
    claimPidFile(desk.home, "desktop", process.ppid, Date.now());
    const { code, stderr } = await runCli("desktop --port=9", { desk });
    expect(code).toBe(6);
    expect(stderr).toContain("already runs");
  });
});
