import { describe, expect, onTestFinished, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDesktopAlerts } from "../../../src/alerts/desktop-alerts.ts";
import type { Notification } from "../../../src/alerts/notifier.ts";
import { showNotification } from "../../../src/alerts/show-notification.ts";
import { SYSTEM_CLOCK } from "../../../src/clock.ts";
import { aDesk } from "../../support/a-desk.ts";
import { aCooldown, aCredential, aProfile } from "../../support/records.ts";
import { useTempHome } from "../../support/temp-home.ts";
import { waitUntil } from "../../support/wait-until.ts";

const WAIT_MS = 10_000;
const HOUR_MS = 3_600_000;

function aPool(names: readonly string[]) {
  const desk = { ...aDesk(), clock: SYSTEM_CLOCK };
  names.forEach((name, index) => {
    const profile = aProfile({ id: name, name, accountKey: `account-${name}`, userId: name, selected: true });
    desk.settingsStore.addProfile({ ...profile, createdAtMs: index }, aCredential({ refreshToken: `refresh-${name}` }));
  });
  const nowMs = Date.now();
  const drain = (name: string) =>
    desk.settingsStore.setCooldown(`account-${name}`, aCooldown({ sinceMs: nowMs, untilMs: nowMs + 2 * HOUR_MS }));
  return { desk, drain, refill: (name: string) => desk.settingsStore.clearCooldown(`account-${name}`, "all") };
}

function startWith(pool: ReturnType<typeof aPool>, show: () => boolean = () => true) {
  const shown: Notification[] = [];
  const trouble = { count: 0 };
  const alerts = startDesktopAlerts({
    desk: pool.desk,
    show: (notification) => {
      shown.push(notification);
      return Promise.resolve(show());
    },
    onTrouble: () => {
      trouble.count += 1;
    },
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => alerts.stop());
  let taken = 0;
  const next = async (): Promise<string> => {
    alerts.hear({ kind: "account-paused" });
    await waitUntil("a notification", () => shown.length > taken, WAIT_MS);
    taken += 1;
    return shown[taken - 1]?.body ?? "";
  };
  return { shown, trouble, next, alerts };
}

describe("notifications of the desktop runtime", () => {
  test("tell of each thing once, and again when it is over", async () => {
    const pool = aPool(["work", "home"]);
    const { next, shown } = startWith(pool);
    pool.drain("work");
    expect(await next()).toBe("🔴 work is used up, back in 1 h 59 min.");
    pool.drain("home");
    expect(await next()).toBe(
      "🔴 home is used up, back in 1 h 59 min.\n🚨 Nobody in the pool can serve, back in 1 h 59 min.",
    );
    pool.refill("home");
    expect(await next()).toBe("🟢 home is back.\n🟢 The pool can serve again.");
    expect(shown.map(({ title }) => title)).toEqual(["codexuse", "codexuse", "codexuse"]);
  });

  test("say nothing of how the pool stood at the start", async () => {
    const pool = aPool(["work", "home"]);
    pool.drain("work");
    const { next } = startWith(pool);
    pool.drain("home");
    expect(await next()).not.toContain("work");
  });

  test("say much at once in few lines", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const pool = aPool(names);
    const { next } = startWith(pool);
    for (const name of names) pool.drain(name);
    expect((await next()).split("\n")).toEqual([
      ...["a", "b", "c", "d"].map((name) => expect.stringContaining(name)),
      "… and 3 more",
    ]);
  });

  test("that cannot be shown are told once, and are not shown hours later", async () => {
    const pool = aPool(["work", "home", "spare"]);
    const { next, trouble } = startWith(pool, () => false);
    pool.drain("work");
    await next();
    pool.drain("home");
    expect(await next()).not.toContain("work");
    expect(trouble.count).toBe(1);
  });
});

describe("the program that shows one", () => {
  function aProgram(script: string) {
    const folder = useTempHome();
    const program = join(folder, "notify-send");
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return { folder, notifier: { name: "notify-send", program } as const };
  }
  const news = { title: "codexuse", body: "work's back; $(exit)" };

  test("is given the text as it is, without a shell", async () => {
    const { folder, notifier } = aProgram('printf "%s|" "$@" > "$OUT"');
    const out = join(folder, "out");
    expect(await showNotification(notifier, news, { OUT: out })).toBe(true);
    expect(readFileSync(out, "utf8")).toBe("--app-name=codexuse|--|codexuse|work's back; $(exit)|");
  });

  test("is ended when it hangs", async () => {
    expect(await showNotification(aProgram("exec sleep 60").notifier, news, { PATH: process.env["PATH"] }, 50)).toBe(
      false,
    );
  });

  test("may fail or be gone, and nothing else does", async () => {
    expect(await showNotification(aProgram("exit 1").notifier, news, {})).toBe(false);
    const gone = { name: "notify-send", program: join(useTempHome(), "gone") } as const;
    expect(await showNotification(gone, news, {})).toBe(false);
  });
});
