import { describe, expect, onTestFinished, test } from "bun:test";
import { endProcess } from "../../../src/daemon/end-process.ts";
import { isAlive } from "../../../src/daemon/process-age.ts";

/** A shell that says when it is there; ended with the test. */
async function aProcess(script: string): Promise<number> {
  const child = Bun.spawn(["sh", "-c", `${script}; echo there; while :; do sleep 0.05; done`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => child.kill("SIGKILL"));
  await child.stdout.getReader().read();
  return child.pid;
}

describe("ending a process", () => {
  test("asks it to, and waits until it is gone", async () => {
    const pid = await aProcess("trap 'exit 0' TERM");
    expect(await endProcess(pid, 10_000, 10_000)).toBe("ended");
    expect(isAlive(pid)).toBe(false);
  });

  test("takes it down when it does not go within the bound", async () => {
    const pid = await aProcess("trap '' TERM");
    expect(await endProcess(pid, 100, 10_000)).toBe("killed");
    expect(isAlive(pid)).toBe(false);
  });

  test("is done when it has gone by itself", async () => {
    const child = Bun.spawn(["true"]);
    await child.exited;
    expect(await endProcess(child.pid, 100, 100)).toBe("ended");
  });
});
