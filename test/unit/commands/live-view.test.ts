import { describe, expect, test } from "bun:test";
import { frameOf, showLive } from "../../../src/commands/live-view.ts";
import { runCommandLine } from "../../../src/commands/run-command-line.ts";
import { aDesk } from "../../support/a-desk.ts";
import { aCredential, aProfile } from "../../support/records.ts";
import { aCommandIo } from "../../support/run-cli.ts";
import { waitUntil } from "../../support/wait-until.ts";

const WAIT_MS = 10_000;
const ENTER = "\u001b[?1049h";
const LEAVE = "\u001b[?1049l";
const terminal = { columns: 80, colours: false };

describe("a live view", () => {
  for (const key of ["q", "\u0003", "\u001b"]) {
    test(`is drawn on a screen of its own, and ${JSON.stringify(key)} gives back what was there`, async () => {
      const io = aCommandIo({ desk: aDesk(), terminal });
      let draws = 0;
      const shown = showLive(io, { everyMs: 1, draw: () => Promise.resolve([`frame ${++draws}`]) });
      await waitUntil("a second frame", () => draws > 1, WAIT_MS);
      io.press(key);
      await shown;
      expect(io.out[0]).toStartWith(ENTER);
      expect(io.out.at(-1)).toEndWith(LEAVE);
      expect(io.out.join("")).toContain("frame 2");
    });
  }

  test("is given back when drawing fails", async () => {
    const io = aCommandIo({ desk: aDesk(), terminal });
    const shown = showLive(io, { everyMs: 1, draw: () => Promise.reject(new Error("no")) });
    expect(await shown.catch((error: Error) => error.message)).toBe("no");
    expect(io.out.at(-1)).toEndWith(LEAVE);
  });

  test("is printed again and again where there is no screen, until a signal", async () => {
    const io = aCommandIo({ desk: aDesk() });
    const shown = showLive(io, { everyMs: 1, draw: () => Promise.resolve(["line"]) });
    await waitUntil("two rounds", () => io.out.length > 1, WAIT_MS);
    io.signal("SIGINT");
    await shown;
    expect(io.out.slice(0, 2)).toEqual(["line\n", "\nline\n"]);
  });

  test("shows no more lines than fit", () => {
    expect(frameOf(["1", "2", "3", "4"], 3)).toContain("2");
    expect(frameOf(["1", "2", "3", "4"], 3)).not.toContain("3\u001b");
  });
});

test("account-pool status --watch shows the pool and how to quit", async () => {
  const desk = aDesk();
  desk.settingsStore.addProfile(aProfile({ name: "work", selected: true }), aCredential());
  const io = aCommandIo({ desk, terminal });
  const run = runCommandLine(["account-pool", "status", "--watch"], io);
  await waitUntil("a frame", () => io.out.join("").includes("q quits"), WAIT_MS);
  io.press("q");
  expect(await run).toBe(0);
  expect(io.out.join("")).toContain("● ");
  expect(io.out.join("")).toContain("work");
});
