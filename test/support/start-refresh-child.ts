/** Starts `refresh-child.ts`; a child never outlives its test. */
import { onTestFinished } from "bun:test";
import { join } from "node:path";
import type { LeaseReport, RefreshChildOptions } from "./refresh-child.ts";

export interface RefreshChild {
  proceed(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it has ended: what its leases came to, or null when it was killed. */
  result(): Promise<readonly LeaseReport[] | null>;
}

/** A child that has started and waits for `proceed`. */
export async function startRefreshChild(options: RefreshChildOptions): Promise<RefreshChild> {
  const script = join(import.meta.dir, "refresh-child.ts");
  const child = Bun.spawn([process.execPath, script, JSON.stringify(options)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  onTestFinished(() => child.kill("SIGKILL"));
  const complaints = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.startsWith("ready\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the child ended: ${await complaints}`);
    text += decoder.decode(value, { stream: true });
  }
  return {
    proceed: () => {
      child.stdin.write("go\n");
      child.stdin.flush();
    },
    kill: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
    result: async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) text += decoder.decode(next.value);
      await child.exited;
      if (child.signalCode === "SIGKILL") return null;
      const line = text.split("\n")[1];
      if (line === undefined || line === "") throw new Error(`the child gave no result: ${await complaints}`);
      return JSON.parse(line);
    },
  };
}
