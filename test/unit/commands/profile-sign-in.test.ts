/** What a person at a terminal sees of signing in and of what is done with sign-ins. */
import { describe, expect, test } from "bun:test";
import { runCommandLine } from "../../../src/commands/run-command-line.ts";
import { widthOf } from "../../../src/commands/terminal-text.ts";
import { aDesk, type TestDesk } from "../../support/a-desk.ts";
import { aCooldown, aCredential, aProfile, aWindow } from "../../support/records.ts";
import { aCommandIo, type CliOptions, runCli } from "../../support/run-cli.ts";
import { waitUntil } from "../../support/wait-until.ts";

const TERMINAL = { columns: 200, colours: false };

function aDeskWithWork(change: Parameters<typeof aProfile>[0] = {}): TestDesk {
  const desk = aDesk();
  desk.settingsStore.addProfile(aProfile({ name: "work", ...change }), aCredential());
  return desk;
}

/** Begins to sign in, and gives up as soon as the address was said. */
async function beginAndGiveUp(words: string[], options: CliOptions = {}) {
  const io = aCommandIo({ desk: aDesk(), terminal: TERMINAL, ...options });
  const running = runCommandLine(words, io);
  await waitUntil("the address", () => io.err.some((line) => line.includes("/oauth/authorize?")), 5_000);
  io.signal("SIGINT");
  return { io, code: await running };
}

describe("profile add", () => {
  test("opens the browser and says the address all the same; Ctrl-C is no error", async () => {
    const { io, code } = await beginAndGiveUp(["profile", "add", "work"]);
    expect([code, io.opened.length, io.out.join("")]).toEqual([2, 1, ""]);
    expect(io.err.join("")).toContain("A browser opens to sign in. If it does not, open this address:");
    expect(io.err.join("")).toContain(io.opened[0] ?? "no address");
    expect(new URL(io.opened[0] ?? "").searchParams.get("redirect_uri")).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/auth\/callback$/,
    );
    expect(io.err.join("")).not.toContain("error:");
  });

  test("opens none with --no-open", async () => {
    const { io } = await beginAndGiveUp(["profile", "add", "work", "--no-open"]);
    expect(io.opened).toEqual([]);
    expect(io.err.join("")).toContain("Open this address to sign in:");
  });

  test("says one JSON document with --json, also when it was given up", async () => {
    const { io, code } = await beginAndGiveUp(["profile", "add", "work", "--json"]);
    expect([code, JSON.parse(io.out.join("")).error.code]).toEqual([2, "cancelled"]);
  });
});

describe("profile export", () => {
  test("shows no sign-in on a terminal", async () => {
    const run = await runCli("profile export work", { desk: aDeskWithWork(), terminal: TERMINAL });
    expect([run.code, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toContain("--to=auth.json");
  });

  test("writes it into a pipe, with the warning beside it", async () => {
    const run = await runCli("profile export work", { desk: aDeskWithWork() });
    expect(JSON.parse(run.stdout)).toMatchObject({ auth_mode: "chatgpt", tokens: { refresh_token: "refresh-1" } });
    expect(run.stderr).toContain("warning: The sign-in has two owners now");
  });
});

describe("profile remove --revoke", () => {
  test("asks in words that tell what it does to others", async () => {
    const run = await runCli("profile remove work --revoke", {
      desk: aDeskWithWork(),
      terminal: TERMINAL,
      says: false,
    });
    expect([run.code, run.questions]).toEqual([
      2,
      [expect.stringContaining("for every program that shares the sign-in")],
    ]);
  });
});

describe("profile list", () => {
  test("tells two profiles of one account from two seats of one workspace", async () => {
    const desk = aDeskWithWork();
    const team = { workspaceId: "workspace-1", accountKey: "account-2", userId: "user-2", email: "other@example.test" };
    desk.settingsStore.addProfile(aProfile({ id: "p2", name: "twin", createdAtMs: 2_000 }), aCredential());
    desk.settingsStore.addProfile(aProfile({ id: "p3", name: "seat", createdAtMs: 3_000, ...team }), aCredential());
    const lines = (await runCli("profile list", { desk })).stdout.split("\n");
    const lineOf = (name: string) => lines.find((line) => line.startsWith(name)) ?? "";
    expect(lineOf("twin")).toContain("(same account as work)");
    expect(lineOf("seat")).toContain("(same workspace as work, another seat)");
    expect(lineOf("work")).toContain("(same workspace as seat, another seat)");
  });

  test("shows windows, resets, and how old the word on them is", async () => {
    const desk = aDeskWithWork();
    const nowMs = desk.clock.now();
    const observed = (agoMs: number) =>
      aWindow({ usedPercent: 40, resetsAtMs: nowMs + 7_200_000, observedAtMs: nowMs - agoMs });
    desk.settingsStore.mergeWindows("account-1", [observed(3 * 3_600_000)]);
    expect((await runCli("profile list", { desk })).stdout).toContain("5 h 40% (3 h ago)  2 h ");
    desk.settingsStore.mergeWindows("account-1", [observed(120_000)]);
    expect((await runCli("profile list", { desk })).stdout).toContain("5 h 40%  2 h ");
  });

  test("fits a terminal of 80 columns, and keeps state, room and use whole", async () => {
    const desk = aDeskWithWork();
    const nowMs = desk.clock.now();
    const until = nowMs + 4 * 3_600_000 + 59 * 60_000;
    const windows = [300, 10_080].map((minutes) =>
      aWindow({ minutes, usedPercent: 33.3333, resetsAtMs: until, observedAtMs: nowMs }),
    );
    desk.settingsStore.mergeWindows("account-1", windows);
    desk.settingsStore.setCooldown("account-1", aCooldown({ sinceMs: nowMs, untilMs: until }));
    const { stdout } = await runCli("profile list", { desk, terminal: { columns: 80, colours: false } });
    for (const line of stdout.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/back in 4 h 59 min +67% +5 h 33%, 7 d 33% /);
  });

  test("masks a proxy, in the table's document too", async () => {
    const desk = aDeskWithWork({ proxyUrl: "http://user:canary@proxy.example:8080" });
    const run = await runCli("profile list --json", { desk });
    expect(run.stdout).toContain("http://***@proxy.example:8080");
    expect(run.stdout).not.toContain("canary");
  });
});
