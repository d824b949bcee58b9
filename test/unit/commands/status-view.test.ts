import { describe, expect, test } from "bun:test";
import {
  type Look,
  type PoolStatus,
  renderNextStep,
  renderPoolStatus,
} from "../../../src/commands/account-pool/status-view.ts";
import { frameOf, showLive } from "../../../src/commands/live-view.ts";
import { paintWith } from "../../../src/commands/terminal-text.ts";
import type { ProfileView } from "../../../src/operations/profile-view.ts";
import { aDesk } from "../../support/a-desk.ts";
import { aCommandIo, runCli } from "../../support/run-cli.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const LOOK: Look = { columns: 80, paint: paintWith(false), plain: false, nowMs: NOW_MS };

function aView(change: Partial<ProfileView> = {}): ProfileView {
  return {
    name: "work",
    selected: true,
    kind: "chatgpt",
    ownership: "owned",
    link_path: null,
    email: "person@example.test",
    plan: "pro",
    account: "account-1",
    workspace: null,
    duplicate_of: null,
    other_seats: [],
    state: "ready",
    state_reason: null,
    headroom_percent: 62,
    windows: [
      { limit: "codex", minutes: 300, used_percent: 38, resets_at: null },
      { limit: "codex", minutes: 10_080, used_percent: 12, resets_at: null },
    ],
    usage: { observed_at: new Date(NOW_MS).toISOString(), fresh: true },
    cooldown: null,
    proxy: null,
    reserve_percent: 0,
    in_flight: 0,
    ...change,
  };
}

function aStatus(profiles: readonly ProfileView[], change: Partial<PoolStatus> = {}): PoolStatus {
  return {
    enabled: true,
    runtime: "daemon",
    running: true,
    pid: 4711,
    port: 3773,
    base_url: "http://127.0.0.1:3773/v1",
    routing: "least-used",
    fast: false,
    keys: 1,
    sessions: 2,
    models: ["a"],
    profiles: [...profiles],
    hint: null,
    ...change,
  };
}

function lineOf(name: string, lines: readonly string[]): string {
  return lines.find((line) => line.includes(name)) ?? "";
}

describe("the pool at a glance", () => {
  const bars: readonly (readonly [change: Partial<ProfileView>, bar: string])[] = [
    [{ headroom_percent: 100 }, "██████████ 100%"],
    [{ headroom_percent: 62 }, "██████░░░░  62%"],
    [{ headroom_percent: 62, reserve_percent: 20 }, "▒▒████░░░░  62%"],
    [{ headroom_percent: 5, reserve_percent: 20 }, "▒░░░░░░░░░   5%"],
    [{ headroom_percent: 1 }, "█░░░░░░░░░   1%"],
    [{ headroom_percent: 0 }, "░░░░░░░░░░   0%"],
    [{ headroom_percent: null }, "not known yet"],
    [{ headroom_percent: null, kind: "api-key" }, "no limits known"],
  ];
  for (const [change, bar] of bars) {
    test(`shows ${JSON.stringify(change)} as ${bar}`, () => {
      expect(lineOf("work", renderPoolStatus(aStatus([aView(change)]), LOOK))).toContain(bar);
    });
  }

  test("says who can serve, an account counted once, and who is back first", () => {
    const until = (minutes: number) => new Date(NOW_MS + minutes * 60_000).toISOString();
    const lines = renderPoolStatus(
      aStatus([
        aView(),
        aView({ name: "twin", duplicate_of: "work" }),
        aView({ name: "late", account: "b", state: "cooling", cooldown: { until: until(90), reason: "quota" } }),
        aView({ name: "soon", account: "c", state: "cooling", cooldown: { until: until(30), reason: "quota" } }),
        aView({ name: "out", account: "d", selected: false, state: "needs-sign-in" }),
      ]),
      LOOK,
    );
    expect(lineOf("Room", lines)).toBe("Room      1 of 3 accounts can serve now; soon is back in 30 min");
    expect(lineOf("twin", lines)).toContain("twin (= work)");
    expect(lineOf("out ", lines)).toStartWith("○  out");
    expect(lines.at(-1)).toBe("● in the pool, ○ not");
  });

  test("says when what is known is old", () => {
    const observed_at = new Date(NOW_MS - 3 * 3_600_000).toISOString();
    const lines = renderPoolStatus(aStatus([aView({ usage: { observed_at, fresh: false } })]), LOOK);
    expect(lineOf("work", lines)).toContain("5 h 38%, 7 d 12% (3 h ago)");
  });

  test("fits 80 columns, whatever the names", () => {
    const long = "a-profile-with-quite-a-long-name-for-what-it-is";
    const cooldown = { until: new Date(NOW_MS + 3_000_000_000).toISOString(), reason: "quota" };
    const views = [aView({ name: long, state: "cooling", cooldown }), aView({ name: "twin", duplicate_of: long })];
    const lines = renderPoolStatus(aStatus(views, { pid: 4_194_304, running: true }), LOOK);
    expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
  });

  test("uses marks that every terminal has where it must", () => {
    const text = renderPoolStatus(aStatus([aView({ reserve_percent: 20 })]), { ...LOOK, plain: true }).join("\n");
    expect(text).toContain("==####....  62%");
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test("ends with the next step where there is one", () => {
    expect(renderNextStep(aStatus([]), LOOK)).toEqual([]);
    expect(renderNextStep(aStatus([], { hint: "Start it: codexuse daemon start" }), LOOK)).toEqual([
      "",
      "Start it: codexuse daemon start",
    ]);
  });
});

describe("a live view", () => {
  test("draws over itself, clears what is left over, and never more than fits", () => {
    const frame = frameOf(["one", "two", "three"], 3);
    expect(frame).toContain("\u001b[Hone\u001b[K\r\ntwo\u001b[K\r\n\u001b[J");
    expect(frame).not.toContain("three");
    expect(frame).not.toContain("\u001b[2J");
  });

  for (const key of ["q", "\u0003"]) {
    test(`ends with the key ${JSON.stringify(key)} and gives the screen back`, async () => {
      const io = aCommandIo({ terminal: { columns: 80, colours: false } });
      let drawn = 0;
      await showLive(io, {
        everyMs: 1,
        draw: () => {
          drawn += 1;
          if (drawn === 3) io.press(key);
          return Promise.resolve([`line ${drawn}`]);
        },
      });
      expect(drawn).toBe(3);
      expect(io.out[0]).toBe("\u001b[?1049h\u001b[?25l");
      expect(io.out.at(-1)).toBe("\u001b[?25h\u001b[?1049l");
      io.press("q");
    });
  }

  test("gives the screen back when drawing fails", async () => {
    const io = aCommandIo({ terminal: { columns: 80, colours: false } });
    const failing = showLive(io, { everyMs: 1, draw: () => Promise.reject(new Error("no store")) });
    await expect(failing).rejects.toThrow("no store");
    expect(io.out.at(-1)).toBe("\u001b[?25h\u001b[?1049l");
  });

  test("is printed again and again where nobody looks, until a signal", async () => {
    const io = aCommandIo();
    let drawn = 0;
    await showLive(io, {
      everyMs: 1,
      draw: () => {
        drawn += 1;
        if (drawn === 2) io.signal("SIGTERM");
        return Promise.resolve(["a", "b"]);
      },
    });
    expect(io.out.join("")).toBe("a\nb\n\na\nb\n");
  });
});

describe("codexuse account-pool status", () => {
  test("cannot be watched as one document", async () => {
    expect((await runCli("account-pool status --watch --json", { desk: aDesk() })).code).toBe(2);
  });

  test("needs no profile to say how things stand and what to do", async () => {
    const run = await runCli("account-pool status", { desk: aDesk() });
    expect([run.code, run.stdout.split("\n").length]).toEqual([0, 4]);
    expect(run.stderr).toContain("codexuse profile");
  });
});
