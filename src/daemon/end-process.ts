/** Ends a process of ours: asks it, waits for its running turns, and takes it down when it does not go. */
import { isAlive } from "./process-age.ts";

const LOOK_EVERY_MS = 50;

export type Ending = "ended" | "killed" | "stays";

async function waitUntilGone(pid: number, waitMs: number): Promise<boolean> {
  const untilMs = performance.now() + waitMs;
  while (isAlive(pid)) {
    if (performance.now() >= untilMs) return false;
    await Bun.sleep(LOOK_EVERY_MS);
  }
  return true;
}

function sendSignal(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It may have gone by itself in between, which is what we want.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** The caller vouches that `pid` is ours. `stays` only where the system does not let us end it. */
export async function endProcess(pid: number, waitMs: number, killWaitMs: number): Promise<Ending> {
  sendSignal(pid, "SIGTERM");
  if (await waitUntilGone(pid, waitMs)) return "ended";
  sendSignal(pid, "SIGKILL");
  return (await waitUntilGone(pid, killWaitMs)) ? "killed" : "stays";
}
