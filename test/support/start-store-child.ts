/** Starts `store-child.ts` and talks to it; a child never outlives its test. */
import { onTestFinished } from "bun:test";
import { join } from "node:path";

export type StoreTask = "open" | "write" | "write-forever" | "hold" | "migrate";

export interface StoreChild {
  readonly pid: number;
  /** The next result. Throws with what the child said when it ended instead. */
  next(): Promise<unknown>;
  /** Lets it begin, or go on. */
  proceed(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves with the exit code. */
  ended(): Promise<number>;
}

/** A child that has started and waits for `proceed`. */
export async function startStoreChild(task: StoreTask, home: string, name: string): Promise<StoreChild> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "store-child.ts"), task, home, name], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  onTestFinished(() => child.kill("SIGKILL"));
  const lines = linesOf(child.stdout);
  const complaints = new Response(child.stderr).text();

  async function next(): Promise<unknown> {
    const line = await lines.next();
    if (line.done) throw new Error(`the child ended: ${await complaints}`);
    return JSON.parse(line.value);
  }

  if ((await next()) !== "ready") throw new Error("the child did not start");
  return {
    pid: child.pid,
    next,
    proceed: () => {
      child.stdin.write("go\n");
      child.stdin.flush();
    },
    kill: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
    ended: () => child.exited,
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
