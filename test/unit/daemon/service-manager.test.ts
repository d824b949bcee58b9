import { describe, expect, onTestFinished, test } from "bun:test";
import { join } from "node:path";
import { sendDatagram, socketAddress } from "../../../src/daemon/notify-socket.ts";
import { openServiceManager, signOfLifeMs } from "../../../src/daemon/service-manager.ts";
import { listenForNotes, type NotifyListener } from "../../support/notify-listener.ts";
import { useTempHome } from "../../support/temp-home.ts";
import { waitUntil } from "../../support/wait-until.ts";

function listen(path: string): NotifyListener {
  const listener = listenForNotes(path);
  onTestFinished(listener.close);
  return listener;
}

describe("the address of a notify socket", () => {
  const rows: readonly (readonly [path: string, hex: string | null])[] = [
    ["/run/a", "01002f72756e2f6100"],
    ["@ab", "0100006162"],
    [`/${"x".repeat(200)}`, null],
  ];
  for (const [path, hex] of rows) {
    test(`of ${path.slice(0, 12)}`, () => {
      const address = socketAddress(path);
      expect(address === null ? null : Buffer.from(address).toString("hex")).toBe(hex);
    });
  }
});

describe("the notify protocol over a real socket", () => {
  for (const kind of ["in a folder", "without a file"] as const) {
    test(`tells that it serves, lives and stops, to a socket ${kind}`, async () => {
      const path = kind === "in a folder" ? join(useTempHome(), "notify") : `@codexuse-test-${crypto.randomUUID()}`;
      const listener = listen(path);
      const manager = openServiceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "20000" }, 42);
      await manager.ready("Serving at http://127.0.0.1:1/v1");
      expect(listener.heard()).toEqual(["READY=1\nSTATUS=Serving at http://127.0.0.1:1/v1\n"]);
      const heard: string[] = [];
      await waitUntil("two signs of life", () => heard.push(...listener.heard()) >= 2, 5_000);
      expect(new Set(heard)).toEqual(new Set(["WATCHDOG=1\n"]));
      await manager.stopping();
      expect(listener.heard().filter((text) => text !== "WATCHDOG=1\n")).toEqual([
        "STOPPING=1\nSTATUS=Letting running turns finish\n",
      ]);
    });
  }

  test("says nothing where nobody asked, and does not mind a listener that has gone", async () => {
    const path = join(useTempHome(), "notify");
    const listener = listen(path);
    for (const env of [{}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "vsock:2:1234" }]) {
      await openServiceManager(env, 1).ready("x");
    }
    expect(listener.heard()).toEqual([]);
    listener.close();
    expect(sendDatagram(path, "READY=1\n")).toBe(false);
    await openServiceManager({ NOTIFY_SOCKET: path }, 1).ready("x");
  });

  test("keeps a status on one line, so that no text becomes a message of its own", async () => {
    const path = join(useTempHome(), "notify");
    const listener = listen(path);
    await openServiceManager({ NOTIFY_SOCKET: path }, 1).ready("a\nMAINPID=1");
    expect(listener.heard()).toEqual(["READY=1\nSTATUS=a MAINPID=1\n"]);
  });
});

describe("signOfLifeMs()", () => {
  const rows: readonly (readonly [env: Record<string, string>, everyMs: number | null])[] = [
    [{}, null],
    [{ WATCHDOG_USEC: "60000000" }, 30_000],
    [{ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "7" }, 30_000],
    [{ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "8" }, null],
    [{ WATCHDOG_USEC: "1" }, 1],
    [{ WATCHDOG_USEC: "0" }, null],
    [{ WATCHDOG_USEC: "soon" }, null],
  ];
  for (const [env, everyMs] of rows) {
    test(`is ${everyMs} for ${JSON.stringify(env)}`, () => {
      expect(signOfLifeMs(env, 7)).toBe(everyMs);
    });
  }
});
