import { describe, expect, onTestFinished, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { listenForNotes } from "../support/notify-listener.ts";
import { installBinary } from "../support/start-binary.ts";
import { waitUntil } from "../support/wait-until.ts";

describe("the compiled program", () => {
  test("says which build it is", async () => {
    const program = await installBinary();
    const { version, commit } = await program.json("--version");
    expect(version).toBe(manifest.version);
    expect(commit).toMatch(/^([0-9a-f]{10}|unknown)$/);
  });

  test("raises the cap of concurrent requests for itself, under one process id", async () => {
    const program = await installBinary();
    const child = Bun.spawn([program.executable, "daemon", "run", "--port=0", "--json"], {
      cwd: program.folder,
      env: { ...program.env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const reader = child.stdout.getReader();
    const text = new TextDecoder().decode((await reader.read()).value);
    expect(JSON.parse(text).pid).toBe(child.pid);
    if (process.platform === "linux") {
      const env = await Bun.file(`/proc/${child.pid}/environ`).text();
      expect(env.split("\0")).toContain("BUN_CONFIG_MAX_HTTP_REQUESTS=16384");
    }
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("tells a service manager that it serves, lives and stops", async () => {
    const program = await installBinary();
    const socket = join(program.folder, "notify");
    const listener = listenForNotes(socket);
    onTestFinished(listener.close);
    const child = Bun.spawn([program.executable, "daemon", "run", "--port=0"], {
      cwd: program.folder,
      env: { ...program.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "40000" },
      stdio: ["ignore", "ignore", "ignore"],
    });
    const heard: string[] = [];
    const listen = () => heard.push(...listener.heard());
    await waitUntil("readiness and a sign of life", () => listen() >= 2, 15_000);
    expect(heard[0]).toStartWith("READY=1\nSTATUS=Serving at http://127.0.0.1:");
    expect(heard[1]).toBe("WATCHDOG=1\n");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    listen();
    expect(heard.filter((text) => text.startsWith("STOPPING=1"))).toHaveLength(1);
  });
});
