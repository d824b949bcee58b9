import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { installBinary } from "../support/start-binary.ts";

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
});
